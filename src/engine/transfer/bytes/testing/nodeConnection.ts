import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { ConnectionError, classifyConnectionFailure } from '../../../aws';
import type { Connection, Dial } from '../sockets/connection';

/** Connections over Node's sockets, so that the state machine can be tried in this process. */
export function dialNode(ca?: string): Dial {
  return async ({ hostname, port, secure, host }, signal) => {
    signal.throwIfAborted();
    const options = { host: hostname, port, allowHalfOpen: true };
    const socket = secure
      ? connectTls({ ...options, ca, ALPNProtocols: ['http/1.1'] })
      : connect(options);
    try {
      await once(socket, secure ? 'secureConnect' : 'connect', { signal });
    } catch (error) {
      socket.destroy();
      signal.throwIfAborted();
      throw new ConnectionError(host, classifyConnectionFailure(error) ?? 'ECONNRESET');
    }
    return new NodeConnection(socket);
  };
}

class NodeConnection implements Connection {
  private failure: Error | undefined;
  private ended = false;
  private wake: () => void = () => undefined;

  constructor(private readonly socket: Socket) {
    socket.on('readable', () => this.wake());
    socket.on('end', () => {
      this.ended = true;
      this.wake();
    });
    socket.on('error', error => {
      this.failure = error;
      this.wake();
    });
    socket.on('close', () => {
      this.failure ??= new Error('operation canceled');
      this.wake();
    });
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    for (;;) {
      const { readableLength } = this.socket;
      if (readableLength > 0) {
        const chunk = this.socket.read(Math.min(buffer.length, readableLength)) as Buffer;
        buffer.set(chunk);
        return chunk.length;
      }
      // Makes 'end' come where nothing is left.
      this.socket.read(0);
      if (this.ended) {
        return null;
      }
      if (this.failure !== undefined) {
        throw this.failure;
      }
      await new Promise<void>(resolve => (this.wake = resolve));
    }
  }

  async write(bytes: Uint8Array): Promise<number> {
    // Less than was offered, as Deno's sockets do.
    const taken = bytes.slice(0, 50_000);
    await new Promise<void>((resolve, reject) => {
      if (this.socket.destroyed) {
        reject(this.failure ?? new Error('operation canceled'));
        return;
      }
      // A write that is under way when the socket is destroyed calls back with an error too.
      this.socket.write(taken, error => (error ? reject(error) : resolve()));
    });
    return taken.length;
  }

  close(): void {
    this.socket.destroy();
  }
}
