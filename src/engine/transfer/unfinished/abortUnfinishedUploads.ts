import { AbortMultipartUploadCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import type { AwsClients } from '../../aws';
import { BedrockImportError } from '../../errors';
import { askS3 } from '../askS3';
import { mapInParallel } from '../destination';
import { isUploadGone } from '../uploads';
import { inRegionOfBucket } from './bucketClient';
import { measureUpload } from './measureUpload';

export interface UploadName {
  key: string;
  uploadId: string;
}

export interface AbortedUnfinished {
  /** What is gone now, with what S3 had of it. */
  aborted: (UploadName & { bytes: number })[];
  /** Completed or aborted by somebody else before. */
  gone: UploadName[];
  failed: (UploadName & { error: BedrockImportError })[];
}

/** A part that is on its way while its upload is aborted may still arrive, and be billed. */
const MOST_TRIES = 4;
const AT_ONCE = 16;

/**
 * Aborts multipart uploads: the parts that S3 has of them are thrown away, for good. S3 is asked
 * afterwards whether they are gone (Amazon S3 API Reference, "AbortMultipartUpload"), and asked again
 * where parts have arrived meanwhile.
 *
 * @throws BedrockImportError `BUCKET_NAME_INVALID` (usage), `BUCKET_NOT_FOUND`, `CANCELLED`; what
 *   happened to single uploads is in the result
 */
export async function abortUnfinishedUploads(
  aws: AwsClients,
  bucket: string,
  uploads: readonly UploadName[],
  options: { signal?: AbortSignal } = {}
): Promise<AbortedUnfinished> {
  const { signal } = options;
  return await inRegionOfBucket(
    aws,
    bucket,
    async s3 => {
      const result: AbortedUnfinished = { aborted: [], gone: [], failed: [] };
      await mapInParallel(uploads, AT_ONCE, async ({ key, uploadId }) => {
        try {
          const bytes = await abortOne(s3, { bucket, key, uploadId }, signal);
          if (bytes === undefined) {
            result.gone.push({ key, uploadId });
          } else {
            result.aborted.push({ key, uploadId, bytes });
          }
        } catch (error) {
          if (!(error instanceof BedrockImportError) || concernsAll(error)) {
            throw error;
          }
          result.failed.push({ key, uploadId, error });
        }
      });
      return result;
    },
    signal
  );
}

/** Nothing is gained by trying the others. */
function concernsAll({ code }: BedrockImportError): boolean {
  return code === 'CANCELLED' || code === 'BUCKET_NOT_FOUND' || code === 'BUCKET_OTHER_REGION';
}

/** What S3 had of it; undefined when it was gone already. */
async function abortOne(
  s3: S3Client,
  upload: { bucket: string; key: string; uploadId: string },
  signal: AbortSignal | undefined
): Promise<number | undefined> {
  const before = await sizeIfAllowed(s3, upload, signal);
  if (before === 'gone') {
    return undefined;
  }
  let bytes = before ?? 0;
  for (let attempt = 1; attempt <= MOST_TRIES; attempt++) {
    if (!(await requestAbort(s3, upload, signal)) && attempt === 1) {
      return undefined;
    }
    const left = await sizeIfAllowed(s3, upload, signal);
    if (left === 'gone' || left === undefined || left === 0) {
      return bytes;
    }
    bytes = Math.max(bytes, left);
  }
  throw new BedrockImportError({
    code: 'UPLOAD_STILL_THERE',
    message: `S3 still has parts of the upload after it was aborted ${MOST_TRIES} times: another program is adding to it.`,
    subject: `s3://${upload.bucket}/${upload.key}`,
    nextStep: 'Stop the program that uploads to this key, and abort the upload again.'
  });
}

/** False when there was nothing to abort. */
async function requestAbort(
  s3: S3Client,
  { bucket, key, uploadId }: { bucket: string; key: string; uploadId: string },
  signal: AbortSignal | undefined
): Promise<boolean> {
  try {
    await askS3(
      { action: 's3:AbortMultipartUpload', subject: `s3://${bucket}/${key}` },
      signal,
      () =>
        s3.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId }), {
          abortSignal: signal
        })
    );
    return true;
  } catch (error) {
    if (isUploadGone(error)) {
      return false;
    }
    throw error;
  }
}

/** Whoever may abort an upload may not always look into it: then S3's answer has to be believed. */
async function sizeIfAllowed(
  s3: S3Client,
  upload: { bucket: string; key: string; uploadId: string },
  signal: AbortSignal | undefined
): Promise<number | 'gone' | undefined> {
  try {
    return (await measureUpload(s3, upload, signal))?.bytes ?? 'gone';
  } catch (error) {
    if (error instanceof BedrockImportError && error.code === 'ACCESS_DENIED') {
      return undefined;
    }
    throw error;
  }
}
