import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An HTTP server of this process on a free port, for specs whose other side must misbehave. */
export abstract class LoopbackServer {
  protected readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => this.answer(request, response));
  }

  protected abstract answer(request: IncomingMessage, response: ServerResponse): void;

  /** @param port the one it had before, where it comes back after a while; a free one otherwise. */
  async start(port = 0): Promise<void> {
    await new Promise<void>(resolve => this.server.listen(port, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(resolve => this.server.close(resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }
}
