import { requestedWaitMs } from '../waiting';
import { withoutSecrets } from './secrets';

/** What a hub, or the storage behind it, said when it did not do what was asked. */
export class HubAnswerError extends Error {
  override readonly name = 'HubAnswerError';

  constructor(
    readonly status: number,
    readonly details: {
      /** Of the `X-Error-Code` header, such as `GatedRepo`. */
      errorCode?: string;
      /** Of the `X-Error-Message` header or the answer's JSON; without secrets. */
      hubMessage?: string;
      /** How long the server asks to wait. */
      retryAfterMs?: number;
      /** Host name without a path. */
      host?: string;
      /** Whether the request carried a token. */
      withToken: boolean;
    }
  ) {
    super(
      `Status ${status}` +
        (details.errorCode === undefined ? '' : ` (${details.errorCode})`) +
        (details.host === undefined ? '' : ` from ${details.host}`)
    );
  }
}

/** No answer at all, or one that broke off. The message holds no secrets. */
export class HubConnectionError extends Error {
  override readonly name = 'HubConnectionError';

  constructor(
    message: string,
    /** Such as `ENOTFOUND` or `ECONNRESET`, where the runtime tells. */
    readonly reason?: string
  ) {
    super(message);
  }
}

/** Reads the headers of a refusal; the body is left alone. */
export function answerError(
  response: Response,
  options: { withToken: boolean; token?: string; hubMessage?: string; host?: string }
): HubAnswerError {
  const errorCode = response.headers.get('x-error-code') ?? undefined;
  const hubMessage = response.headers.get('x-error-message') ?? options.hubMessage;
  return new HubAnswerError(response.status, {
    errorCode: errorCode === undefined ? undefined : withoutSecrets(errorCode, [options.token]),
    hubMessage: hubMessage === undefined ? undefined : withoutSecrets(hubMessage, [options.token]),
    retryAfterMs: requestedWaitMs(response.headers),
    host: options.host ?? hostOf(response.url),
    withToken: options.withToken
  });
}

function hostOf(address: string): string | undefined {
  return URL.canParse(address) ? new URL(address).host : undefined;
}

/** The `error` of a JSON refusal; reads at most 16 KiB and never throws. */
export async function messageOfBody(response: Response): Promise<string | undefined> {
  if (!response.headers.get('content-type')?.startsWith('application/json')) {
    await discard(response);
    return undefined;
  }
  try {
    const text = new TextDecoder().decode(await readAtMost(response, 16_384));
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null && 'error' in body) {
      return typeof body.error === 'string' ? body.error : undefined;
    }
  } catch {
    return undefined;
  }
  return undefined;
}

/** Gives up the rest of an answer, so that its connection is not held. */
export async function discard(response: Response): Promise<void> {
  try {
    await response.body?.cancel();
  } catch {
    // A connection that is broken already needs no giving up.
  }
}

async function readAtMost(response: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    length += chunk.byteLength;
    if (length >= maxBytes) {
      break;
    }
  }
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer()).subarray(0, maxBytes);
}
