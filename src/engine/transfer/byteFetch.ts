/**
 * `fetch` for the bytes of a model: a body taken from one answer is handed to the next request untouched,
 * so that it never enters JavaScript.
 */
export interface ByteFetch {
  fetch: typeof fetch;
  close(): void;
}

interface DenoHttpClient {
  close(): void;
}

interface DenoNamespace {
  createHttpClient(options: { http2: boolean; poolMaxIdlePerHost: number }): DenoHttpClient;
}

/**
 * In Deno a client of its own without HTTP/2: over HTTP/2 all ranges of a model would share one TCP
 * connection and its congestion window. In Node (where only tests run) the built-in fetch, which speaks
 * HTTP/1.1.
 */
export function createByteFetch(connections: number): ByteFetch {
  const deno = (globalThis as { Deno?: DenoNamespace }).Deno;
  if (deno === undefined) {
    return { fetch: (input, init) => fetch(input, init), close: () => undefined };
  }
  const client = deno.createHttpClient({ http2: false, poolMaxIdlePerHost: connections });
  return {
    fetch: (input, init) => fetch(input, { ...init, client } as RequestInit),
    close: () => client.close()
  };
}

/**
 * A PUT whose body is the untouched body of another answer. The explicit length is what keeps Deno and
 * Node from chunked encoding, which S3 refuses; `duplex` is required by the Fetch standard for streams.
 */
export function putInit(
  body: ReadableStream<Uint8Array> | Uint8Array | null,
  sizeBytes: number,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal
): RequestInit {
  const init: RequestInit & { duplex?: 'half' } = {
    method: 'PUT',
    headers: { ...headers, 'content-length': String(sizeBytes) },
    body: body as BodyInit | null,
    redirect: 'manual',
    signal
  };
  if (body instanceof ReadableStream) {
    init.duplex = 'half';
  }
  return init;
}
