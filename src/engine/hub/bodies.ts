import { throwIfCancelled } from '../errors';
import { discard, HubConnectionError } from './answers';
import { toConnectionError } from './errors';

const STALL_MS = 60_000;

/** The body held more bytes than it may. */
export class BodyTooLongError extends Error {
  override readonly name = 'BodyTooLongError';
}

/**
 * The whole body of an answer, of at most `maxBytes`.
 *
 * @throws BodyTooLongError at the first byte too many
 * @throws HubConnectionError when the body breaks off or stalls for a minute
 */
export async function readBody(
  response: Response,
  maxBytes: number,
  signal?: AbortSignal
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = response.body?.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const piece = await withinStallTime(reader?.read());
      if (piece === undefined || piece.done) {
        return joined(chunks, length);
      }
      length += piece.value.byteLength;
      if (length > maxBytes) {
        throw new BodyTooLongError(`more than ${maxBytes} bytes`);
      }
      chunks.push(piece.value);
    }
  } catch (error) {
    reader?.releaseLock();
    await discard(response);
    throwIfCancelled(signal);
    throw error instanceof BodyTooLongError ? error : toConnectionError(error);
  }
}

async function withinStallTime<T>(step: Promise<T> | undefined): Promise<T | undefined> {
  if (step === undefined) {
    return undefined;
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stalled = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new HubConnectionError(`no bytes for ${STALL_MS / 1000} s`, 'TIMEOUT')),
      STALL_MS
    );
  });
  try {
    return await Promise.race([step, stalled]);
  } finally {
    clearTimeout(timer);
  }
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}
