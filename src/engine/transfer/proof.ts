import { createHash } from 'node:crypto';
import { CopyObjectCommand, GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { toAwsError } from '../aws';
import { BedrockImportError, cancelledError } from '../errors';
import { MAX_COPY_BYTES } from './partSize';
import type { ProofMethod } from './types';

export interface ObjectToProve {
  bucket: string;
  key: string;
  sizeBytes: number;
  /** Hex; what the object must have, when the hub publishes it. */
  sha256?: string;
  /** Git blob SHA-1, when that is what the hub publishes. */
  gitOid?: string;
  metadata: Record<string, string>;
  etag: string;
}

export interface ProvedObject {
  sha256: string;
  etag: string;
  provedBy: ProofMethod;
  /** False when the object has other bytes than the hub's file. */
  matches: boolean;
}

/** S3's base64 SHA-256 as hex; `undefined` for a checksum of checksums (`-N`), which proves nothing about the whole. */
export function fullObjectSha256(
  checksum: string | undefined,
  type: string | undefined
): string | undefined {
  if (checksum === undefined || checksum.includes('-') || type === 'COMPOSITE') {
    return undefined;
  }
  const bytes = Buffer.from(checksum, 'base64');
  return bytes.length === 32 ? bytes.toString('hex') : undefined;
}

/** `CopySource` of an object, percent-encoded as its header needs it. */
export function copySource(bucket: string, key: string): string {
  return `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
}

/**
 * Establishes the SHA-256 of an object that was sent in parts: S3 computes it in a copy of the object
 * onto itself (Amazon S3 User Guide, "Checking object integrity": a copy with a new checksum algorithm
 * gets a full-object checksum). Where S3 does not say that the value is of the full object, or the object
 * is too large for one copy, it is read back and hashed here.
 */
export async function proveObject(
  s3: S3Client,
  target: ObjectToProve,
  signal: AbortSignal
): Promise<ProvedObject> {
  if (target.sha256 !== undefined && target.sizeBytes <= MAX_COPY_BYTES) {
    const copied = await proveByCopy(s3, target, signal);
    if (copied.sha256 !== undefined) {
      return {
        sha256: copied.sha256,
        etag: copied.etag,
        provedBy: 's3-copy-checksum',
        matches: copied.sha256 === target.sha256
      };
    }
    return readBack(s3, { ...target, etag: copied.etag }, signal);
  }
  return readBack(s3, target, signal);
}

async function proveByCopy(
  s3: S3Client,
  target: ObjectToProve,
  signal: AbortSignal
): Promise<{ sha256?: string; etag: string }> {
  try {
    const answer = await s3.send(
      new CopyObjectCommand({
        Bucket: target.bucket,
        Key: target.key,
        CopySource: copySource(target.bucket, target.key),
        CopySourceIfMatch: target.etag || undefined,
        ChecksumAlgorithm: 'SHA256',
        // A copy onto itself must change something; the metadata is written again.
        MetadataDirective: 'REPLACE',
        Metadata: target.metadata,
        ContentType: 'application/octet-stream'
      }),
      { abortSignal: signal }
    );
    const result = answer.CopyObjectResult;
    const etag = result?.ETag ?? target.etag;
    if (result?.ChecksumType === 'FULL_OBJECT') {
      return { sha256: fullObjectSha256(result.ChecksumSHA256, result.ChecksumType), etag };
    }
    const head = await s3.send(
      new HeadObjectCommand({ Bucket: target.bucket, Key: target.key, ChecksumMode: 'ENABLED' }),
      { abortSignal: signal }
    );
    const stated = head.ChecksumType === 'FULL_OBJECT';
    return {
      sha256: stated ? fullObjectSha256(head.ChecksumSHA256, head.ChecksumType) : undefined,
      etag: head.ETag ?? etag
    };
  } catch (error) {
    const name = (error as { name?: unknown }).name;
    // A store without this kind of copy; the bytes can still be read.
    if (name === 'NotImplemented' || name === 'InvalidRequest' || name === 'InvalidArgument') {
      return { etag: target.etag };
    }
    throw toAwsError(error, {
      action: 's3:PutObject (copy onto itself, for the checksum)',
      subject: `s3://${target.bucket}/${target.key}`
    });
  }
}

const READ_ATTEMPTS = 5;

/** Reads an object from S3 in order, going on after a broken connection, and hashes it. */
export async function readBack(
  s3: S3Client,
  target: ObjectToProve,
  signal: AbortSignal
): Promise<ProvedObject> {
  const sha256 = createHash('sha256');
  const gitSha1 =
    target.gitOid === undefined
      ? undefined
      : createHash('sha1').update(`blob ${target.sizeBytes}\0`);
  const subject = `s3://${target.bucket}/${target.key}`;
  let position = 0;
  let etag = target.etag;
  for (let attempt = 1; position < target.sizeBytes || target.sizeBytes === 0; attempt++) {
    const before = position;
    try {
      const answer = await s3.send(
        new GetObjectCommand({
          Bucket: target.bucket,
          Key: target.key,
          IfMatch: etag || undefined,
          Range: position > 0 ? `bytes=${position}-` : undefined
        }),
        { abortSignal: signal }
      );
      etag = answer.ETag ?? etag;
      if (answer.Body !== undefined) {
        for await (const chunk of answer.Body.transformToWebStream() as AsyncIterable<Uint8Array>) {
          sha256.update(chunk);
          gitSha1?.update(chunk);
          position += chunk.length;
        }
      }
      if (position >= target.sizeBytes) {
        break;
      }
    } catch (error) {
      if (signal.aborted) {
        throw cancelledError(subject, error);
      }
      if (position > before) {
        attempt = 0;
      } else if (attempt >= READ_ATTEMPTS) {
        throw toAwsError(error, { action: 's3:GetObject', subject });
      }
    }
    if (attempt > READ_ATTEMPTS) {
      throw new BedrockImportError({
        code: 'READ_BACK_SHORT',
        message: `The object in S3 ends after ${position} of ${target.sizeBytes} bytes.`,
        subject,
        nextStep: 'Run the copy again; it sends this file anew.'
      });
    }
  }
  const found = sha256.digest('hex');
  const matches =
    position === target.sizeBytes &&
    (target.sha256 === undefined || target.sha256 === found) &&
    (gitSha1 === undefined || gitSha1.digest('hex') === target.gitOid);
  return { sha256: found, etag, provedBy: 'read-back', matches };
}
