import { classifyConnectionFailure, ConnectionError, isErrorLike } from '../../../aws';
import type { Address } from './address';
import type { Connection } from './connection';

/** The stream broke or ended where it should not have. */
export class BrokenError extends ConnectionError {}

/**
 * A connection that carries one request after the other. While it waits for an answer, or for its next
 * request, a read is always under way, so that an early answer and a server that leaves are seen at once.
 */
export class Link {
  /** It has carried a request before, so the server may have given it up just now. */
  reused = false;
  idleSinceMs = 0;
  private closed = false;
  private readonly first = new Uint8Array(16_384);
  private listening: Promise<number | null> | undefined;

  constructor(
    readonly address: Address,
    private readonly connection: Connection
  ) {}

  /** Begins to wait for whatever the server says next. Resolves when it has said something. */
  listen(): Promise<void> {
    if (this.listening === undefined) {
      this.listening = this.connection.read(this.first);
    }
    // Whoever reads sees the error; nobody may be left to.
    return this.listening.then(
      () => undefined,
      () => undefined
    );
  }

  /**
   * Reads until `atLeast` bytes are there: TLS gives them out by records of 16 KiB, and to pass on each
   * alone costs more than the copying.
   *
   * @returns what came, mostly as a view of `buffer`; null at the end.
   */
  async read(buffer: Uint8Array, onRead: () => void, atLeast = 1): Promise<Uint8Array | null> {
    let filled = 0;
    try {
      if (this.listening !== undefined) {
        const count = await this.listening;
        this.listening = undefined;
        onRead();
        return count === null ? null : this.first.subarray(0, count);
      }
      while (filled < atLeast) {
        const count = await this.connection.read(filled === 0 ? buffer : buffer.subarray(filled));
        if (count === null) {
          break;
        }
        onRead();
        filled += count;
      }
    } catch (error) {
      // A TLS peer that leaves without saying so: what is missing shows in the length of the body.
      if (!(isErrorLike(error) && error.name === 'UnexpectedEof')) {
        throw this.failure(error);
      }
    }
    return filled === 0 ? null : buffer.subarray(0, filled);
  }

  async write(bytes: Uint8Array, onWritten?: (count: number) => void): Promise<void> {
    try {
      for (let rest = bytes; rest.length > 0;) {
        const count = await this.connection.write(rest);
        onWritten?.(count);
        rest = rest.subarray(count);
      }
    } catch (error) {
      throw this.failure(error);
    }
  }

  broken(): BrokenError {
    return new BrokenError(this.address.host, 'ECONNRESET');
  }

  close(): void {
    if (!this.closed) {
      this.closed = true;
      this.connection.close();
    }
  }

  private failure(error: unknown): BrokenError {
    return new BrokenError(this.address.host, classifyConnectionFailure(error) ?? 'ECONNRESET');
  }
}
