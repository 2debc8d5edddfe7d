import { FetchHttpHandler } from '@smithy/fetch-http-handler';

/**
 * A request that got no answer. Deno and Node name such failures differently, and the SDK retries
 * only the names that Node's sockets use; `code` is always one of those.
 */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';

  constructor(
    /** Host and port, never the path or query: those may be signed. */
    readonly host: string,
    /** `ECONNREFUSED`, `ENOTFOUND`, `ENETUNREACH`, `ETIMEDOUT`, `ECONNRESET` or, for a certificate that is not trusted, `CERTIFICATE`. */
    readonly code: ConnectionFailure
  ) {
    super(`${connectionFailureText(code)} (${host})`);
  }
}

export type ConnectionFailure =
  | 'ECONNREFUSED'
  | 'ENOTFOUND'
  | 'ENETUNREACH'
  | 'ETIMEDOUT'
  | 'ECONNRESET'
  | 'CERTIFICATE'
  | 'NOT_ALLOWED';

export function connectionFailureText(code: ConnectionFailure): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'Nothing accepts connections at this address';
    case 'ENOTFOUND':
      return 'The host name cannot be resolved';
    case 'ENETUNREACH':
      return 'There is no way to the host';
    case 'ETIMEDOUT':
      return 'No answer arrived in time';
    case 'CERTIFICATE':
      return 'The TLS certificate is not trusted';
    case 'NOT_ALLOWED':
      return 'This process may not connect to the host';
    case 'ECONNRESET':
      return 'The connection broke';
  }
}

/**
 * Whether a thrown value can be read as an error. Not `instanceof`: what fetch throws may come from
 * another realm (a worker, a test's sandbox).
 */
export function isErrorLike(
  value: unknown
): value is { name: string; message: string; cause?: unknown } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    'message' in value &&
    typeof value.message === 'string'
  );
}

/** Reads the kind of failure from an error of Node's or Deno's fetch, following its causes. */
export function classifyConnectionFailure(error: unknown): ConnectionFailure | undefined {
  let current: unknown = error;
  let text = '';
  for (let depth = 0; isErrorLike(current) && depth < 6; depth += 1) {
    const code = 'code' in current && typeof current.code === 'string' ? current.code : '';
    text += ` ${current.name} ${code} ${current.message}`;
    current = current.cause;
  }
  if (text === '') {
    return undefined;
  }
  const has = (...needles: string[]): boolean => needles.some(needle => text.includes(needle));
  if (has('NotCapable', 'Requires net access')) {
    return 'NOT_ALLOWED';
  }
  if (
    has('UnknownIssuer', 'invalid peer certificate', 'SELF_SIGNED', 'CERT_', 'UNABLE_TO_VERIFY') ||
    has('self-signed certificate', 'ERR_TLS_CERT')
  ) {
    return 'CERTIFICATE';
  }
  if (has('ENOTFOUND', 'EAI_AGAIN', 'dns error', 'failed to lookup address')) {
    return 'ENOTFOUND';
  }
  if (has('ECONNREFUSED', 'Connection refused')) {
    return 'ECONNREFUSED';
  }
  if (has('ENETUNREACH', 'EHOSTUNREACH', 'Network is unreachable', 'No route to host')) {
    return 'ENETUNREACH';
  }
  if (
    has(
      'ETIMEDOUT',
      'TimeoutError',
      'UND_ERR_CONNECT_TIMEOUT',
      'UND_ERR_HEADERS_TIMEOUT',
      'timed out'
    )
  ) {
    return 'ETIMEDOUT';
  }
  if (
    has('ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'fetch failed') ||
    has('error sending request', 'error reading a body', 'connection closed', ' terminated') ||
    has('error decoding response body', 'Connection reset', 'client error')
  ) {
    return 'ECONNRESET';
  }
  return undefined;
}

/** `fetch` whose network failures carry a code that the SDK's retries know, and no URL. */
async function fetchWithCodes(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const failure = request.signal.aborted ? undefined : classifyConnectionFailure(error);
    if (failure === undefined) {
      throw error;
    }
    throw new ConnectionError(new URL(request.url).host, failure);
  }
}

/**
 * The SDK's transport over `fetch`: in Deno that honours `HTTPS_PROXY`, `NO_PROXY` and the CA file
 * of `DENO_CERT`, which the SDK's own Node handlers do not.
 *
 * @param requestTimeoutMs - Time until the head of an answer, not its end, in milliseconds.
 */
export function createRequestHandler(requestTimeoutMs: number): FetchHttpHandler {
  return new FetchHttpHandler({
    requestTimeout: requestTimeoutMs,
    customFetch: (input, init) => fetchWithCodes(new Request(input, init))
  });
}
