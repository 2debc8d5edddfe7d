import { open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { HubFile } from '../../hub';
import { ByteRanges } from './byteRanges';
import type { ByteRange } from './byteRanges';
import { blobName } from './cacheLayout';
import type { FilePlaces } from './cacheLayout';
import { hasListedContent } from './hashFile';
import { RangeRecord } from './rangeRecord';

/** So many bytes are written between two synchronisations at most: what a crash can cost. */
const SYNC_BYTES = 256 * 2 ** 20;
const SYNC_MS = 3000;

/** A file on its way to the disk: sparse, written at any place, continued after a crash. */
export class IncompleteFile {
  private there: ByteRanges;
  private unsynchronised = 0;
  private synchronisedAt = Date.now();
  private synchronising: Promise<void> = Promise.resolve();

  private constructor(
    private readonly file: HubFile,
    private readonly handle: FileHandle,
    private readonly record: RangeRecord
  ) {
    this.there = new ByteRanges(record.ranges);
  }

  static async open(places: FilePlaces, file: HubFile): Promise<IncompleteFile> {
    const { handle, created } = await openSparse(places.incomplete);
    try {
      const { size } = await handle.stat();
      if (created || size > file.sizeBytes) {
        await rm(places.ranges, { force: true });
      }
      const record = await RangeRecord.open(places.ranges, blobName(file), file.sizeBytes);
      // The bytes of a record that says more than the file holds were lost with the machine.
      if (record.ranges.some(({ end }) => end > size)) {
        await record.restart(blobName(file), file.sizeBytes);
        await record.close();
        await handle.close();
        return await IncompleteFile.open(places, file);
      }
      return new IncompleteFile(file, handle, record);
    } catch (error) {
      await handle.close().catch(() => undefined);
      throw error;
    }
  }

  /** Bytes that need not come again. */
  get bytesThere(): number {
    return this.there.totalBytes;
  }

  missing(pieceBytes: number): ByteRange[] {
    return this.there.missing(this.file.sizeBytes, pieceBytes);
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    // A disk that has little room left takes a part of a write.
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.handle.write(
        bytes,
        done,
        bytes.length - done,
        position + done
      );
      done += bytesWritten;
    }
    this.there.add({ start: position, end: position + bytes.length });
    this.unsynchronised += bytes.length;
    if (this.unsynchronised >= SYNC_BYTES || Date.now() - this.synchronisedAt >= SYNC_MS) {
      await this.synchronise();
    }
  }

  /** After it a crash does not cost what has been written. */
  async synchronise(): Promise<void> {
    this.unsynchronised = 0;
    this.synchronisedAt = Date.now();
    this.synchronising = this.synchronising
      .catch(() => undefined)
      .then(async () => {
        const ranges = this.there.toArray();
        await this.handle.datasync();
        await this.record.write(blobName(this.file), this.file.sizeBytes, ranges);
      });
    await this.synchronising;
  }

  async isRight(signal: AbortSignal): Promise<boolean> {
    return await hasListedContent(this.handle, this.file, signal);
  }

  /** Nothing of what has come counts any more. */
  async startOver(): Promise<void> {
    await this.synchronising.catch(() => undefined);
    this.there = new ByteRanges();
    await this.record.restart(blobName(this.file), this.file.sizeBytes);
    await this.handle.truncate(0);
  }

  /** Kept for a later run, as far as the disk still allows it. */
  async keep(): Promise<void> {
    await this.synchronise().catch(() => undefined);
    await this.close();
  }

  /** To be called before the file is given its final name. */
  async close(): Promise<void> {
    await this.synchronising.catch(() => undefined);
    await this.handle.close().catch(() => undefined);
    await this.record.close().catch(() => undefined);
  }
}

async function openSparse(path: string): Promise<{ handle: FileHandle; created: boolean }> {
  try {
    return { handle: await open(path, 'r+'), created: false };
  } catch {
    // The mode that the umask leaves is also what huggingface_hub gives its blobs.
    return { handle: await open(path, 'w+', 0o666), created: true };
  }
}
