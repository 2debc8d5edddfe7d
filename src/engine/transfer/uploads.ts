import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand
} from '@aws-sdk/client-s3';
import type { Part, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { SLOW_S3_REQUEST } from '../aws';
import { createHash } from 'node:crypto';
import { BedrockImportError } from '../errors';
import { askS3, isRefusal } from './askS3';
import { partRange } from './partSize';
import { sourceLabel } from './planSource';
import type { PlanSource } from './planSource';
import type { PlannedFile } from './types';

/** Object metadata key that says from which model and commit we wrote an object. */
export const SOURCE_METADATA = 'bedrock-import-source';
/** Object metadata key for the git blob SHA-1 of a file that the hub keeps in git. */
export const GIT_OID_METADATA = 'bedrock-import-git-oid';

/** Object metadata key for the one version of an object in S3 that this is a copy of, as a hash. */
export const SOURCE_OBJECT_METADATA = 'bedrock-import-source-object';

/** A signature outlives the slowest part; a new one is made for each try. */
const SIGNATURE_SECONDS = 3600;

export interface PresignedPut {
  url: string;
  headers: Record<string, string>;
}

/** Object metadata that marks what this product wrote. */
export function sourceMetadata(
  source: PlanSource,
  file: Pick<PlannedFile, 'path' | 'gitOid' | 'content' | 'sourceEtag'>
): Record<string, string> {
  const sourceObject = sourceObjectMark(source, file);
  return {
    [SOURCE_METADATA]: sourceLabel(source),
    ...(sourceObject === undefined ? {} : { [SOURCE_OBJECT_METADATA]: sourceObject }),
    ...(file.gitOid !== undefined && file.content === undefined
      ? { [GIT_OID_METADATA]: file.gitOid }
      : {})
  };
}

/**
 * Stands for one version of one object in S3, and stays when other objects of the model change. A hash,
 * because a key may be longer than metadata may be.
 */
export function sourceObjectMark(
  source: PlanSource,
  file: Pick<PlannedFile, 'path' | 'content' | 'sourceEtag'>
): string | undefined {
  if (source.kind !== 's3' || !file.sourceEtag || file.content !== undefined) {
    return undefined;
  }
  const version = [source.bucket, source.prefix + file.path, file.sourceEtag];
  return createHash('sha256').update(JSON.stringify(version)).digest('hex');
}

/** A PUT of a whole object that S3 refuses unless the bytes have this SHA-256. */
export async function presignObject(
  s3: S3Client,
  target: { bucket: string; key: string; sha256: string; metadata: Record<string, string> }
): Promise<PresignedPut> {
  const checksum = Buffer.from(target.sha256, 'hex').toString('base64');
  const headers: Record<string, string> = { 'x-amz-checksum-sha256': checksum };
  for (const [name, value] of Object.entries(target.metadata)) {
    headers[`x-amz-meta-${name}`] = value;
  }
  const url = await getSignedUrl(
    s3,
    new PutObjectCommand({
      Bucket: target.bucket,
      Key: target.key,
      ChecksumSHA256: checksum,
      Metadata: target.metadata
    }),
    // As headers, not in the query: what S3 has to verify is then part of the request it documents.
    { expiresIn: SIGNATURE_SECONDS, unhoistableHeaders: new Set(Object.keys(headers)) }
  );
  return { url, headers };
}

/** A PUT of one part; `partNumber` counts from 1. */
export async function presignPart(
  s3: S3Client,
  target: { bucket: string; key: string; uploadId: string; partNumber: number }
): Promise<PresignedPut> {
  const url = await getSignedUrl(
    s3,
    new UploadPartCommand({
      Bucket: target.bucket,
      Key: target.key,
      UploadId: target.uploadId,
      PartNumber: target.partNumber
    }),
    { expiresIn: SIGNATURE_SECONDS }
  );
  return { url, headers: {} };
}

/** A multipart upload that parts are being added to; `etags` by 1-based part number. */
export interface OpenUpload {
  uploadId: string;
  etags: Map<number, string>;
  /** It had to be asked for more than once, so that S3 may have begun more than one. */
  repeated?: boolean;
}

/** A multipart upload that was begun and neither completed nor aborted. */
export interface BegunUpload {
  key: string;
  uploadId: string;
  /** Milliseconds since the epoch. */
  initiated: number;
}

/** Unfinished multipart uploads under a prefix, by key and then by age, page by page. */
export async function* listBegunUploads(
  s3: S3Client,
  destination: { bucket: string; prefix: string },
  signal: AbortSignal | undefined
): AsyncGenerator<BegunUpload> {
  const subject = `s3://${destination.bucket}/${destination.prefix}`;
  let keyMarker: string | undefined;
  let uploadIdMarker: string | undefined;
  do {
    const page = await askS3({ action: 's3:ListBucketMultipartUploads', subject }, signal, () =>
      s3.send(
        new ListMultipartUploadsCommand({
          Bucket: destination.bucket,
          Prefix: destination.prefix,
          KeyMarker: keyMarker,
          UploadIdMarker: uploadIdMarker
        }),
        { abortSignal: signal }
      )
    );
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Key !== undefined && UploadId !== undefined) {
        yield { key: Key, uploadId: UploadId, initiated: Initiated?.getTime() ?? 0 };
      }
    }
    keyMarker = page.IsTruncated ? page.NextKeyMarker : undefined;
    uploadIdMarker = page.IsTruncated ? page.NextUploadIdMarker : undefined;
  } while (keyMarker !== undefined);
}

/** Unfinished multipart uploads under a prefix, newest first, by key. Without the permission: none. */
export async function findUnfinishedUploads(
  s3: S3Client,
  destination: { bucket: string; prefix: string },
  signal: AbortSignal
): Promise<Map<string, string[]>> {
  const found: BegunUpload[] = [];
  try {
    for await (const upload of listBegunUploads(s3, destination, signal)) {
      found.push(upload);
    }
  } catch (error) {
    if (!(error instanceof BedrockImportError) || error.code !== 'ACCESS_DENIED') {
      throw error;
    }
  }
  const byKey = new Map<string, string[]>();
  for (const upload of found.sort((a, b) => b.initiated - a.initiated)) {
    byKey.set(upload.key, [...(byKey.get(upload.key) ?? []), upload.uploadId]);
  }
  return byKey;
}

/**
 * Goes on with an unfinished upload of this key, or starts one. S3 is asked which parts it has; one
 * whose size is not the planned one shows that the upload was cut differently and cannot be continued.
 */
export async function openUpload(
  s3: S3Client,
  target: {
    bucket: string;
    file: PlannedFile;
    metadata: Record<string, string>;
    unfinished: readonly string[];
    /** Of the whole object, for S3 to keep. */
    checksum?: 'CRC64NVME';
  },
  signal: AbortSignal
): Promise<OpenUpload> {
  const { bucket, file } = target;
  for (const uploadId of target.unfinished) {
    const etags = await listUsableParts(s3, { bucket, file, uploadId }, signal);
    if (etags !== undefined) {
      return { uploadId, etags };
    }
  }
  const subject = `s3://${bucket}/${file.key}`;
  let tries = 0;
  return askS3({ action: 's3:PutObject', subject }, signal, async () => {
    tries++;
    const created = await s3.send(
      new CreateMultipartUploadCommand({
        Bucket: bucket,
        Key: file.key,
        ContentType: 'application/octet-stream',
        Metadata: target.metadata,
        ...(target.checksum === undefined
          ? {}
          : { ChecksumAlgorithm: target.checksum, ChecksumType: 'FULL_OBJECT' as const })
      }),
      { abortSignal: signal }
    );
    if (created.UploadId === undefined) {
      throw new Error('CreateMultipartUpload answered without an upload id');
    }
    return {
      uploadId: created.UploadId,
      etags: new Map(),
      repeated: tries > 1 || (created.$metadata.attempts ?? 1) > 1
    };
  });
}

/** What S3 has of an upload, page by page. */
export async function* listParts(
  s3: S3Client,
  upload: { bucket: string; key: string; uploadId: string },
  signal: AbortSignal | undefined
): AsyncGenerator<Part> {
  const subject = `s3://${upload.bucket}/${upload.key}`;
  let marker: string | undefined;
  do {
    const page = await askS3({ action: 's3:ListMultipartUploadParts', subject }, signal, () =>
      s3.send(
        new ListPartsCommand({
          Bucket: upload.bucket,
          Key: upload.key,
          UploadId: upload.uploadId,
          PartNumberMarker: marker
        }),
        { abortSignal: signal }
      )
    );
    yield* page.Parts ?? [];
    marker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
  } while (marker !== undefined);
}

/** The parts that S3 has, or `undefined` when the upload is gone or was cut differently. */
export async function listUsableParts(
  s3: S3Client,
  target: { bucket: string; file: PlannedFile; uploadId: string },
  signal: AbortSignal
): Promise<Map<number, string> | undefined> {
  const { file } = target;
  const etags = new Map<number, string>();
  const upload = { bucket: target.bucket, key: file.key, uploadId: target.uploadId };
  try {
    for await (const part of listParts(s3, upload, signal)) {
      const number = part.PartNumber ?? 0;
      const { start, end } = partRange(file.sizeBytes, file.partSizeBytes, number - 1);
      if (number < 1 || number > file.partCount || part.Size !== end - start || !part.ETag) {
        return undefined;
      }
      etags.set(number, part.ETag);
    }
    return etags;
  } catch (error) {
    if (signal.aborted) {
      throw error;
    }
    // Gone meanwhile, or not allowed to look: a new upload is always right.
    return undefined;
  }
}

/** Makes the parts one object. An answer lost on the way is told apart by looking at the object. */
export async function completeUpload(
  s3: S3Client,
  target: {
    bucket: string;
    file: PlannedFile;
    upload: OpenUpload;
    metadata: Record<string, string>;
  },
  signal: AbortSignal
): Promise<{ etag: string }> {
  const { bucket, file, upload } = target;
  const subject = `s3://${bucket}/${file.key}`;
  return askS3({ action: 's3:PutObject', subject }, signal, async () => {
    try {
      const completed = await s3.send(
        new CompleteMultipartUploadCommand({
          Bucket: bucket,
          Key: file.key,
          UploadId: upload.uploadId,
          MultipartUpload: {
            Parts: [...upload.etags]
              .sort(([a], [b]) => a - b)
              .map(([PartNumber, ETag]) => ({ PartNumber, ETag }))
          }
        }),
        { abortSignal: signal, ...SLOW_S3_REQUEST }
      );
      return { etag: completed.ETag ?? '' };
    } catch (error) {
      // A part that was sent again by another program may have another ETag now.
      if (!isRefusal(error, 'NoSuchUpload', 'InvalidPart')) {
        throw error;
      }
      const etag = await findCompleted(s3, target, signal);
      if (etag === undefined) {
        throw uploadGone(subject, error);
      }
      return { etag };
    }
  });
}

/**
 * The ETag of the object that an earlier try, or another run of the same copy, has made: judged by its
 * size, and by the part count in its ETag or what its metadata says of its origin. What it holds is
 * proved afterwards.
 */
export async function findCompleted(
  s3: S3Client,
  target: { bucket: string; file: PlannedFile; metadata: Record<string, string> },
  signal: AbortSignal
): Promise<string | undefined> {
  const { bucket, file, metadata } = target;
  try {
    const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: file.key }), {
      abortSignal: signal
    });
    const whole = head.ContentLength === file.sizeBytes;
    const ours =
      head.ETag?.endsWith(`-${file.partCount}"`) === true ||
      head.Metadata?.[SOURCE_METADATA] === metadata[SOURCE_METADATA];
    return whole && ours ? head.ETag : undefined;
  } catch (error) {
    if (isRefusal(error, 'NotFound', 'NoSuchKey', '403')) {
      return undefined;
    }
    throw error;
  }
}

export function uploadGone(subject: string, cause?: unknown): BedrockImportError {
  return new BedrockImportError({
    code: 'UPLOAD_GONE',
    message: 'The multipart upload was aborted by somebody else before it was whole.',
    subject,
    nextStep:
      'Check the bucket’s lifecycle rule for incomplete multipart uploads and that no other copy to this prefix runs, then run the command again.',
    cause
  });
}

/** Whether an error is that of `uploadGone`, or S3's own words for it. */
export function isUploadGone(error: unknown): boolean {
  return (
    (error instanceof BedrockImportError && error.code === 'UPLOAD_GONE') ||
    isRefusal(error, 'NoSuchUpload') ||
    (error instanceof BedrockImportError && isRefusal(error.cause, 'NoSuchUpload'))
  );
}
