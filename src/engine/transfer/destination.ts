import {
  GetBucketVersioningCommand,
  HeadObjectCommand,
  ListObjectsV2Command
} from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { BedrockImportError } from '../errors';
import type { BedrockImportErrorOptions } from '../errors';
import { askS3, isRefusal } from './askS3';
import { fullObjectSha256 } from './proof';
import type { S3Destination } from './types';
import { GIT_OID_METADATA, SOURCE_METADATA, SOURCE_OBJECT_METADATA } from './uploads';

export interface ListedObject {
  key: string;
  sizeBytes: number;
  etag: string;
  storageClass?: string;
}

export interface DescribedObject extends ListedObject {
  /** `model id@commit` when this product wrote the object. */
  source?: string;
  gitOid?: string;
  /** As `sourceObjectMark` made it. */
  sourceObject?: string;
  /** Hex, only when S3 holds it for the object as a whole. */
  sha256?: string;
}

/** Requests for single objects that are on their way at the same time. */
export const HEADS_AT_ONCE = 32;

/** A prefix with more objects than this is not a model's. */
const MAX_LISTED = 100_000;

/** All objects under the destination's prefix, by key. */
export function listDestination(
  s3: S3Client,
  destination: S3Destination,
  signal: AbortSignal | undefined
): Promise<Map<string, ListedObject>> {
  return listObjects(s3, destination, signal, subject => ({
    code: 'DESTINATION_TOO_FULL',
    message: `There are more than ${MAX_LISTED} objects under this prefix.`,
    subject,
    nextStep: 'Choose a prefix of its own for the model.',
    kind: 'blocked'
  }));
}

/** All objects under a prefix, by key; `tooFull` says what it means when there are far too many. */
export async function listObjects(
  s3: S3Client,
  place: S3Destination,
  signal: AbortSignal | undefined,
  tooFull: (subject: string) => BedrockImportErrorOptions
): Promise<Map<string, ListedObject>> {
  const objects = new Map<string, ListedObject>();
  const subject = `s3://${place.bucket}/${place.prefix}`;
  let token: string | undefined;
  do {
    const page = await askS3({ action: 's3:ListBucket', subject }, signal, () =>
      s3.send(
        new ListObjectsV2Command({
          Bucket: place.bucket,
          Prefix: place.prefix,
          ContinuationToken: token
        }),
        { abortSignal: signal }
      )
    );
    for (const { Key, Size, ETag, StorageClass } of page.Contents ?? []) {
      if (Key !== undefined && !Key.endsWith('/')) {
        objects.set(Key, {
          key: Key,
          sizeBytes: Size ?? 0,
          etag: ETag ?? '',
          storageClass: StorageClass
        });
      }
    }
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined && objects.size < MAX_LISTED);
  if (token !== undefined) {
    throw new BedrockImportError(tooFull(subject));
  }
  return objects;
}

/** Whether the bucket keeps old versions; false where that may not be asked. */
export async function keepsOldVersions(
  s3: S3Client,
  bucket: string,
  signal: AbortSignal | undefined
): Promise<boolean> {
  try {
    const answer = await s3.send(new GetBucketVersioningCommand({ Bucket: bucket }), {
      abortSignal: signal
    });
    return answer.Status === 'Enabled';
  } catch {
    // Only a warning hangs on it; what really stands in the way shows in the other requests.
    return false;
  }
}

/** What S3 knows of one object; `undefined` when it vanished meanwhile. */
export async function describeObject(
  s3: S3Client,
  bucket: string,
  listed: ListedObject,
  signal: AbortSignal | undefined
): Promise<DescribedObject | undefined> {
  const subject = `s3://${bucket}/${listed.key}`;
  return askS3({ action: 's3:GetObject', subject }, signal, async () => {
    try {
      const head = await s3.send(
        new HeadObjectCommand({ Bucket: bucket, Key: listed.key, ChecksumMode: 'ENABLED' }),
        { abortSignal: signal }
      );
      return {
        key: listed.key,
        sizeBytes: head.ContentLength ?? listed.sizeBytes,
        etag: head.ETag ?? listed.etag,
        source: head.Metadata?.[SOURCE_METADATA],
        gitOid: head.Metadata?.[GIT_OID_METADATA],
        sourceObject: head.Metadata?.[SOURCE_OBJECT_METADATA],
        sha256: fullObjectSha256(head.ChecksumSHA256, head.ChecksumType)
      };
    } catch (error) {
      if (isRefusal(error, 'NotFound', 'NoSuchKey')) {
        return undefined;
      }
      throw error;
    }
  });
}

/**
 * Runs `work` on every item, at most `width` at a time, and keeps the order of the results. After a
 * failure no further item is begun.
 */
export async function mapInParallel<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<R>
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const run = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      try {
        results[index] = await work(items[index] as T);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, run));
  return results;
}
