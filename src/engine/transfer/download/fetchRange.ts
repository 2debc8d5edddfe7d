import { forgetLocation } from '../../hub';
import type { HubClient, HubFile, HubModel } from '../../hub';
import type { BytePipe } from '../bytes';
import { locateOnHub } from '../hubSource';
import type { Outages } from '../outages';
import { pipeFault } from '../putAnswer';
import { judgeRange, LocationRefused } from '../rangeAnswer';
import { TransientFault, withRetries } from '../retry';
import type { RetryNotice } from '../retry';
import { STALL_MS } from '../sendRange';
import type { ByteRange } from './byteRanges';

/** Small pieces from the network are joined, because each write has its price. */
const BUFFER_BYTES = 2 ** 20;
/** A try that brought this much counts as a success, however it ended. */
const PROGRESS_BYTES = 2 ** 20;

export interface RangeFetchInputs {
  hub: HubClient;
  model: HubModel;
  pipe: BytePipe;
  signal: AbortSignal;
  onRetry: (path: string, notice: RetryNotice) => void;
  /** Where all requests wait together while the network is gone. */
  outages?: Outages;
}

/**
 * Brings one range of a file to a sink, whatever passes on the way; what has come before a connection
 * broke does not come again.
 *
 * @param sink What it throws ends the range.
 * @throws BedrockImportError those of the hub, `COPY_GAVE_UP`, `CANCELLED`, and what `sink` throws
 */
export async function fetchRange(
  inputs: RangeFetchInputs,
  file: HubFile,
  range: ByteRange,
  sink: (bytes: Uint8Array, position: number) => Promise<void>
): Promise<void> {
  const { signal, onRetry, outages } = inputs;
  let position = range.start;
  while (position < range.end) {
    await withRetries(
      { subject: file.path, signal, outages, onRetry: notice => onRetry(file.path, notice) },
      async () => {
        const before = position;
        try {
          await readOnce(inputs, file, { start: position, end: range.end }, async bytes => {
            await sink(bytes, position);
            position += bytes.length;
          });
        } catch (error) {
          const transient = error instanceof TransientFault;
          if (!transient || position - before < PROGRESS_BYTES || signal.aborted) {
            throw error;
          }
          onRetry(file.path, { attempt: 1, waitMs: 0, fault: error });
        }
      }
    );
  }
}

async function readOnce(
  inputs: RangeFetchInputs,
  file: HubFile,
  range: ByteRange,
  sink: (bytes: Uint8Array) => Promise<void>
): Promise<void> {
  const { hub, model, pipe, signal, outages } = inputs;
  const location = await locateOnHub(inputs, file.path);
  const buffer = new Uint8Array(Math.min(BUFFER_BYTES, range.end - range.start));
  let filled = 0;
  let sinkFailure: { error: unknown } | undefined;
  const flush = async (): Promise<void> => {
    const bytes = buffer.subarray(0, filled);
    filled = 0;
    try {
      await sink(bytes);
    } catch (error) {
      sinkFailure = { error };
      throw error;
    }
  };
  try {
    await pipe.read(
      {
        url: location.url,
        headers: {
          ...location.headers,
          range: `bytes=${range.start}-${range.end - 1}`,
          // A compressed body would not have the length of the range.
          'accept-encoding': 'identity'
        },
        lengthBytes: range.end - range.start,
        judge: head => judgeRange(head, { path: file.path, sizeBytes: file.sizeBytes, ...range })
      },
      async chunk => {
        outages?.alive();
        for (let taken = 0; taken < chunk.length;) {
          const count = Math.min(chunk.length - taken, buffer.length - filled);
          buffer.set(chunk.subarray(taken, taken + count), filled);
          taken += count;
          filled += count;
          if (filled === buffer.length) {
            await flush();
          }
        }
      },
      { signal, stallMs: STALL_MS }
    );
    if (filled > 0) {
      await flush();
    }
  } catch (error) {
    if (sinkFailure !== undefined) {
      throw sinkFailure.error;
    }
    if (filled > 0 && !signal.aborted) {
      await flush();
    }
    if (error instanceof LocationRefused) {
      await forgetLocation(hub, model, file.path, location);
    }
    throw pipeFault(error);
  }
}
