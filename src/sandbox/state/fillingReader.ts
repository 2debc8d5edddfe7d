/** A reader that fills a buffer of the caller's before it comes back, except at the end. */
export interface FillingReader {
  read(
    view: Uint8Array<ArrayBuffer>,
    options: { min: number }
  ): Promise<{ done: boolean; value?: Uint8Array<ArrayBuffer> }>;
  cancel(reason?: unknown): Promise<void>;
}

/**
 * Reads a body in pieces of the caller's size: a request over TLS otherwise comes in pieces of
 * 16 KiB, each with its own way into JavaScript, which costs more than all else about it.
 *
 * @returns Undefined for streams that cannot: all in Node, and in Deno those that are not of bytes.
 */
export function fillingReader(body: ReadableStream<Uint8Array>): FillingReader | undefined {
  try {
    return 'Deno' in globalThis ? body.getReader({ mode: 'byob' }) : undefined;
  } catch {
    return undefined;
  }
}
