import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { classifyConnectionFailure, readServiceFailure, systemClock, toAwsError } from '../../aws';
import { BedrockImportError, cancelledError } from '../../errors';
import { MAX_ATTEMPTS, retryWaitMs } from '../retry';
import { formatArchive, sourceChanged } from './archiveErrors';

/** One version of an object in S3. */
export interface ObjectVersion {
  bucket: string;
  key: string;
  /** With its quotes. */
  etag: string;
  sizeBytes: number;
}

export interface ReadNotice {
  cause: string;
  /** Tries in a row that brought no byte, from 1. */
  attempt: number;
  /** Milliseconds until the next try. */
  waitMs: number;
}

export interface ReadOptions {
  signal: AbortSignal;
  /** Each time that the connection broke and is made anew. */
  onRetry?: (notice: ReadNotice) => void;
  /** A connection that brings nothing for so long is given up, in milliseconds. @default 30_000 */
  stallMs?: number;
}

/** No connection is waited for longer than this without a byte. */
const STALL_MS = 30_000;

/**
 * The bytes of an object from `start` to its end, over as many connections as it takes: one that breaks
 * or stalls is followed by another that goes on at the same byte.
 *
 * @throws BedrockImportError `SOURCE_CHANGED`, `CANCELLED` and those of `toAwsError`
 */
export async function* readObjectBytes(
  s3: S3Client,
  object: ObjectVersion,
  start: number,
  options: ReadOptions
): AsyncGenerator<Uint8Array> {
  const { signal } = options;
  const subject = formatArchive(object);
  let position = start;
  for (let attempt = 1; position < object.sizeBytes; attempt++) {
    const connection = new AbortController();
    const onAbort = (): void => connection.abort();
    signal.addEventListener('abort', onAbort, { once: true });
    const before = position;
    let fault: unknown;
    try {
      if (signal.aborted) {
        throw cancelledError(subject);
      }
      const stallMs = options.stallMs ?? STALL_MS;
      const reader = await openAt(s3, object, position, connection, stallMs);
      for (;;) {
        const piece = await inTime(reader.read(), stallMs, connection);
        if (piece.done) {
          break;
        }
        position += piece.value.length;
        if (position > object.sizeBytes) {
          throw sourceChanged(object, 'S3 sends more bytes than the archive had');
        }
        yield piece.value;
      }
      fault = new Error('the connection ended too early');
    } catch (error) {
      if (signal.aborted) {
        throw cancelledError(subject, error);
      }
      fault = error;
    } finally {
      signal.removeEventListener('abort', onAbort);
      // Also where the one who reads has enough.
      connection.abort();
    }
    if (position >= object.sizeBytes) {
      return;
    }
    attempt = position > before ? 1 : attempt;
    const cause = judgeFault(fault, object, attempt);
    const waitMs = retryWaitMs(attempt);
    options.onRetry?.({ cause, attempt, waitMs });
    await systemClock.sleep(waitMs, signal);
  }
}

async function openAt(
  s3: S3Client,
  object: ObjectVersion,
  position: number,
  connection: AbortController,
  stallMs: number
): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const answer = await inTime(
    s3.send(
      new GetObjectCommand({
        Bucket: object.bucket,
        Key: object.key,
        IfMatch: object.etag,
        ...(position > 0 ? { Range: `bytes=${position}-` } : {})
      }),
      { abortSignal: connection.signal }
    ),
    stallMs,
    connection
  );
  const range = `bytes ${position}-${object.sizeBytes - 1}/${object.sizeBytes}`;
  if (position > 0 ? answer.ContentRange !== range : answer.ContentLength !== object.sizeBytes) {
    throw answer.ETag === object.etag
      ? new Error('S3 answered with another range than the one that was asked for')
      : sourceChanged(object, 'it has another size');
  }
  const body = answer.Body?.transformToWebStream() as ReadableStream<Uint8Array> | undefined;
  if (body === undefined) {
    throw new Error('S3 sent no body');
  }
  return body.getReader();
}

/** The answer, unless nothing comes for so long: then the connection is given up. */
async function inTime<T>(
  answer: Promise<T>,
  stallMs: number,
  connection: AbortController
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stalled = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      connection.abort();
      reject(Object.assign(new Error(`no byte for ${stallMs / 1000} s`), { code: 'ETIMEDOUT' }));
    }, stallMs);
  });
  try {
    return await Promise.race([answer, stalled]);
  } finally {
    clearTimeout(timer);
    answer.catch(() => undefined);
  }
}

/** What to say of a fault that another connection may mend; throws what none will. */
function judgeFault(fault: unknown, object: ObjectVersion, attempt: number): string {
  if (fault instanceof BedrockImportError) {
    throw fault;
  }
  const { name, status } = readServiceFailure(fault);
  if (status === 412 || name === 'PreconditionFailed') {
    throw sourceChanged(object, 'there is another object in its place');
  }
  if (status === 404 || status === 416) {
    throw sourceChanged(object, status === 404 ? 'it is gone' : 'it is shorter');
  }
  const typed = toAwsError(fault, { action: 's3:GetObject', subject: formatArchive(object) });
  const expired = typed.code === 'CREDENTIALS_EXPIRED' && attempt < 3;
  const refused = status !== undefined && status >= 400 && status < 500;
  if ((refused && typed.code !== 'THROTTLED' && !expired) || attempt >= MAX_ATTEMPTS) {
    throw typed;
  }
  return status === undefined
    ? `the connection to S3 broke (${classifyConnectionFailure(fault) ?? 'too early'})`
    : `S3 answered HTTP ${status}`;
}
