import {
  classifyConnectionFailure,
  ConnectionError,
  connectionFailureText,
  toAwsError
} from '../aws';
import { BedrockImportError } from '../errors';
import { requestedWaitMs } from '../waiting';
import { ShortBodyError, StalledError } from './bytes';
import type { PipeAnswer } from './bytes';
import { changedOnTheWay } from './mismatch';
import type { PlanSource } from './planSource';
import { TransientFault } from './retry';
import { uploadGone } from './uploads';

/** Codes of S3 that say "try again" although their status does not (Amazon S3 API Reference, "Error responses"). */
const TRANSIENT_CODES = new Set([
  'RequestTimeout',
  'IncompleteBody',
  'InternalError',
  'SlowDown',
  'OperationAborted',
  'RequestTimeTooSkewed'
]);
const BUSY_CODES = new Set(['SlowDown', 'ServiceUnavailable']);

export interface PutTarget {
  /** In the model, for messages. */
  path: string;
  /** Of bytes that were in memory, so that S3 was told the SHA-256 of just these. */
  inMemoryFrom?: PlanSource;
}

/**
 * The headers of S3's answer to a PUT, if it took the bytes.
 *
 * @throws TransientFault when another try may work, BedrockImportError otherwise
 */
export function judgePut(answer: PipeAnswer, target: PutTarget): Headers {
  if (answer.status < 200 || answer.status > 299) {
    throw refusedPut(answer, target);
  }
  if (!answer.headers.has('etag')) {
    throw new TransientFault('S3 confirmed the bytes without an ETag');
  }
  return answer.headers;
}

/** What S3's refusal of a PUT means for the copy. */
function refusedPut(answer: PipeAnswer, target: PutTarget): Error {
  const { status, headers, text } = answer;
  const code = /<Code>([^<]*)<\/Code>/.exec(text)?.[1] ?? '';
  const message = /<Message>([^<]*)<\/Message>/.exec(text)?.[1] ?? '';
  const typed = (name = code): BedrockImportError =>
    toAwsError(
      Object.assign(new Error(message || `HTTP ${status}`), {
        name: name || `HTTP${status}`,
        $metadata: { httpStatusCode: status }
      }),
      { action: 's3:PutObject', subject: target.path }
    );
  if (code === 'BadDigest' || code === 'XAmzContentChecksumMismatch') {
    if (target.inMemoryFrom !== undefined) {
      return new TransientFault('S3 got other bytes than were sent', {
        attempts: 4,
        final: changedOnTheWay(target.inMemoryFrom, target.path)
      });
    }
    return new TransientFault(
      'S3 refused the bytes: their SHA-256 is not the one the hub publishes',
      {
        attempts: 4,
        final: new BedrockImportError({
          code: 'HUB_FILE_MISMATCH',
          message:
            'The bytes that the hub sends do not have the SHA-256 that it publishes for this file.',
          subject: target.path,
          nextStep:
            'Nothing wrong was kept. If a proxy stands between here and the hub, go around it; else report the file to the hub.'
        })
      }
    );
  }
  if (code === 'ExpiredToken' || code === 'RequestExpired' || /has expired/i.test(message)) {
    return new TransientFault('the AWS credentials expired', {
      attempts: 2,
      final: typed('ExpiredToken'),
      outage: 'credentials'
    });
  }
  if (code === 'NoSuchUpload') {
    return uploadGone(target.path);
  }
  if (status === 429 || status === 408 || status >= 500 || TRANSIENT_CODES.has(code)) {
    const busy = status === 429 || BUSY_CODES.has(code) || (status === 503 && code === '');
    return new TransientFault(`S3 answered ${code || `HTTP ${status}`}`, {
      retryAfterMs: requestedWaitMs(headers),
      ...(busy ? { busy: `S3 answered ${code || `HTTP ${status}`}` } : {})
    });
  }
  if (status === 411 || code === 'MissingContentLength' || code === 'NotImplemented') {
    return new BedrockImportError({
      code: 'LENGTH_LOST',
      message: 'S3 got the part without its length, so this runtime cannot stream to S3.',
      subject: target.path,
      nextStep:
        'Install the version of Deno that this package pins: pip install --force-reinstall jupyterlab-bedrock-import.'
    });
  }
  return typed();
}

/** What a failure of the pipe means for the copy. */
export function pipeFault(error: unknown): Error {
  if (error instanceof TransientFault || error instanceof BedrockImportError) {
    return error;
  }
  if (error instanceof StalledError) {
    const seconds = Math.round(error.waitedMs / 1000);
    return new TransientFault(
      error.message.startsWith('no end')
        ? `no end after ${seconds} s`
        : `no bytes for ${seconds} s`,
      { connection: 'broken', busy: 'a connection stood still' }
    );
  }
  if (error instanceof ShortBodyError) {
    return new TransientFault(error.message, { connection: 'broken' });
  }
  const failure = failureOf(error);
  const none = failure === 'ECONNREFUSED' || failure === 'ENOTFOUND' || failure === 'ENETUNREACH';
  return new TransientFault(networkCause(error), { connection: none ? 'none' : 'broken' });
}

/** In plain words; the runtime's own message may hold a signed URL. */
export function networkCause(error: unknown): string {
  const failure = failureOf(error);
  if (failure === undefined) {
    return `the connection failed (${error instanceof Error ? error.name : 'unknown'})`;
  }
  const text = connectionFailureText(failure);
  return `${text.slice(0, 1).toLowerCase()}${text.slice(1)} (${failure})`;
}

function failureOf(error: unknown): ReturnType<typeof classifyConnectionFailure> {
  return error instanceof ConnectionError ? error.code : classifyConnectionFailure(error);
}
