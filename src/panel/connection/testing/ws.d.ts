/** As much of `ws`, which comes with JupyterLab's packages but without types, as specs use. */
declare module 'ws' {
  import type { IncomingMessage } from 'node:http';
  import type { Duplex } from 'node:stream';

  export interface WebSocket {
    send(text: string): void;
    close(code?: number, reason?: string): void;
    terminate(): void;
    on(event: 'message', listener: (data: Uint8Array) => void): this;
    on(event: 'close', listener: () => void): this;
  }

  export class WebSocketServer {
    readonly clients: ReadonlySet<WebSocket>;
    constructor(options: { noServer: true });
    handleUpgrade(
      request: IncomingMessage,
      socket: Duplex,
      head: Uint8Array,
      onOpen: (socket: WebSocket) => void
    ): void;
  }
}
