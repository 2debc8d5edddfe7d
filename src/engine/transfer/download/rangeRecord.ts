import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { ByteRanges } from './byteRanges';
import type { ByteRange } from './byteRanges';

const VERSION = 1;
const SLOT_BYTES = 8192;
/** What fits into a slot with the longest numbers; of more ranges the largest are kept. */
const MOST_RANGES = 200;

/**
 * Says which ranges of an incomplete file are safely on disk. Two slots of fixed size are written in
 * turn, each with its own hash: one that was torn by a crash is passed over for the one before it, and
 * because their blocks exist from the start a full disk cannot keep the last word from being written.
 */
export class RangeRecord {
  private constructor(
    private readonly handle: FileHandle,
    private sequence: number,
    /** As they were when the record was opened. */
    readonly ranges: readonly ByteRange[]
  ) {}

  /** @param blob Hash of the file, so that a record under a wrong name is not believed. */
  static async open(path: string, blob: string, sizeBytes: number): Promise<RangeRecord> {
    const handle = await openOrCreate(path);
    try {
      const found = await readNewest(handle, blob, sizeBytes);
      const record = new RangeRecord(handle, found?.sequence ?? 0, found?.ranges ?? []);
      if (found === undefined) {
        await record.restart(blob, sizeBytes);
      }
      return record;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** The ranges of a record, without making one. */
  static async peek(path: string, blob: string, sizeBytes: number): Promise<ByteRange[]> {
    const handle = await open(path, 'r').catch(() => undefined);
    try {
      return handle === undefined
        ? []
        : ((await readNewest(handle, blob, sizeBytes))?.ranges ?? []);
    } finally {
      await handle?.close();
    }
  }

  /** Nothing is there any more. */
  async restart(blob: string, sizeBytes: number): Promise<void> {
    await this.write(blob, sizeBytes, []);
    await this.write(blob, sizeBytes, []);
  }

  /** Only for ranges whose bytes were synchronised before. */
  async write(blob: string, sizeBytes: number, ranges: readonly ByteRange[]): Promise<void> {
    const kept =
      ranges.length <= MOST_RANGES
        ? ranges
        : [...ranges]
            .sort((a, b) => b.end - b.start - (a.end - a.start))
            .slice(0, MOST_RANGES)
            .sort((a, b) => a.start - b.start);
    const sequence = this.sequence + 1;
    const text = JSON.stringify({
      version: VERSION,
      sequence,
      blob,
      sizeBytes,
      ranges: kept.map(({ start, end }) => [start, end])
    });
    const slot = Buffer.alloc(SLOT_BYTES, ' ');
    slot.write(`${digest(text)} ${text}`, 'utf8');
    await this.handle.write(slot, 0, slot.length, (sequence % 2) * SLOT_BYTES);
    await this.handle.datasync();
    this.sequence = sequence;
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

async function openOrCreate(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+');
  } catch {
    return await open(path, 'w+', 0o666);
  }
}

interface Slot {
  sequence: number;
  ranges: ByteRange[];
}

async function readNewest(
  handle: FileHandle,
  blob: string,
  sizeBytes: number
): Promise<Slot | undefined> {
  const both = Buffer.alloc(2 * SLOT_BYTES);
  const { bytesRead } = await handle.read(both, 0, both.length, 0);
  const slots = [0, 1]
    .map(index => both.subarray(index * SLOT_BYTES, Math.min((index + 1) * SLOT_BYTES, bytesRead)))
    .map(slot => parseSlot(slot.toString('utf8'), blob, sizeBytes))
    .filter(slot => slot !== undefined);
  return slots.sort((a, b) => b.sequence - a.sequence)[0];
}

function parseSlot(slot: string, blob: string, sizeBytes: number): Slot | undefined {
  const text = slot.slice(65).trimEnd();
  if (text === '' || slot.slice(0, 64) !== digest(text)) {
    return undefined;
  }
  const value = JSON.parse(text) as {
    version: number;
    sequence: number;
    blob: string;
    sizeBytes: number;
    ranges: [number, number][];
  };
  if (value.version !== VERSION || value.blob !== blob || value.sizeBytes !== sizeBytes) {
    return undefined;
  }
  const ranges = new ByteRanges(value.ranges.map(([start, end]) => ({ start, end })));
  return { sequence: value.sequence, ranges: ranges.toArray() };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
