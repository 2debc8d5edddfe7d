import {
  denoRuntime,
  type DenoAddress,
  type DenoConnection,
  type DenoListener
} from './denoRuntime';

/** A TCP relay in front of a server, able to cut a connection that the server has not answered. */
export interface Relay {
  readonly port: number;
  /** Cuts the client's connection that the server sees as coming from `remotePort`. */
  cut(remotePort: number): void;
  close(): void;
}

/**
 * Passes bytes on between new connections to `front` and the server behind it. Deno.serve always
 * answers something, and an upload that was answered with half a response head looks like a success;
 * only a connection that ends without an answer is a reset. Used when such a fault is asked for.
 */
export function startRelay(front: DenoAddress, behind: DenoAddress): Relay {
  const deno = denoRuntime();
  const listener: DenoListener = deno.listen(front);
  const clients = new Map<number, DenoConnection>();
  const close = (connection: DenoConnection) => {
    try {
      connection.close();
    } catch {
      // It was closed from the other side already.
    }
  };

  const pass = async (client: DenoConnection): Promise<void> => {
    let server: DenoConnection;
    try {
      server = await deno.connect(behind);
    } catch {
      close(client);
      return;
    }
    client.setNoDelay();
    server.setNoDelay();
    const port = server.localAddr.port;
    clients.set(port, client);
    // A side that ends its stream ends the other's (pipeTo closes it); an error ends both.
    await Promise.allSettled([
      client.readable.pipeTo(server.writable),
      server.readable.pipeTo(client.writable)
    ]);
    clients.delete(port);
    close(client);
    close(server);
  };

  void (async () => {
    try {
      for await (const client of listener) {
        void pass(client);
      }
    } catch {
      // The listener was closed: the sandbox ends.
    }
  })();

  return {
    port: listener.addr.port,
    cut: remotePort => {
      const client = clients.get(remotePort);
      if (client !== undefined) {
        close(client);
      }
    },
    close: () => {
      listener.close();
      for (const client of clients.values()) {
        close(client);
      }
    }
  };
}
