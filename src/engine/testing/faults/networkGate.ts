import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** A relay in front of a server on loopback, which can be cut and frozen as a network is. */
export class NetworkGate {
  private readonly server: Server;
  private readonly pairs = new Set<[Socket, Socket]>();
  private state: 'open' | 'cut' | 'frozen' = 'open';

  private constructor(private readonly target: { host: string; port: number }) {
    this.server = createServer(client => this.relay(client));
  }

  /** Relays to the host and port of a URL. */
  static async inFrontOf(url: string): Promise<NetworkGate> {
    const { hostname, port } = new URL(url);
    const gate = new NetworkGate({ host: hostname, port: Number(port) });
    await new Promise<void>(resolve => gate.server.listen(0, '127.0.0.1', resolve));
    return gate;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Every connection breaks, and new ones do. */
  cut(): void {
    this.state = 'cut';
    this.pairs.forEach(pair => pair.forEach(socket => socket.destroy()));
  }

  /** Nothing moves any more, and nobody is told. */
  freeze(): void {
    this.state = 'frozen';
    this.pairs.forEach(([client, upstream]) => {
      client.unpipe(upstream).pause();
      upstream.unpipe(client).pause();
    });
  }

  open(): void {
    this.state = 'open';
    this.pairs.forEach(([client, upstream]) => {
      client.pipe(upstream);
      upstream.pipe(client);
    });
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>(resolve => this.server.close(() => resolve()));
  }

  private relay(client: Socket): void {
    if (this.state === 'cut') {
      client.destroy();
      return;
    }
    const upstream = connect(this.target);
    const pair: [Socket, Socket] = [client, upstream];
    this.pairs.add(pair);
    for (const socket of pair) {
      socket.on('error', () => pair.forEach(each => each.destroy()));
      socket.on('close', () => {
        this.pairs.delete(pair);
        pair.forEach(each => each.destroy());
      });
    }
    if (this.state === 'open') {
      client.pipe(upstream);
      upstream.pipe(client);
    }
  }
}
