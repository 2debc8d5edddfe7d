import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { SandboxHandler } from '../../state';

/** A handler of the sandbox on a loopback port of this process, for specs. */
export async function serveHandler(
  handler: SandboxHandler
): Promise<{ url: string; stop: () => Promise<void> }> {
  const server = createServer((incoming, outgoing) => void bridge(handler, incoming, outgoing));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    }
  };
}

async function bridge(
  handler: SandboxHandler,
  incoming: IncomingMessage,
  outgoing: ServerResponse
): Promise<void> {
  const method = incoming.method ?? 'GET';
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const init: RequestInit & { duplex?: 'half' } = {
    method,
    headers: Object.entries(incoming.headers).map(([name, value]): [string, string] => [
      name,
      String(value)
    ]),
    ...(hasBody ? { body: streamOf(incoming), duplex: 'half' } : {})
  };
  const request = new Request(`http://${incoming.headers.host}`, init);
  // The URL class would resolve the dots in a path; a server must see it as it was sent.
  Object.defineProperty(request, 'url', {
    value: `http://${incoming.headers.host}${incoming.url}`
  });
  try {
    const response = await handler(request, { remotePort: incoming.socket.remotePort ?? 0 });
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    for await (const chunk of response.body ?? []) {
      outgoing.write(chunk);
    }
    outgoing.end();
  } catch {
    incoming.socket.destroy();
  }
}

function streamOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = incoming[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    pull: async controller => {
      const { done, value } = await chunks.next();
      if (done === true) {
        controller.close();
      } else {
        controller.enqueue(value);
      }
    },
    cancel: () => void incoming.destroy()
  });
}
