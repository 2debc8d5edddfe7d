import { GetObjectCommand } from '@aws-sdk/client-s3';
import { classifyConnectionFailure, readServiceFailure, systemClock, toAwsError } from '../../aws';
import type { AwsClients } from '../../aws';
import { BedrockImportError, throwIfCancelled } from '../../errors';
import { retryWaitMs } from '../retry';
import { STALL_MS } from '../sendRange';
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
  /** Each time that bytes arrive. */
  onBytes?: () => void;
  /** A connection that brings nothing for so long is given up, in milliseconds. @default 30_000 */
  stallMs?: number;
  /** Milliseconds without a byte over all connections after which it is given up. @default 15 minutes */
  patienceMs?: number;
}

const PATIENCE_MS = 15 * 60_000;
const FIXED_CREDENTIALS_PATIENCE_MS = 60_000;

/**
 * The bytes of an object from `start` to its end, over as many connections as it takes: one that breaks
 * or stalls is followed by another that goes on at the same byte.
 *
 * @throws BedrockImportError `SOURCE_CHANGED`, `CANCELLED` and those of `toAwsError`
 */
export async function* readObjectBytes(
  aws: AwsClients,
  object: ObjectVersion,
  start: number,
  options: ReadOptions
): AsyncGenerator<Uint8Array> {
  const { signal } = options;
  const subject = formatArchive(object);
  let position = start;
  let lastByteAt = systemClock.now();
  for (let attempt = 1; position < object.sizeBytes; attempt++) {
    const connection = new AbortController();
    const onAbort = (): void => connection.abort();
    signal.addEventListener('abort', onAbort, { once: true });
    const before = position;
    let fault: unknown;
    try {
      throwIfCancelled(signal, subject);
      const stallMs = options.stallMs ?? STALL_MS;
      const reader = await openAt(aws, object, position, connection, stallMs);
      for (;;) {
        const piece = await inTime(reader.read(), stallMs, connection);
        if (piece.done) {
          break;
        }
        position += piece.value.length;
        options.onBytes?.();
        if (position > object.sizeBytes) {
          throw sourceChanged(object, 'S3 sends more bytes than the archive had');
        }
        yield piece.value;
        // Whoever takes the bytes may have taken his time.
        lastByteAt = systemClock.now();
      }
      fault = new BrokenAnswer('the connection ended too early');
    } catch (error) {
      throwIfCancelled(signal, subject, error);
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
    const patienceMs = options.patienceMs ?? patienceFor(fault, aws);
    const goesOn = systemClock.now() - lastByteAt < patienceMs;
    const cause = await judgeFault(fault, object, goesOn ? aws : undefined);
    const waitMs = retryWaitMs(attempt);
    options.onRetry?.({ cause, attempt, waitMs });
    await systemClock.sleep(waitMs, signal);
  }
}

async function openAt(
  aws: AwsClients,
  object: ObjectVersion,
  position: number,
  connection: AbortController,
  stallMs: number
): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const answer = await inTime(
    aws.s3.send(
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
      ? new BrokenAnswer('S3 answered with another range than the one that was asked for')
      : sourceChanged(object, 'it has another size');
  }
  const body = answer.Body?.transformToWebStream() as ReadableStream<Uint8Array> | undefined;
  if (body === undefined) {
    throw new BrokenAnswer('S3 sent no body');
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

/**
 * What to say of a fault that another connection may mend; throws what none will.
 *
 * @param aws absent where patience has ended
 */
async function judgeFault(
  fault: unknown,
  object: ObjectVersion,
  aws: AwsClients | undefined
): Promise<string> {
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
  if (aws === undefined) {
    throw typed;
  }
  if (typed.code === 'CREDENTIALS_EXPIRED') {
    // Tried again here, because whoever gives up the connection loses what was unpacked.
    await aws.credentials.renew();
    return 'the AWS credentials expired';
  }
  if (status === undefined ? !passes(fault) : status < 500 && typed.code !== 'THROTTLED') {
    throw typed;
  }
  return status === undefined ? causeOf(fault) : `S3 answered HTTP ${status}`;
}

/** Credentials of this process's variables never change; a service may still have been wrong about them. */
function patienceFor(fault: unknown, aws: AwsClients): number {
  const { code } = toAwsError(fault, { action: 's3:GetObject' });
  const hopeless = code === 'CREDENTIALS_EXPIRED' && aws.credentials.fixed;
  return hopeless ? FIXED_CREDENTIALS_PATIENCE_MS : PATIENCE_MS;
}

/** Whether a fault without an answer of S3 is one of the network. */
function passes(fault: unknown): boolean {
  const failure = classifyConnectionFailure(fault);
  return fault instanceof BrokenAnswer || (failure !== undefined && LASTING.has(failure) === false);
}

/** The runtime's own words may hold an address. */
function causeOf(fault: unknown): string {
  return fault instanceof BrokenAnswer
    ? fault.message
    : `the connection to S3 broke (${classifyConnectionFailure(fault) ?? 'unknown'})`;
}

/** Connections that will not be made by waiting. */
const LASTING: ReadonlySet<string> = new Set(['CERTIFICATE', 'NOT_ALLOWED']);

/** An answer that is not the one asked for, or not whole. */
class BrokenAnswer extends Error {}
