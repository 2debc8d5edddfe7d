import { rename, rm } from 'node:fs/promises';
import { toDiskError } from '../../disk';
import { BedrockImportError, cancelledError, throwIfCancelled } from '../../errors';
import { readHubFile } from '../../hub';
import type { HubFile } from '../../hub';
import { TransientFault } from '../retry';
import type { Slots } from '../slots';
import { findVerified, pointTo, prepareFolders } from './cacheEntry';
import { blobsFolder, placesOf } from './cacheLayout';
import type { CachedModel } from './cacheLayout';
import { fetchRange } from './fetchRange';
import type { RangeFetchInputs } from './fetchRange';
import { lockFile } from './fileLock';
import { IncompleteFile } from './incompleteFile';

/** What one request asks for: what a broken connection can cost is far less, see `fetchRange`. */
const RANGE_BYTES = 32 * 2 ** 20;
/** Up to here a file comes in one piece through memory. */
const IN_MEMORY_BYTES = 2 ** 20;
/** A file whose hash is wrong is fetched so often before it is given up. */
const MAX_ROUNDS = 3;

export interface FileDownloadInputs extends RangeFetchInputs {
  cache: CachedModel;
  /** Requests at the same time, of all files together. */
  slots: Slots;
  /** Bytes that came to be on the disk, or (negative) had to be given up. */
  onBytes: (path: string, bytes: number) => void;
  /** Bytes that were written just now. */
  onWritten?: (bytes: number) => void;
  onWait?: (wait: { reason: string; waitedMs: number }) => void;
}

export interface DownloadedFile {
  /** To be read from here; absolute. */
  path: string;
  /** True where nothing had to come from the hub. */
  cached: boolean;
}

/**
 * Sees to it that the cache holds a file, bit by bit: what is there is kept once its hash was found
 * right, anything else comes from the hub. No file gets its final name before its hash was right.
 *
 * @throws BedrockImportError `HUB_FILE_MISMATCH`, `HUB_LISTING_INVALID`, those of `fetchRange` and
 *   `toDiskError`, `CANCELLED`
 */
export async function downloadFile(
  inputs: FileDownloadInputs,
  file: HubFile
): Promise<DownloadedFile> {
  const { cache, signal } = inputs;
  const places = placesOf(cache, file);
  let neededBytes = file.sizeBytes;
  try {
    await prepareFolders(cache, places);
    const lock = await lockFile(places.lock, {
      signal,
      onWait: waitedMs =>
        inputs.onWait?.({
          reason: `another program is downloading ${file.path} to the same cache`,
          waitedMs
        })
    });
    try {
      const found = await findVerified(places, file, signal);
      if (found !== undefined) {
        inputs.onBytes(file.path, file.sizeBytes);
        // A snapshot without links holds its files itself.
        const path = found === places.blob ? await pointTo(places) : found;
        return { path, cached: true };
      }
      const incomplete = await IncompleteFile.open(places, file);
      try {
        await fillAndVerify(inputs, file, incomplete);
      } catch (error) {
        neededBytes = file.sizeBytes - incomplete.bytesThere;
        await incomplete.keep();
        throw error;
      }
      await incomplete.close();
      await rename(places.incomplete, places.blob);
      await rm(places.ranges, { force: true });
      return { path: await pointTo(places), cached: false };
    } finally {
      lock.release();
    }
  } catch (error) {
    throwIfCancelled(signal, file.path, error);
    throw await toDiskError(error, {
      folder: blobsFolder(cache),
      subject: file.path,
      neededBytes
    });
  }
}

async function fillAndVerify(
  inputs: FileDownloadInputs,
  file: HubFile,
  incomplete: IncompleteFile
): Promise<void> {
  inputs.onBytes(file.path, incomplete.bytesThere);
  for (let round = 1; ; round++) {
    await fill(inputs, file, incomplete);
    if (await incomplete.isRight(inputs.signal)) {
      await incomplete.synchronise();
      return;
    }
    inputs.onBytes(file.path, -incomplete.bytesThere);
    await incomplete.startOver();
    if (round >= MAX_ROUNDS) {
      throw fileMismatch(file);
    }
    const fault = new TransientFault('the file on disk does not have the hash that the hub lists');
    inputs.onRetry(file.path, { attempt: round, waitMs: 0, fault });
  }
}

async function fill(
  inputs: FileDownloadInputs,
  file: HubFile,
  incomplete: IncompleteFile
): Promise<void> {
  const { slots, onBytes } = inputs;
  const sink = async (bytes: Uint8Array, position: number): Promise<void> => {
    await incomplete.write(bytes, position);
    onBytes(file.path, bytes.length);
    inputs.onWritten?.(bytes.length);
  };
  if (file.sizeBytes > 0 && file.sizeBytes <= IN_MEMORY_BYTES && incomplete.bytesThere === 0) {
    await slots.within(async () => {
      const { hub, model, signal, outages } = inputs;
      const read = (): Promise<Uint8Array> => readHubFile(hub, model, file.path, { signal });
      const bytes = await (outages?.through(read) ?? read());
      await sink(bytes, 0);
    });
    return;
  }
  // The first failure ends the other ranges too: what they have written stays.
  const stop = new AbortController();
  const signal = AbortSignal.any([inputs.signal, stop.signal]);
  let failure: { error: unknown } | undefined;
  await Promise.all(
    incomplete.missing(RANGE_BYTES).map(range =>
      slots.within(async () => {
        if (failure !== undefined) {
          return;
        }
        try {
          await fetchRange({ ...inputs, signal }, file, range, sink);
        } catch (error) {
          failure ??= { error };
          stop.abort();
        }
      })
    )
  );
  if (failure !== undefined) {
    throw inputs.signal.aborted && !(failure.error instanceof BedrockImportError)
      ? cancelledError(file.path, failure.error)
      : failure.error;
  }
}

function fileMismatch(file: HubFile): BedrockImportError {
  return new BedrockImportError({
    code: 'HUB_FILE_MISMATCH',
    message: `What the hub sends does not have the hash that it lists; it was fetched ${MAX_ROUNDS} times.`,
    subject: file.path,
    nextStep:
      'Nothing wrong was kept. If a proxy stands between here and the hub, go around it; else report the file to the hub.'
  });
}
