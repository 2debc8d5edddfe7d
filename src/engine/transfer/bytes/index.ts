import { createFetchPipe } from './fetchPipe';
import { mayUseProxy } from './proxies';
import { denoSockets, dialDeno } from './sockets/denoConnection';
import { SocketPipe } from './sockets/socketPipe';
import type { BytePipe } from './types';

export { ProtocolError, ShortBodyError, StalledError } from './errors';
export type {
  AnswerHead,
  BytePipe,
  MoveOptions,
  OnChunk,
  PipeAnswer,
  PipeRequest,
  PutRequest,
  ReadRequest
} from './types';

export interface BytePipeOptions {
  /** Most requests that run at a time. */
  connections: number;
  /** Where the proxies are read from. @default the process's */
  env?: Readonly<Record<string, string | undefined>>;
}

/**
 * The pipe of this runtime: connections of its own in Deno, and `fetch` in Node and for every request of
 * which one side goes through a proxy.
 */
export function createBytePipe(options: BytePipeOptions): BytePipe {
  const { connections, env = process.env } = options;
  const overFetch = createFetchPipe(connections);
  const deno = denoSockets();
  if (deno === undefined) {
    return overFetch;
  }
  const overSockets = new SocketPipe(
    (address, signal) => dialDeno(deno, address, signal),
    connections
  );
  const pipeFor = (...urls: string[]): BytePipe =>
    urls.some(url => mayUseProxy(url, env)) ? overFetch : overSockets;
  return {
    move: (request, moving) => pipeFor(request.get.url, request.put.url).move(request, moving),
    put: (request, moving) => pipeFor(request.url).put(request, moving),
    read: (request, onChunk, moving) => pipeFor(request.url).read(request, onChunk, moving),
    close: () => {
      overSockets.close();
      overFetch.close();
    }
  };
}
