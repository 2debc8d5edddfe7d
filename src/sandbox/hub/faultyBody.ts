import { ConnectionResetError } from '../state';
import type { ByteSource } from './byteSource';

/** Small enough to stay in the processor's cache on its way, large enough that calls do not count. */
const CHUNK_BYTES = 256 * 1024;

/** What goes wrong with one body. Positions count from the start of the file. */
export interface BodyFaults {
  /** Nothing more comes from here on. */
  stop?: { at: number; how: 'reset' | 'stall' | 'truncate' };
  /** This byte has one bit wrong. */
  flipAt?: number;
  /** From here on the bytes are those of another file. */
  swapFrom?: number;
}

/** Streams the bytes `[start, end)`, a chunk at a time as the client takes them. */
export function streamBody(
  source: ByteSource,
  start: number,
  end: number,
  faults: BodyFaults
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { stop } = faults;
  const last = Math.min(end, stop?.at ?? end);
  let position = start;
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull: async controller => {
        try {
          if (stop !== undefined && position >= last) {
            return await stopBody(controller, stop.how, source);
          }
          const read = await source.read(position, Math.min(CHUNK_BYTES, last - position));
          if (read.length === 0) {
            throw new Error('The file became shorter while it was sent.');
          }
          const chunk = spoil(read, position, faults);
          position += read.length;
          controller.enqueue(chunk);
          if (position === end) {
            await source.close();
            controller.close();
          }
        } catch (error) {
          await source.close();
          controller.error(error);
        }
      },
      cancel: () => source.close()
    },
    { highWaterMark: 0 }
  );
}

async function stopBody(
  controller: ReadableStreamDefaultController,
  how: NonNullable<BodyFaults['stop']>['how'],
  source: ByteSource
): Promise<void> {
  if (how === 'stall') {
    // For ever, until the client gives up; `cancel` closes the source then.
    return new Promise(() => undefined);
  }
  if (how === 'reset') {
    throw new ConnectionResetError();
  }
  await source.close();
  // Fewer bytes than Content-Length says: the server closes the connection after them.
  controller.close();
}

/** The chunk as it is, or a copy with what is wrong in it. */
function spoil(
  chunk: Uint8Array<ArrayBuffer>,
  position: number,
  { flipAt, swapFrom }: BodyFaults
): Uint8Array<ArrayBuffer> {
  const end = position + chunk.length;
  const flips = flipAt !== undefined && flipAt >= position && flipAt < end;
  const swaps = swapFrom !== undefined && swapFrom < end;
  if (!flips && !swaps) {
    return chunk;
  }
  const copy = new Uint8Array(chunk);
  if (swaps) {
    for (let at = Math.max(0, swapFrom - position); at < copy.length; at++) {
      copy[at] = ~(copy[at] ?? 0);
    }
  }
  if (flips) {
    copy[flipAt - position] = (copy[flipAt - position] ?? 0) ^ 1;
  }
  return copy;
}
