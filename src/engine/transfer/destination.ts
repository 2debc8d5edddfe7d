import { HeadObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { toAwsError } from '../aws';
import { BedrockImportError } from '../errors';
import { fullObjectSha256 } from './proof';
import type { S3Destination } from './types';
import { GIT_OID_METADATA, SOURCE_METADATA } from './uploads';

export interface ListedObject {
  key: string;
  sizeBytes: number;
  etag: string;
}

export interface DescribedObject extends ListedObject {
  /** `model id@commit` when this product wrote the object. */
  source?: string;
  gitOid?: string;
  /** Hex, only when S3 holds it for the object as a whole. */
  sha256?: string;
}

/** A prefix with more objects than this is not a model's. */
const MAX_LISTED = 100_000;

/** All objects under the prefix, by key. */
export async function listDestination(
  s3: S3Client,
  destination: S3Destination,
  signal: AbortSignal | undefined
): Promise<Map<string, ListedObject>> {
  const objects = new Map<string, ListedObject>();
  let token: string | undefined;
  try {
    do {
      const page = await s3.send(
        new ListObjectsV2Command({
          Bucket: destination.bucket,
          Prefix: destination.prefix,
          ContinuationToken: token
        }),
        { abortSignal: signal }
      );
      for (const { Key, Size, ETag } of page.Contents ?? []) {
        if (Key !== undefined && !Key.endsWith('/')) {
          objects.set(Key, { key: Key, sizeBytes: Size ?? 0, etag: ETag ?? '' });
        }
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined && objects.size < MAX_LISTED);
  } catch (error) {
    throw toAwsError(error, {
      action: 's3:ListBucket',
      subject: `s3://${destination.bucket}/${destination.prefix}`
    });
  }
  if (token !== undefined) {
    throw new BedrockImportError({
      code: 'DESTINATION_TOO_FULL',
      message: `There are more than ${MAX_LISTED} objects under this prefix.`,
      subject: `s3://${destination.bucket}/${destination.prefix}`,
      nextStep: 'Choose a prefix of its own for the model.',
      kind: 'blocked'
    });
  }
  return objects;
}

/** What S3 knows of one object; `undefined` when it vanished meanwhile. */
export async function describeObject(
  s3: S3Client,
  bucket: string,
  listed: ListedObject,
  signal: AbortSignal | undefined
): Promise<DescribedObject | undefined> {
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
      sha256: fullObjectSha256(head.ChecksumSHA256, head.ChecksumType)
    };
  } catch (error) {
    const name = (error as { name?: unknown }).name;
    if (name === 'NotFound' || name === 'NoSuchKey') {
      return undefined;
    }
    throw toAwsError(error, { action: 's3:GetObject', subject: `s3://${bucket}/${listed.key}` });
  }
}

/** Runs `work` on every item, at most `width` at a time, and keeps the order of the results. */
export async function mapInParallel<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<R>
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const run = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      results[index] = await work(items[index] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, run));
  return results;
}
