import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import { ServerConnection } from '@jupyterlab/services';
import type { MessageConnection } from 'vscode-jsonrpc';
import { WebSocketServer } from 'ws';
import type { WebSocket as ServerSocket } from 'ws';

import { hello, openConnection, PROTOCOL_VERSION } from '../../../protocol';
import type { TextChannel } from '../../../protocol';

class ServerChannel implements TextChannel {
  onText: ((text: string) => void) | undefined;
  onClose: (() => void) | undefined;

  constructor(private readonly socket: ServerSocket) {
    socket.on('message', data => this.onText?.(data.toString()));
    socket.on('close', () => this.onClose?.());
  }

  async send(text: string): Promise<void> {
    this.socket.send(text);
  }
}

/** A page that is connected: what the engine says to it, and its socket. */
export interface ServedPage {
  rpc: MessageConnection;
  socket: ServerSocket;
}

/** The Jupyter server with its server half and an engine, as a page sees them: on loopback. */
export class EngineServer {
  /** Of `bedrock-import/status`. */
  status = 200;
  /** Path and query of every request. */
  readonly requests: string[] = [];
  readonly pages: ServedPage[] = [];
  /** Registers what a page's requests are answered with. */
  onPage: (page: ServedPage) => void = ({ rpc }) => greet(rpc);
  private readonly sockets = new Set<Socket>();
  private readonly web = new WebSocketServer({ noServer: true });

  private constructor(private readonly server: Server) {
    server.on('connection', socket => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    server.on('request', (request, response) => {
      this.requests.push(request.url ?? '');
      response.writeHead(this.status, { 'content-type': 'application/json' });
      response.end('{}');
    });
    server.on('upgrade', (request, socket, head) => {
      this.requests.push(request.url ?? '');
      this.web.handleUpgrade(request, socket, head, page => this.serve(page));
    });
  }

  static async start(): Promise<EngineServer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new EngineServer(server);
  }

  get settings(): ServerConnection.ISettings {
    const { port } = this.server.address() as AddressInfo;
    return ServerConnection.makeSettings({
      baseUrl: `http://127.0.0.1:${port}/jupyterlab/default/`,
      wsUrl: `ws://127.0.0.1:${port}/jupyterlab/default/`,
      token: 'a token',
      appendToken: true,
      fetch,
      Request,
      Headers,
      WebSocket
    });
  }

  get lastPage(): ServedPage {
    const page = this.pages.at(-1);
    if (page === undefined) {
      throw new Error('No page has connected.');
    }
    return page;
  }

  async stop(): Promise<void> {
    this.web.clients.forEach(client => client.terminate());
    this.sockets.forEach(socket => socket.destroy());
    this.server.close();
    await once(this.server, 'close');
  }

  private serve(socket: ServerSocket): void {
    const page = { rpc: openConnection(new ServerChannel(socket)), socket };
    this.pages.push(page);
    this.onPage(page);
    page.rpc.listen();
  }
}

export function greet(rpc: MessageConnection): void {
  rpc.onRequest(hello, () => ({ protocolVersion: PROTOCOL_VERSION, engineVersion: '1.2.3' }));
}
