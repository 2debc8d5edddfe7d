import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

export interface Heard {
  method: string;
  target: string;
  headers: Record<string, string>;
  /** Number of the connection, from 1, and of the request on it, from 1. */
  connection: number;
  turn: number;
  socket: Socket;
  /** Reads as many bytes of the body as were announced, or `count`. Nothing is read before. */
  body(count?: number): Promise<Buffer>;
}

export interface HostileServer {
  url: string;
  port: number;
  heard: Heard[];
  opened: number;
  sockets: Set<Socket>;
  /** Resolves when no connection is open any more; rejects when some stay. */
  emptied(): Promise<void>;
  /** Reads on where the answers do not, because only a socket that is read shows that it was closed. */
  drain(): void;
  stop(): Promise<void>;
}

/** A server that sends whatever the spec writes to the socket, and reads only what it is told to. */
export async function hostileServer(
  answer: (heard: Heard) => unknown,
  tls?: { key: string; certificate: string },
  host = '127.0.0.1'
): Promise<HostileServer> {
  const sockets = new Set<Socket>();
  const serve = async (socket: Socket, connection: number): Promise<void> => {
    const chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    let rest = Buffer.alloc(0);
    const more = async (): Promise<void> => {
      const { done, value } = await chunks.next();
      if (done === true) {
        throw new Error('the client left');
      }
      rest = Buffer.concat([rest, value]);
    };
    for (let turn = 1; ; turn++) {
      while (!rest.includes('\r\n\r\n')) {
        await more();
      }
      const end = rest.indexOf('\r\n\r\n');
      const [first = '', ...lines] = rest.subarray(0, end).toString('latin1').split('\r\n');
      rest = rest.subarray(end + 4);
      const [method = '', target = ''] = first.split(' ');
      const headers = Object.fromEntries(lines.map(line => line.split(/: (.*)/s)));
      const heard: Heard = {
        method,
        target,
        headers,
        connection,
        turn,
        socket,
        body: async (count = Number(headers['content-length'] ?? 0)) => {
          const pieces: Buffer[] = [];
          for (let missing = count; missing > 0;) {
            if (rest.length === 0) {
              await more();
            }
            const piece = rest.subarray(0, missing);
            rest = rest.subarray(piece.length);
            missing -= piece.length;
            pieces.push(piece);
          }
          return Buffer.concat(pieces);
        }
      };
      server.heard.push(heard);
      await answer(heard);
    }
  };
  const accept = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    server.opened++;
    serve(socket, server.opened).catch(() => socket.end());
  };
  const listener: Server =
    tls === undefined
      ? createServer({ allowHalfOpen: true }, accept)
      : createTlsServer(
          {
            key: tls.key,
            cert: tls.certificate,
            ALPNProtocols: ['h2', 'http/1.1'],
            allowHalfOpen: true
          },
          accept
        );
  const raw = new Set<Socket>();
  listener.on('connection', (socket: Socket) => {
    raw.add(socket);
    socket.on('close', () => raw.delete(socket));
  });
  await new Promise<void>(resolve => listener.listen(0, host, resolve));
  const { port } = listener.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  const server: HostileServer = {
    url: `${tls === undefined ? 'http' : 'https'}://${name}:${port}`,
    port,
    heard: [],
    opened: 0,
    sockets,
    emptied: async () => {
      for (let turn = 0; sockets.size > 0; turn++) {
        if (turn === 500) {
          throw new Error(`${sockets.size} connections are still open`);
        }
        await new Promise(resolve => setTimeout(resolve, 10));
      }
    },
    drain: () => {
      sockets.forEach(socket => {
        socket.removeAllListeners('readable').resume();
        socket.on('end', () => socket.destroy());
      });
    },
    stop: async () => {
      raw.forEach(socket => socket.destroy());
      await new Promise(resolve => listener.close(resolve));
    }
  };
  return server;
}
