import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse
} from 'node:http';
import {
  createServer as createHttp2Server,
  type Http2ServerRequest,
  type Http2ServerResponse
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { Readable } from 'node:stream';

import type { SandboxHandler } from '../../state';

export interface TestServer {
  url: string;
  /** The same handler over HTTP/2 without TLS. */
  http2Url: string;
  close(): Promise<void>;
}

/**
 * Serves one handler over HTTP/1.1 and, on a second port, HTTP/2, for specs in this process that
 * steer the sandbox's clock. The product is served by Deno, on one port for both.
 */
export async function listen(handler: SandboxHandler): Promise<TestServer> {
  const answer = (
    incoming: IncomingMessage | Http2ServerRequest,
    outgoing: ServerResponse | Http2ServerResponse
  ) => void bridge(handler, incoming, outgoing);
  const servers = [createHttpServer(answer), createHttp2Server(answer)];
  const sockets = new Set<Socket>();
  const urls = servers.map(async server => {
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  return {
    url: (await urls[0]) ?? '',
    http2Url: (await urls[1]) ?? '',
    close: async () => {
      const closed = servers.map(server => new Promise(resolve => server.close(resolve)));
      sockets.forEach(socket => socket.destroy());
      await Promise.all(closed);
    }
  };
}

async function bridge(
  handler: SandboxHandler,
  incoming: IncomingMessage | Http2ServerRequest,
  outgoing: ServerResponse | Http2ServerResponse
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) {
    chunks.push(chunk as Buffer);
  }
  const gone = new AbortController();
  outgoing.on('close', () => gone.abort());
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (!name.startsWith(':')) {
      headers.set(name, String(value));
    }
  }
  const host = String(incoming.headers[':authority'] ?? incoming.headers.host);
  headers.set('host', host);
  const body = Buffer.concat(chunks);
  const response = await handler(
    new Request(`http://${host}${incoming.url}`, {
      method: incoming.method,
      headers,
      body: body.length > 0 ? body : undefined,
      signal: gone.signal
    }),
    { remotePort: incoming.socket.remotePort ?? 0 }
  );
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body === null) {
    outgoing.end();
    return;
  }
  const reader = response.body.getReader();
  outgoing.on('close', () => void reader.cancel().catch(() => undefined));
  Readable.from(
    (async function* () {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) {
          return;
        }
        yield value;
      }
    })()
  )
    .on('error', () => outgoing.destroy())
    .pipe(outgoing);
}
