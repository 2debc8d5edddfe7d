import { DeleteObjectsCommand, GetObjectCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { throwIfCancelled } from '../../errors';
import { systemClock } from '../../waiting';
import { askS3, isRefusal } from '../askS3';
import { listDestination } from '../destination';
import { isProof, writeText } from '../manifest';
import type { FileProof, S3Destination } from '../types';
import type { Share } from './assignShares';

/** What one worker tells the others, as an object beside the files; gone when the copy is whole. */
export interface ShareRecord extends Share {
  version: 1;
  /** Of the plan that the worker holds. */
  planId: string;
  /** Multipart uploads that this worker opened, by key. */
  uploads: Record<string, string>;
  /** Files that this worker completed and proved. */
  files: FileProof[];
  /** Everything of this share is done. */
  done: boolean;
}

const RECORD_NAME = /^bedrock-import-share-(\d+)-of-(\d+)\.json$/;
const MAX_RECORD_BYTES = 32 * 2 ** 20;

export function shareRecordKey(prefix: string, { share, of }: Share): string {
  return `${prefix}bedrock-import-share-${share}-of-${of}.json`;
}

/** Whether an object beside the files is a worker's record. */
export function isShareRecord(prefix: string, key: string): boolean {
  return key.startsWith(prefix) && RECORD_NAME.test(key.slice(prefix.length));
}

/** The records of all workers on one plan, read again only where they changed. */
export class ShareRecords {
  private readonly known = new Map<number, { etag: string; record: ShareRecord | undefined }>();

  constructor(
    private readonly s3: S3Client,
    private readonly destination: S3Destination,
    private readonly plan: { id: string; of: number },
    private readonly signal: AbortSignal
  ) {}

  /** Those of other plans, and what cannot be understood, are left out. */
  async all(): Promise<ReadonlyMap<number, ShareRecord>> {
    const { bucket, prefix } = this.destination;
    const listed = await listDestination(
      this.s3,
      { bucket, prefix: `${prefix}bedrock-import-share-` },
      this.signal
    );
    const found = new Map<number, ShareRecord>();
    for (let share = 1; share <= this.plan.of; share++) {
      const object = listed.get(shareRecordKey(prefix, { share, of: this.plan.of }));
      if (object === undefined || object.sizeBytes > MAX_RECORD_BYTES) {
        this.known.delete(share);
        continue;
      }
      let known = this.known.get(share);
      if (known?.etag !== object.etag) {
        known = { etag: object.etag, record: await this.read(object.key, share) };
        this.known.set(share, known);
      }
      if (known.record !== undefined) {
        found.set(share, known.record);
      }
    }
    return found;
  }

  async write(record: ShareRecord): Promise<void> {
    const { bucket, prefix } = this.destination;
    await writeText(
      this.s3,
      { bucket, key: shareRecordKey(prefix, record), text: `${JSON.stringify(record)}\n` },
      this.signal
    );
  }

  /** Called when the manifest says all that they said. Without the permission they stay. */
  async removeAll(): Promise<void> {
    const { bucket, prefix } = this.destination;
    const keys = Array.from({ length: this.plan.of }, (_, index) =>
      shareRecordKey(prefix, { share: index + 1, of: this.plan.of })
    );
    await askS3({ action: 's3:DeleteObject' }, this.signal, () =>
      this.s3.send(
        new DeleteObjectsCommand({
          Bucket: bucket,
          Delete: { Objects: keys.map(Key => ({ Key })), Quiet: true }
        }),
        { abortSignal: this.signal }
      )
    ).catch((error: unknown) => {
      throwIfCancelled(this.signal, undefined, error);
    });
  }

  private async read(key: string, share: number): Promise<ShareRecord | undefined> {
    const { bucket } = this.destination;
    const subject = `s3://${bucket}/${key}`;
    const text = await askS3({ action: 's3:GetObject', subject }, this.signal, async () => {
      try {
        const answer = await this.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }), {
          abortSignal: this.signal
        });
        return await answer.Body?.transformToString();
      } catch (error) {
        if (isRefusal(error, 'NoSuchKey', 'NotFound')) {
          return undefined;
        }
        throw error;
      }
    });
    const record = text === undefined ? undefined : parseShareRecord(text);
    const ours =
      record?.planId === this.plan.id && record.share === share && record.of === this.plan.of;
    return ours ? record : undefined;
  }
}

/** Anyone who may write to the bucket can write a record: its shape is checked before it is believed. */
export function parseShareRecord(text: string): ShareRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const record = value as Partial<ShareRecord> | null;
  const valid =
    typeof record === 'object' &&
    record !== null &&
    record.version === 1 &&
    typeof record.planId === 'string' &&
    Number.isInteger(record.share) &&
    Number.isInteger(record.of) &&
    typeof record.done === 'boolean' &&
    typeof record.uploads === 'object' &&
    record.uploads !== null &&
    Object.values(record.uploads).every(uploadId => typeof uploadId === 'string') &&
    Array.isArray(record.files) &&
    record.files.every(isProof);
  return valid ? (record as ShareRecord) : undefined;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Looks again and again, less and less often, until `look` finds something.
 *
 * @returns `undefined` when nothing was found in time.
 */
export async function waitUntil<T>(
  options: { limitMs: number; signal: AbortSignal; onWait?: (waitedMs: number) => void },
  look: () => Promise<T | undefined>
): Promise<T | undefined> {
  const startedAt = systemClock.now();
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5)) {
    const found = await look();
    const waitedMs = systemClock.now() - startedAt;
    if (found !== undefined || waitedMs >= options.limitMs) {
      return found;
    }
    options.onWait?.(waitedMs);
    await systemClock.sleep(pauseMs, options.signal);
  }
}
