import { classifyConnectionFailure, ConnectionError, isErrorLike } from '../../aws';
import { ProtocolError, ShortBodyError, StalledError, tooLong } from './errors';
import type {
  AnswerHead,
  BytePipe,
  MoveOptions,
  OnChunk,
  PipeAnswer,
  PipeRequest,
  PutRequest,
  ReadRequest
} from './types';

interface DenoHttpClient {
  close(): void;
}

interface DenoNamespace {
  createHttpClient(options: { http2: boolean; poolMaxIdlePerHost: number }): DenoHttpClient;
}

/** Longest part of an answer's body that is kept. */
const TEXT_BYTES = 65_536;
/** At the usual `stallMs` of 30 s: a connection slower than this is given up, 60 s granted on top. */
const SLOWEST_BYTES_PER_MS = 256 * 1.024;
const USUAL_STALL_MS = 30_000;

/**
 * The pipe over the runtime's `fetch`: a body taken from one answer is handed to the next request
 * untouched, so that it never enters JavaScript. Its bytes are not seen either, so a stall only shows
 * as a request that takes too long as a whole: twice `stallMs` and what the length takes at 256 KiB/s
 * (times `stallMs` / 30 s).
 *
 * In Deno it has a client of its own without HTTP/2: over HTTP/2 all ranges of a model would share one
 * TCP connection and its congestion window.
 */
export function createFetchPipe(connections: number): BytePipe {
  const deno = (globalThis as { Deno?: DenoNamespace }).Deno;
  const client = deno?.createHttpClient({ http2: false, poolMaxIdlePerHost: connections });
  return new FetchPipe(client);
}

class FetchPipe implements BytePipe {
  constructor(private readonly client: DenoHttpClient | undefined) {}

  move(request: PipeRequest, options: MoveOptions): Promise<PipeAnswer> {
    const { get, put, lengthBytes } = request;
    return this.limited(put.url, lengthBytes, options, async signal => {
      const source = await this.fetch(get.url, { headers: get.headers }, signal);
      await judged(source, request);
      const answer = await this.fetch(
        put.url,
        putInit(source.body, lengthBytes, put.headers),
        signal,
        error => (endedEarly(error) ? new ShortBodyError(lengthBytes) : safe(put.url, error))
      );
      return this.taken(answer, lengthBytes, options);
    });
  }

  put(request: PutRequest, options: MoveOptions): Promise<PipeAnswer> {
    const { url, headers, body } = request;
    return this.limited(url, body.length, options, async signal => {
      const answer = await this.fetch(url, putInit(body, body.length, headers), signal);
      return this.taken(answer, body.length, options);
    });
  }

  async read(request: ReadRequest, onChunk: OnChunk, options: MoveOptions): Promise<AnswerHead> {
    const { url, headers, lengthBytes } = request;
    const source = new AbortController();
    const within = <T>(step: Promise<T>): Promise<T> =>
      limit(url, { ...options, limitMs: options.stallMs, stop: source }, 'nothing came', step);
    try {
      const answer = await within(this.fetch(url, { headers }, source.signal));
      await judged(answer, request);
      const reader = answer.body?.getReader();
      let received = 0;
      for (;;) {
        const { done, value } = (await within(
          reader?.read().catch((error: unknown) => {
            throw endedEarly(error) ? new ShortBodyError(lengthBytes, received) : safe(url, error);
          }) ?? Promise.resolve({ done: true as const, value: undefined })
        )) as ReadableStreamReadResult<Uint8Array>;
        if (done) {
          break;
        }
        received += value.length;
        if (received > lengthBytes) {
          throw tooLong(received, lengthBytes);
        }
        await onChunk(value);
        options.signal.throwIfAborted();
      }
      if (received < lengthBytes) {
        throw new ShortBodyError(lengthBytes, received);
      }
      return headOf(answer);
    } finally {
      source.abort();
    }
  }

  close(): void {
    this.client?.close();
  }

  private async fetch(
    url: string,
    init: RequestInit,
    signal: AbortSignal,
    failure = (error: unknown): Error => safe(url, error)
  ): Promise<Response> {
    const whole: RequestInit & { client?: DenoHttpClient } = {
      ...init,
      signal,
      redirect: 'manual'
    };
    if (this.client !== undefined) {
      whole.client = this.client;
    }
    try {
      return await fetch(url, whole);
    } catch (error) {
      throw failure(error);
    }
  }

  private async limited<T>(
    url: string,
    lengthBytes: number,
    options: MoveOptions,
    run: (signal: AbortSignal) => Promise<T>
  ): Promise<T> {
    const stop = new AbortController();
    const limitMs =
      2 * options.stallMs +
      (lengthBytes / SLOWEST_BYTES_PER_MS) * (options.stallMs / USUAL_STALL_MS);
    try {
      options.signal.throwIfAborted();
      return await limit(url, { ...options, limitMs, stop }, 'no end', run(stop.signal));
    } finally {
      // Frees whichever side is still open when the other one failed.
      stop.abort();
    }
  }

  private async taken(
    answer: Response,
    lengthBytes: number,
    options: MoveOptions
  ): Promise<PipeAnswer> {
    if (answer.ok) {
      options.onBytes?.(lengthBytes);
    }
    return { ...headOf(answer), text: await beginningOf(answer) };
  }
}

/** `step`, unless it takes too long or the caller stops it; what it was waiting for is then aborted. */
async function limit<T>(
  url: string,
  options: { signal: AbortSignal; limitMs: number; stop: AbortController },
  what: string,
  step: Promise<T>
): Promise<T> {
  const { signal, limitMs, stop } = options;
  let end: () => void = () => undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    const fail = (reason: Error): void => {
      reject(reason);
      stop.abort();
    };
    const timer = setTimeout(() => fail(new StalledError(hostOf(url), limitMs, what)), limitMs);
    const onAbort = (): void => fail(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
    if (signal.aborted) {
      onAbort();
    }
  });
  try {
    return await Promise.race([step, ended]);
  } finally {
    end();
  }
}

async function judged(
  answer: Response,
  request: { lengthBytes: number; judge(head: AnswerHead): void }
): Promise<void> {
  const { lengthBytes } = request;
  try {
    request.judge(headOf(answer));
    const length = answer.headers.get('content-length');
    if (length !== null && Number(length) > lengthBytes) {
      throw tooLong(Number(length), lengthBytes);
    }
    if (length !== null && Number(length) < lengthBytes) {
      throw new ShortBodyError(lengthBytes, Number(length));
    }
    if (answer.body === null && lengthBytes > 0) {
      throw new ShortBodyError(lengthBytes, 0);
    }
  } catch (error) {
    await answer.body?.cancel().catch(() => undefined);
    throw error;
  }
}

/**
 * The explicit length is what keeps Deno and Node from chunked encoding, which S3 refuses; `duplex` is
 * required by the Fetch standard for streams.
 */
function putInit(
  body: ReadableStream<Uint8Array> | Uint8Array | null,
  lengthBytes: number,
  headers: Readonly<Record<string, string>>
): RequestInit {
  const init: RequestInit & { duplex?: 'half' } = {
    method: 'PUT',
    headers: { ...headers, 'content-length': String(lengthBytes) },
    body: body as BodyInit | null
  };
  if (body instanceof ReadableStream) {
    init.duplex = 'half';
  }
  return init;
}

function headOf({ status, headers }: Response): AnswerHead {
  return { status, headers };
}

/** Read to its end, so that the connection can carry the next request. */
async function beginningOf(answer: Response): Promise<string> {
  const reader = answer.body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let room = TEXT_BYTES;
  try {
    for (;;) {
      const piece = await reader?.read();
      if (piece === undefined || piece.done) {
        return text + decoder.decode();
      }
      text += decoder.decode(piece.value.subarray(0, room), { stream: true });
      room -= Math.min(room, piece.value.length);
      if (room === 0) {
        await reader?.cancel();
        return text;
      }
    }
  } catch {
    // The status is known; a confirmation that breaks off is the caller's to judge by its headers.
    return text;
  }
}

/** Whether the body of an answer broke off, in the words of Node's and of Deno's fetch. */
function endedEarly(error: unknown): boolean {
  for (let current = error; isErrorLike(current); current = current.cause) {
    const code = 'code' in current ? current.code : undefined;
    if (
      code === 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH' ||
      /^terminated$|end of file before message length|body from connection/.test(current.message)
    ) {
      return true;
    }
  }
  return false;
}

/** The runtime's own message may hold a signed URL; only what kind of failure it was is kept. */
function safe(url: string, error: unknown): Error {
  const text = error instanceof Error ? String((error.cause as Error | undefined)?.message) : '';
  if (/Parse Error|invalid HTTP|HPE_/i.test(text)) {
    return new ProtocolError(`the answer is not HTTP/1.1 (${hostOf(url)})`);
  }
  return new ConnectionError(hostOf(url), classifyConnectionFailure(error) ?? 'ECONNRESET');
}

function hostOf(url: string): string {
  return new URL(url).host;
}
