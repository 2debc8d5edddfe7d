import type { HubFileLocation } from '../hub';
import type { BytePipe } from './bytes';
import { judgePut, pipeFault } from './putAnswer';
import { judgeRange } from './rangeAnswer';
import type { AskedRange } from './rangeAnswer';
import type { PresignedPut } from './uploads';

export { networkCause } from './putAnswer';
export { LocationRefused } from './rangeAnswer';

/** A connection on which no byte moves for so long is given up. */
export const STALL_MS = 30_000;

export interface RangeTransfer extends AskedRange {
  location: HubFileLocation;
  put: PresignedPut;
}

export interface SendOptions {
  signal: AbortSignal;
  /** @default 30 000 */
  stallMs?: number;
  onBytes?: (count: number) => void;
}

/**
 * Moves bytes `[start, end)` of a file from the hub's CDN to a presigned S3 PUT.
 *
 * @returns the headers of S3's answer (ETag, checksum).
 * @throws TransientFault when another try may work, BedrockImportError otherwise.
 */
export async function sendRange(
  bytes: BytePipe,
  transfer: RangeTransfer,
  options: SendOptions
): Promise<Headers> {
  const { start, end, location, put } = transfer;
  try {
    const answer = await bytes.move(
      {
        get: {
          url: location.url,
          headers: {
            ...location.headers,
            range: `bytes=${start}-${end - 1}`,
            // A compressed body would not have the length that S3 is promised.
            'accept-encoding': 'identity'
          }
        },
        put,
        lengthBytes: end - start,
        judge: head => judgeRange(head, transfer)
      },
      { ...options, stallMs: options.stallMs ?? STALL_MS }
    );
    return judgePut(answer, transfer);
  } catch (error) {
    throw pipeFault(error);
  }
}
