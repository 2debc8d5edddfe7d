import { ConnectionError, classifyConnectionFailure } from '../../../aws';
import type { Address } from './address';
import type { Connection } from './connection';

interface DenoConn {
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

interface DenoTcpConn extends DenoConn {
  setNoDelay(on: boolean): void;
}

interface DenoTlsConn extends DenoConn {
  handshake(): Promise<unknown>;
}

/** What of Deno's sockets is used. */
export interface DenoSockets {
  connect(options: { hostname: string; port: number; signal: AbortSignal }): Promise<DenoTcpConn>;
  startTls(
    connection: DenoTcpConn,
    options: { hostname: string; alpnProtocols: string[] }
  ): Promise<DenoTlsConn>;
}

/** For the TCP connection, over whichever address answers, and the TLS handshake together. */
const CONNECT_MS = 10_000;

export function denoSockets(): DenoSockets | undefined {
  return (globalThis as { Deno?: DenoSockets }).Deno;
}

/**
 * Connects with the trust of Deno's fetch: both use the roots of `DENO_TLS_CA_STORE` and the file of
 * `DENO_CERT`. Deno tries IPv6 and IPv4 addresses side by side. Only HTTP/1.1 is offered.
 *
 * @throws ConnectionError; the reason of the signal when it aborts.
 */
export async function dialDeno(
  deno: DenoSockets,
  address: Address,
  signal: AbortSignal
): Promise<Connection> {
  const { hostname, port, secure, host } = address;
  signal.throwIfAborted();
  const stop = new AbortController();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    stop.abort();
  }, CONNECT_MS);
  const onAbort = (): void => stop.abort();
  signal.addEventListener('abort', onAbort, { once: true });
  let open: DenoConn | undefined;
  // A handshake has no signal of its own.
  stop.signal.addEventListener('abort', () => closeQuietly(open), { once: true });
  try {
    const plain = await deno.connect({ hostname, port, signal: stop.signal });
    open = plain;
    plain.setNoDelay(true);
    if (secure) {
      const encrypted = await deno.startTls(plain, { hostname, alpnProtocols: ['http/1.1'] });
      open = encrypted;
      stop.signal.throwIfAborted();
      await encrypted.handshake();
    }
    stop.signal.throwIfAborted();
    return wrap(open);
  } catch (error) {
    closeQuietly(open);
    signal.throwIfAborted();
    const failure = late ? 'ETIMEDOUT' : classifyConnectionFailure(error);
    throw new ConnectionError(host, failure ?? 'ECONNRESET');
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

function wrap(connection: DenoConn): Connection {
  return {
    read: buffer => connection.read(buffer),
    write: bytes => connection.write(bytes),
    close: () => closeQuietly(connection)
  };
}

function closeQuietly(connection: DenoConn | undefined): void {
  try {
    connection?.close();
  } catch {
    // It was closed before.
  }
}
