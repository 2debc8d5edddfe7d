import { randomBytes } from 'node:crypto';

import { RefusedError } from '../sigv4';
import { fillingReader } from '../state';

import { digestBytes, type ChecksumAlgorithm, type StoredChecksum } from './checksums';
import type { S3Request } from './s3Request';
import type { StoredObject } from './store/types';

/**
 * Where an S3 that discards takes what it no longer has. It proves nothing about a copy: the bytes
 * are thrown away unseen, and what is told about them is what their source says.
 */
export type FindPublished = (
  key: string,
  sizeBytes?: number
) => Promise<
  | {
      /** In hex. */
      sha256?: string;
      stream(start: number, end: number): Promise<ReadableStream<Uint8Array>>;
    }
  | undefined
>;

const DISCARD_BYTES = 256 * 1024;

/**
 * Takes a body off the connection as cheaply as this runtime can: over and over into one buffer, and
 * JavaScript is called when it is full instead of for every TLS record.
 */
export async function discardBody(request: S3Request): Promise<void> {
  const { body } = request.request;
  if (body === null) {
    return;
  }
  try {
    const bytes = fillingReader(body);
    if (bytes === undefined) {
      await body.pipeTo(new WritableStream());
      return;
    }
    let buffer = new Uint8Array(DISCARD_BYTES);
    for (;;) {
      const { done, value } = await bytes.read(buffer, { min: DISCARD_BYTES });
      if (done || value === undefined) {
        return;
      }
      buffer = new Uint8Array(value.buffer);
    }
  } catch {
    // The client went away; nobody will read the answer.
    throw new RefusedError(400, 'IncompleteBody', 'The request body terminated unexpectedly');
  }
}

/** A tag in the form of those that S3 computes. */
export const randomTag = () => randomBytes(16).toString('hex');

/** A value in the form of the algorithm's, for a checksum that nobody computes. */
export function madeUpDigest(algorithm: ChecksumAlgorithm): string {
  return Buffer.alloc(digestBytes(algorithm)).toString('base64');
}

export const isDiscarded = (object: StoredObject) =>
  object.sizeBytes > 0 && object.extents.length === 0;

const gone = () =>
  new RefusedError(
    501,
    'NotImplemented',
    'This sandbox discards what it is sent and cannot tell anything about the bytes.'
  );

/** @throws RefusedError when the hub has no such file. */
export async function readDiscarded(
  request: S3Request,
  object: StoredObject,
  start: number,
  end: number
): Promise<ReadableStream<Uint8Array>> {
  const file = await request.published?.(object.key, object.sizeBytes);
  if (file === undefined) {
    throw gone();
  }
  return file.stream(start, end);
}

/**
 * What a copy of a discarded object gets: the SHA-256 that the hub publishes for its name and size.
 *
 * @throws RefusedError when the hub publishes none, or another algorithm is asked for.
 */
export async function publishedChecksum(
  request: S3Request,
  source: StoredObject,
  asked: ChecksumAlgorithm | undefined
): Promise<StoredChecksum | undefined> {
  const algorithm = asked ?? source.checksum?.algorithm;
  const { checksum } = source;
  const isKept = checksum?.algorithm === algorithm && checksum?.type === 'FULL_OBJECT';
  if (algorithm === undefined || isKept) {
    return checksum;
  }
  const sha256 = (await request.published?.(source.key, source.sizeBytes))?.sha256;
  if (algorithm !== 'SHA256' || sha256 === undefined) {
    throw gone();
  }
  return { algorithm, type: 'FULL_OBJECT', value: Buffer.from(sha256, 'hex').toString('base64') };
}
