import type { Address } from './address';

/** One byte stream to a server, over TCP or TLS. Reading and writing go on side by side. */
export interface Connection {
  /** @returns how many bytes were put into `buffer`, at least one; null at the end of the stream. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** @returns how many bytes of the beginning of `bytes` were taken. */
  write(bytes: Uint8Array): Promise<number>;
  /** Ends pending reads and writes with an error. May be called more than once. */
  close(): void;
}

/** Opens a connection; rejects when the signal aborts. */
export type Dial = (address: Address, signal: AbortSignal) => Promise<Connection>;
