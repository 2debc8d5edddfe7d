import type { PartMoverInputs } from './partMover';
import { withRetries } from './retry';

/** What one request sends. */
export interface SentPiece {
  path: string;
  /** 1-based part number of a multipart upload. */
  part?: number;
  lengthBytes: number;
}

/**
 * Sends one piece as often as it takes, and counts its bytes as they go: those of a try that failed are
 * taken back.
 *
 * @param attempt tells of the bytes that S3 has taken as it goes, where it sees them
 * @throws BedrockImportError what `attempt` throws beside TransientFault, `COPY_GAVE_UP`, `CANCELLED`
 */
export async function sendWithRetries<T>(
  inputs: PartMoverInputs,
  piece: SentPiece,
  attempt: (onBytes: (count: number) => void, number: number) => Promise<T>
): Promise<T> {
  const { meter, outages, stop, onRetry, onBusy } = inputs;
  const { path, part, lengthBytes } = piece;
  return withRetries(
    {
      subject: path,
      signal: stop.signal,
      outages,
      onBusy,
      onRetry: ({ attempt: number, waitMs, fault }) =>
        onRetry({
          path,
          ...(part === undefined ? {} : { part }),
          cause: fault.message,
          attempt: number,
          waitMs
        })
    },
    async number => {
      const tally = meter.begin(path, lengthBytes);
      try {
        const result = await attempt(count => {
          tally.add(count);
          outages?.alive();
        }, number);
        tally.done();
        return result;
      } catch (error) {
        tally.failed();
        throw error;
      }
    }
  );
}
