import { createHash } from 'node:crypto';
import { cancelledError, throwIfCancelled } from '../../errors';
import type { FolderRoots } from './folderRoots';
import { withLocalFile } from './localFile';
import type { LocalFile } from './localFile';

/** The only memory that hashing takes. */
const READ_BYTES = 2 ** 20;

/**
 * Hex SHA-256 of a file, read in order.
 *
 * @param options.until waits until the file may be read up to this position, and gives the position up
 *   to which it may be read
 * @throws BedrockImportError `FILE_CHANGED`, `FOLDER_UNREADABLE`, `CANCELLED`
 */
export async function hashLocalFile(
  roots: FolderRoots,
  file: LocalFile,
  options: {
    signal?: AbortSignal;
    onBytes?: (count: number) => void;
    until?: (position: number) => Promise<number>;
  } = {}
): Promise<string> {
  const { signal, onBytes, until } = options;
  const hash = createHash('sha256');
  const buffer = new Uint8Array(Math.min(READ_BYTES, file.sizeBytes));
  await withLocalFile(roots, file, async reader => {
    let limit = until === undefined ? file.sizeBytes : 0;
    for (let position = 0; position < file.sizeBytes;) {
      while (limit <= position) {
        limit = (await until?.(position)) ?? file.sizeBytes;
      }
      throwIfCancelled(signal, file.path);
      const piece = buffer.subarray(0, Math.min(buffer.length, limit - position));
      await reader.fill(piece, position);
      hash.update(piece);
      position += piece.length;
      onBytes?.(piece.length);
    }
  });
  return hash.digest('hex');
}

/**
 * The hash of a file whose parts are on their way: it reads behind them, where the bytes are still in
 * the memory of the operating system, and never runs ahead.
 */
export class FollowingHash {
  private readAsFarAs = 0;
  private wake: (() => void) | undefined;
  private givenUp = false;
  private readonly result: Promise<string>;

  constructor(roots: FolderRoots, file: LocalFile, signal: AbortSignal) {
    this.result = hashLocalFile(roots, file, {
      signal,
      until: async position => {
        if (this.readAsFarAs <= position) {
          await new Promise<void>(resolve => (this.wake = resolve));
        }
        if (this.givenUp) {
          throw cancelledError(file.path);
        }
        return this.readAsFarAs;
      }
    });
    // Whoever asks for it gets the failure; nobody may.
    this.result.catch(() => undefined);
  }

  /** Bytes up to this position have been read for a part. */
  advance(end: number): void {
    this.readAsFarAs = Math.max(this.readAsFarAs, end);
    this.wake?.();
  }

  giveUp(): void {
    this.givenUp = true;
    this.wake?.();
  }

  value(sizeBytes: number): Promise<string> {
    this.advance(sizeBytes);
    return this.result;
  }
}
