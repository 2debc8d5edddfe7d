import { toAwsError } from '../aws';
import { BedrockImportError } from '../errors';
import type { HubFileLocation } from '../hub';
import type { ByteFetch } from './byteFetch';
import { putInit } from './byteFetch';
import { retryAfterMs, TransientFault } from './retry';
import { uploadGone } from './uploads';

/** The CDN no longer takes this signed URL. */
export class LocationRefused extends TransientFault {}

export interface RangeTransfer {
  /** Path in the repository, for messages. */
  path: string;
  sizeBytes: number;
  start: number;
  /** Exclusive. */
  end: number;
  location: HubFileLocation;
  /** Presigned URL of the PUT and the headers it was signed with. */
  put: { url: string; headers: Readonly<Record<string, string>> };
  /** Number of this try, from 1. */
  attempt?: number;
}

/** A connection this slow is given up at the first try, after about two minutes at full part size. */
const SLOWEST_BYTES_PER_SECOND = 256 * 1024;
const GRACE_MS = 60_000;

/**
 * Moves bytes `[start, end)` of a file from the hub's CDN to a presigned S3 PUT; they never enter
 * JavaScript.
 *
 * @returns the headers of S3's answer (ETag, checksum).
 * @throws TransientFault when another try may work, BedrockImportError otherwise.
 */
export async function sendRange(
  bytes: ByteFetch,
  transfer: RangeTransfer,
  signal: AbortSignal
): Promise<Headers> {
  const length = transfer.end - transfer.start;
  const stop = new AbortController();
  const onAbort = (): void => stop.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  // A stuck connection and a slow network look alike from here, so each further try gets twice the time.
  const patience = 2 ** Math.min((transfer.attempt ?? 1) - 1, 7);
  const limitMs = GRACE_MS + (length / SLOWEST_BYTES_PER_SECOND) * 1000 * patience;
  const timer = setTimeout(() => stop.abort(), limitMs);
  try {
    signal.throwIfAborted();
    const source = await openRange(bytes, transfer, stop.signal);
    const answer = await bytes.fetch(
      transfer.put.url,
      putInit(source, length, transfer.put.headers, stop.signal)
    );
    if (!answer.ok) {
      throw await refusedPut(answer, transfer);
    }
    // Read to its end, so that the connection can carry the next part.
    await answer.arrayBuffer();
    if (!answer.headers.has('etag')) {
      throw new TransientFault('S3 confirmed the bytes without an ETag');
    }
    return answer.headers;
  } catch (error) {
    if (error instanceof TransientFault || error instanceof BedrockImportError) {
      throw error;
    }
    if (stop.signal.aborted && !signal.aborted) {
      throw new TransientFault(`no end after ${Math.round(limitMs / 1000)} s`);
    }
    throw new TransientFault(networkCause(error));
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    // Frees whichever side is still open when the other one failed.
    stop.abort();
  }
}

async function openRange(
  bytes: ByteFetch,
  transfer: RangeTransfer,
  signal: AbortSignal
): Promise<ReadableStream<Uint8Array>> {
  const { start, end, sizeBytes } = transfer;
  const answer = await bytes.fetch(transfer.location.url, {
    headers: {
      ...transfer.location.headers,
      range: `bytes=${start}-${end - 1}`,
      // A compressed body would not have the length that S3 is promised.
      'accept-encoding': 'identity'
    },
    signal
  });
  const refuse = async (fault: Error): Promise<never> => {
    await answer.body?.cancel().catch(() => undefined);
    throw fault;
  };
  if (answer.status === 401 || answer.status === 403) {
    return refuse(new LocationRefused(`the hub's signed URL was refused (HTTP ${answer.status})`));
  }
  if (answer.status === 404 || answer.status === 410) {
    return refuse(
      // A storage may forget an address before the hub gives out another one.
      new LocationRefused(`the hub's storage does not have the file (HTTP ${answer.status})`, {
        attempts: 3,
        final: new BedrockImportError({
          code: 'HUB_FILE_GONE',
          message: 'The hub no longer has this file at the planned commit.',
          subject: transfer.path,
          nextStep: 'Look at the model’s page and run the command again to plan anew.'
        })
      })
    );
  }
  if (answer.status === 429 || answer.status >= 500) {
    return refuse(
      new TransientFault(`the hub answered HTTP ${answer.status}`, {
        retryAfterMs: retryAfterMs(answer.headers.get('retry-after'))
      })
    );
  }
  const whole = start === 0 && end === sizeBytes;
  const expectedRange = `bytes ${start}-${end - 1}/${sizeBytes}`;
  const range = answer.headers.get('content-range');
  const isRange = answer.status === 206 && range === expectedRange;
  // A server that ignores Range is harmless only when the whole file was asked for.
  if (!isRange && !(whole && answer.status === 200)) {
    const got = answer.status === 206 ? `Content-Range "${range ?? ''}"` : `HTTP ${answer.status}`;
    const total = /^bytes \d+-\d+\/(\d+)$/.exec(range ?? '')?.[1];
    if (answer.status === 416 || (total !== undefined && Number(total) !== sizeBytes)) {
      return refuse(sizeMismatch(transfer.path, `its listing says ${sizeBytes} bytes, got ${got}`));
    }
    return refuse(
      new TransientFault(`asked for ${expectedRange}, got ${got}`, {
        final: new BedrockImportError({
          code: 'HUB_RANGE_IGNORED',
          message: `The hub does not serve the byte range that was asked for (${got}).`,
          subject: transfer.path,
          nextStep:
            'A proxy or mirror between here and the hub changes range requests, or the file was replaced: unset HF_ENDPOINT or the proxy, or try again later.'
        })
      })
    );
  }
  const length = answer.headers.get('content-length');
  if (length !== null && Number(length) !== end - start) {
    return refuse(
      sizeMismatch(transfer.path, `it promises ${length} bytes where ${end - start} were asked for`)
    );
  }
  if (answer.body === null) {
    return refuse(new TransientFault('the hub sent no body'));
  }
  return answer.body;
}

/** A file of another size does not become the right one by waiting. */
function sizeMismatch(path: string, what: string): TransientFault {
  return new TransientFault(`the hub contradicts itself: ${what}`, {
    attempts: 3,
    final: new BedrockImportError({
      code: 'HUB_FILE_MISMATCH',
      message: `The hub does not send the file that it lists: ${what}.`,
      subject: path,
      nextStep: 'Run the command again to plan anew; report it to the hub if it stays.'
    })
  });
}

/** Codes of S3 that say "try again" although their status does not (Amazon S3 API Reference, "Error responses"). */
const TRANSIENT_CODES = new Set([
  'RequestTimeout',
  'IncompleteBody',
  'InternalError',
  'SlowDown',
  'OperationAborted',
  'RequestTimeTooSkewed'
]);

/** What S3's refusal of a PUT means for the copy. */
export async function refusedPut(answer: Response, transfer: { path: string }): Promise<Error> {
  const text = (await answer.text().catch(() => '')).slice(0, 65_536);
  const code = /<Code>([^<]*)<\/Code>/.exec(text)?.[1] ?? '';
  const message = /<Message>([^<]*)<\/Message>/.exec(text)?.[1] ?? '';
  const typed = (name = code): BedrockImportError =>
    toAwsError(
      Object.assign(new Error(message || `HTTP ${answer.status}`), {
        name: name || `HTTP${answer.status}`,
        $metadata: { httpStatusCode: answer.status }
      }),
      { action: 's3:PutObject', subject: transfer.path }
    );
  if (code === 'BadDigest' || code === 'XAmzContentChecksumMismatch') {
    return new TransientFault(
      'S3 refused the bytes: their SHA-256 is not the one the hub publishes',
      {
        attempts: 4,
        final: new BedrockImportError({
          code: 'HUB_FILE_MISMATCH',
          message:
            'The bytes that the hub sends do not have the SHA-256 that it publishes for this file.',
          subject: transfer.path,
          nextStep:
            'Nothing wrong was kept. If a proxy stands between here and the hub, go around it; else report the file to the hub.'
        })
      }
    );
  }
  if (code === 'ExpiredToken' || code === 'RequestExpired' || /has expired/i.test(message)) {
    // Fresh ones may be there for the next signature; where they are fixed, no try will find any.
    return new TransientFault('the AWS credentials expired', {
      attempts: 2,
      final: typed('ExpiredToken')
    });
  }
  if (code === 'NoSuchUpload') {
    return uploadGone(transfer.path);
  }
  if (
    answer.status === 429 ||
    answer.status === 408 ||
    answer.status >= 500 ||
    TRANSIENT_CODES.has(code)
  ) {
    return new TransientFault(`S3 answered ${code || `HTTP ${answer.status}`}`, {
      retryAfterMs: retryAfterMs(answer.headers.get('retry-after'))
    });
  }
  if (answer.status === 411 || code === 'MissingContentLength' || code === 'NotImplemented') {
    return new BedrockImportError({
      code: 'LENGTH_LOST',
      message: 'S3 got the part without its length, so this runtime cannot stream to S3.',
      subject: transfer.path,
      nextStep:
        'Install the version of Deno that this package pins: pip install --force-reinstall jupyterlab-bedrock-import.'
    });
  }
  return typed();
}

/** The runtime's own message may hold a signed URL; only its code or its first words are kept. */
export function networkCause(error: unknown): string {
  for (let current = error; current instanceof Error; current = current.cause) {
    const code = (current as { code?: unknown }).code;
    if (typeof code === 'string' && /^[A-Z_]+$/.test(code)) {
      return `the connection failed (${code})`;
    }
  }
  const message = error instanceof Error ? error.message : String(error);
  return `the connection failed (${message.replace(/\(?https?:\/\/\S+/g, '…').slice(0, 120)})`;
}
