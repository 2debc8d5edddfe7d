/** The TCP connection that a request came on. */
export interface SandboxConnection {
  /** The client's port; tells connections apart on loopback. */
  remotePort: number;
}

/** One service of the sandbox: a web-standard request in, a web-standard response out. */
export type SandboxHandler = (request: Request, connection: SandboxConnection) => Promise<Response>;

/**
 * Thrown by a handler that wants the connection to break without an answer. Inside a response body,
 * the stream is failed with it instead, and the connection breaks in the middle of the body.
 */
export class ConnectionResetError extends Error {
  override readonly name = 'ConnectionResetError';

  constructor(reason = 'The sandbox breaks this connection on purpose.') {
    super(reason);
  }
}
