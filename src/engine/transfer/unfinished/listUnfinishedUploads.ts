import type { AwsClients } from '../../aws';
import { HEADS_AT_ONCE, mapInParallel } from '../destination';
import { listBegunUploads } from '../uploads';
import type { BegunUpload } from '../uploads';
import { inRegionOfBucket } from './bucketClient';
import { measureUpload } from './measureUpload';

/** A multipart upload whose parts are billed until somebody completes or aborts it. */
export interface MeasuredUpload {
  key: string;
  uploadId: string;
  /** ISO time. */
  initiatedAt: string;
  parts: number;
  bytes: number;
}

export interface UnfinishedUploads {
  bucket: string;
  /** Of the bucket. */
  region: string;
  /** The largest first. */
  uploads: MeasuredUpload[];
  /** What S3 has of all that are listed. */
  bytes: number;
  /** There are more than were asked for. */
  more: boolean;
}

export interface ListUnfinishedOptions {
  /** Only keys that begin like this. */
  prefix?: string;
  /** Uploads to look at, by key. @default 1000 */
  limit?: number;
  signal?: AbortSignal;
}

export const MOST_UPLOADS = 1_000;

/**
 * The unfinished multipart uploads of a bucket, which no listing of objects shows, whoever began them.
 * One that ends while it is looked at is left out. Changes nothing.
 *
 * @throws BedrockImportError `BUCKET_NAME_INVALID` (usage), `BUCKET_NOT_FOUND`, `ACCESS_DENIED`
 *   (s3:ListBucketMultipartUploads, s3:ListMultipartUploadParts), `CANCELLED` and the others of
 *   `toAwsError`
 */
export async function listUnfinishedUploads(
  aws: AwsClients,
  bucket: string,
  options: ListUnfinishedOptions = {}
): Promise<UnfinishedUploads> {
  const { prefix = '', limit = MOST_UPLOADS, signal } = options;
  return await inRegionOfBucket(
    aws,
    bucket,
    async (s3, region) => {
      const begun: BegunUpload[] = [];
      let more = false;
      for await (const upload of listBegunUploads(s3, { bucket, prefix }, signal)) {
        more = begun.length >= limit;
        if (more) {
          break;
        }
        begun.push(upload);
      }
      const measured = await mapInParallel(begun, HEADS_AT_ONCE, async upload => {
        const { key, uploadId, initiated } = upload;
        const size = await measureUpload(s3, { bucket, key, uploadId }, signal);
        return size && { key, uploadId, initiatedAt: new Date(initiated).toISOString(), ...size };
      });
      const uploads = measured
        .filter(upload => upload !== undefined)
        .sort((a, b) => b.bytes - a.bytes || a.initiatedAt.localeCompare(b.initiatedAt));
      const bytes = uploads.reduce((sum, upload) => sum + upload.bytes, 0);
      return { bucket, region, uploads, bytes, more };
    },
    signal
  );
}
