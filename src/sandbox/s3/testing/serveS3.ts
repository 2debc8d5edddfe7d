import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';

import { createSandboxState, type SandboxHandler, type SandboxStateOptions } from '../../state';
import { createS3 } from '../createS3';

/** The S3 of the sandbox on a loopback port of this process. */
export interface ServedS3 {
  url: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  store: ReturnType<typeof createS3>['store'];
  dataDirectory: string;
  client(config?: S3ClientConfig): S3Client;
  stop(): Promise<void>;
}

export async function serveS3(options: Partial<SandboxStateOptions> = {}): Promise<ServedS3> {
  const dataDirectory = options.dataDirectory ?? (await mkdtemp(join(tmpdir(), 'sandbox-s3-')));
  const state = createSandboxState({
    credentials: { accessKeyId: 'SANDBOXTEST000000001', secretAccessKey: 'test-secret' },
    ...options,
    dataDirectory
  });
  const s3 = createS3(state);
  const server = createServer((incoming, outgoing) => void bridge(s3, incoming, outgoing));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clients: S3Client[] = [];
  return {
    url,
    bucket: state.startBucket,
    accessKeyId: state.accessKeyId,
    secretAccessKey: state.secretAccessKey,
    store: s3.store,
    dataDirectory,
    client: config => {
      const client = new S3Client({
        region: state.region,
        endpoint: url,
        forcePathStyle: true,
        credentials: state,
        maxAttempts: 1,
        ...config
      });
      clients.push(client);
      return client;
    },
    stop: async () => {
      clients.forEach(client => client.destroy());
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
      if (options.dataDirectory === undefined) {
        await rm(dataDirectory, { recursive: true, force: true });
      }
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
