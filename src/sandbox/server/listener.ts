import { ConnectionResetError, type SandboxHandler } from '../state';
import { denoRuntime } from './denoRuntime';
import { startRelay, type Relay } from './relay';

export interface ListenerOptions {
  /** 0 for a free one. */
  port: number;
  tls?: { certificate: string; key: string };
  /** Puts a relay in front, without which a handler cannot break a connection unanswered. */
  resets: boolean;
  /** One line for each request; never holds a query string, which may be a signature. */
  log?: (line: string) => void;
}

export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';

/**
 * Serves one handler on loopback, over HTTP/1.1 and HTTP/2: Deno offers both by ALPN with TLS, and
 * without TLS tells HTTP/2 by its connection preface.
 *
 * @throws Error when the port is taken.
 */
export async function listen(handler: SandboxHandler, options: ListenerOptions): Promise<Listener> {
  const { log } = options;
  const stop = new AbortController();
  let relay: Relay | undefined;

  const answer = async (request: Request, remotePort: number): Promise<Response> => {
    const startedAt = performance.now();
    const path = new URL(request.url).pathname;
    const note = (outcome: string) =>
      log?.(
        `${request.method} ${path} ${outcome} ${(performance.now() - startedAt).toFixed(0)} ms`
      );
    if (request.body !== null) {
      log?.(`${request.method} ${path} arrives`);
    }
    try {
      const response = await handler(request, { remotePort });
      note(String(response.status));
      return response;
    } catch (error) {
      if (error instanceof ConnectionResetError) {
        note('connection reset');
        relay?.cut(remotePort);
        return brokenResponse(error);
      }
      note('500');
      log?.(`the sandbox failed: ${error instanceof Error ? (error.stack ?? error.message) : ''}`);
      return Response.json({ message: 'The sandbox failed; see its log.' }, { status: 500 });
    }
  };

  const server = denoRuntime().serve(
    {
      hostname: LOOPBACK,
      port: options.resets ? 0 : options.port,
      ...(options.tls === undefined ? {} : { cert: options.tls.certificate, key: options.tls.key }),
      signal: stop.signal,
      onListen: () => undefined,
      // Bodies that a fault broke end here, and their connections with them.
      onError: () => new Response(null, { status: 500 })
    },
    (request, info) => answer(request, info.remoteAddr.port)
  );
  if (options.resets) {
    relay = startRelay({ hostname: LOOPBACK, port: options.port }, { ...server.addr });
  }
  return {
    port: relay?.port ?? server.addr.port,
    close: async () => {
      relay?.close();
      stop.abort();
      await server.finished;
    }
  };
}

/** An error status whose body never comes: nothing takes it for a success if it is seen at all. */
function brokenResponse(error: Error): Response {
  const body = new ReadableStream({ pull: controller => controller.error(error) });
  return new Response(body, { status: 500, headers: { 'content-length': '1' } });
}
