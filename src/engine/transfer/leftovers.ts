import { AbortMultipartUploadCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { askS3 } from './askS3';
import { HEADS_AT_ONCE, mapInParallel } from './destination';
import type { S3Destination } from './types';
import { findUnfinishedUploads, listParts } from './uploads';

/** What tells the leftovers of a copy from uploads that another program is working on. */
export interface LeftoverFacts {
  /** Keys whose objects are whole and proved. */
  keys: ReadonlySet<string>;
  /** Uploads that this run began or went on with. */
  own: ReadonlySet<string>;
  /** What S3 had of each upload that was there when this run began. */
  before: ReadonlyMap<string, string>;
  /** An own request to begin an upload was repeated, so that S3 may have begun two. */
  repeated: boolean;
}

/** What S3 has of each of these uploads, by upload id; without the permission: nothing. */
export async function describeUploads(
  s3: S3Client,
  bucket: string,
  uploads: ReadonlyMap<string, readonly string[]>,
  signal: AbortSignal
): Promise<Map<string, string>> {
  const list = [...uploads].flatMap(([key, ids]) => ids.map(uploadId => ({ key, uploadId })));
  const described = await mapInParallel(list, HEADS_AT_ONCE, async ({ key, uploadId }) => {
    const parts = await describeParts(s3, { bucket, key, uploadId }, signal);
    return [uploadId, parts] as const;
  });
  return new Map(described.flatMap(([id, parts]) => (parts === undefined ? [] : [[id, parts]])));
}

/**
 * Aborts what is unfinished at keys whose objects are whole, because its parts would be billed for
 * ever. Another engine may be copying to the same keys, and S3 does not say whose an upload is; so:
 *
 * 1. what this run began or went on with is aborted;
 * 2. what was there when this run began is aborted, unless parts have been added since;
 * 3. what was begun since is aborted only when it is empty and an own request to begin one was
 *    repeated: then it is most likely the one whose answer was lost;
 * 4. all else stays: whoever adds to it completes or aborts it.
 *
 * An engine that loses its upload all the same finds the whole object and goes on to the proof. Without
 * the permissions everything stays.
 */
export async function abortLeftovers(
  s3: S3Client,
  destination: S3Destination,
  facts: LeftoverFacts,
  signal: AbortSignal
): Promise<void> {
  const { bucket } = destination;
  const found = [...(await findUnfinishedUploads(s3, destination, signal))].flatMap(([key, ids]) =>
    facts.keys.has(key) ? ids.map(uploadId => ({ key, uploadId })) : []
  );
  await mapInParallel(found, HEADS_AT_ONCE, async upload => {
    if (await isLeftover(s3, { bucket, ...upload }, facts, signal)) {
      await askS3({ action: 's3:AbortMultipartUpload' }, signal, () =>
        s3.send(
          new AbortMultipartUploadCommand({
            Bucket: bucket,
            Key: upload.key,
            UploadId: upload.uploadId
          }),
          { abortSignal: signal }
        )
      ).catch((error: unknown) => {
        if (signal.aborted) {
          throw error;
        }
      });
    }
  });
}

const EMPTY = '0 parts';

async function isLeftover(
  s3: S3Client,
  upload: { bucket: string; key: string; uploadId: string },
  facts: LeftoverFacts,
  signal: AbortSignal
): Promise<boolean> {
  if (facts.own.has(upload.uploadId)) {
    return true;
  }
  const before = facts.before.get(upload.uploadId);
  if (before === undefined && !facts.repeated) {
    return false;
  }
  return (await describeParts(s3, upload, signal)) === (before ?? EMPTY);
}

/** Changes with every part that is added. */
async function describeParts(
  s3: S3Client,
  upload: { bucket: string; key: string; uploadId: string },
  signal: AbortSignal
): Promise<string | undefined> {
  let count = 0;
  let newest = 0;
  try {
    for await (const part of listParts(s3, upload, signal)) {
      count++;
      newest = Math.max(newest, part.LastModified?.getTime() ?? 0);
    }
  } catch (error) {
    if (signal.aborted) {
      throw error;
    }
    // Gone meanwhile, or not allowed to look.
    return undefined;
  }
  return count === 0 ? EMPTY : `${count} parts, the last at ${newest}`;
}
