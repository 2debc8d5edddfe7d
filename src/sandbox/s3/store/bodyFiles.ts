import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import type { RunningHash } from '../checksums';

/** A run of bytes in one body file. */
export interface Extent {
  file: string;
  offset: number;
  length: number;
}

/** Large enough that the cost of a call does not count, small enough for 64 uploads at a time. */
const WRITE_BYTES = 512 * 1024;
const READ_BYTES = 256 * 1024;

/**
 * The bytes of objects and parts, in files that never change once they are written. Objects and
 * uploads share them by extents, so that completing an upload or copying an object moves no bytes;
 * a file goes when nothing holds it any more, a reader included.
 */
export class BodyFiles {
  private readonly holders = new Map<string, number>();

  constructor(readonly directory: string) {
    mkdirSync(directory, { recursive: true });
  }

  path(file: string): string {
    return join(this.directory, file);
  }

  hold(extents: readonly Extent[]): void {
    for (const { file } of extents) {
      this.holders.set(file, (this.holders.get(file) ?? 0) + 1);
    }
  }

  release(extents: readonly Extent[]): void {
    for (const { file } of extents) {
      const holders = (this.holders.get(file) ?? 0) - 1;
      if (holders > 0) {
        this.holders.set(file, holders);
      } else {
        this.holders.delete(file);
        void rm(this.path(file), { force: true });
      }
    }
  }

  /** Removes what an earlier run left unfinished. Only for the start, before anything is written. */
  removeUnheld(): void {
    for (const file of readdirSync(this.directory)) {
      if (!this.holders.has(file)) {
        rmSync(this.path(file), { force: true });
      }
    }
  }

  /** A new file; the caller owns it (one hold) once `finish` has resolved. */
  async create(options: {
    sizeHint?: number;
    hashes: readonly RunningHash[];
  }): Promise<BodyWriter> {
    const file = randomUUID();
    const handle = await open(this.path(file), 'wx');
    return new BodyWriter(this, file, handle, options);
  }

  /** Bytes [start, end) of what the extents make together. */
  stream(extents: readonly Extent[], start: number, end: number): ReadableStream<Uint8Array> {
    const pieces = slice(extents, start, end);
    this.hold(pieces);
    let handle: FileHandle | undefined;
    let index = 0;
    let position = 0;
    let closed = false;
    const close = async () => {
      if (!closed) {
        closed = true;
        this.release(pieces);
        await handle?.close();
      }
    };
    return new ReadableStream<Uint8Array>(
      {
        pull: async controller => {
          try {
            const piece = pieces[index];
            if (piece === undefined) {
              await close();
              controller.close();
              return;
            }
            handle ??= await open(this.path(piece.file), 'r');
            const buffer = new Uint8Array(Math.min(READ_BYTES, piece.length - position));
            const { bytesRead } = await handle.read(
              buffer,
              0,
              buffer.length,
              piece.offset + position
            );
            if (bytesRead === 0) {
              throw new Error(`A body file is shorter than its index says: ${piece.file}`);
            }
            position += bytesRead;
            if (position === piece.length) {
              await handle.close();
              handle = undefined;
              index += 1;
              position = 0;
            }
            controller.enqueue(
              bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead)
            );
            // Closing with the last bytes spares the reader one more round.
            if (index === pieces.length) {
              await close();
              controller.close();
            }
          } catch (error) {
            await close();
            controller.error(error);
          }
        },
        cancel: close
      },
      { highWaterMark: 0 }
    );
  }

  async read(extents: readonly Extent[], start: number, end: number): Promise<Uint8Array> {
    const whole = new Uint8Array(Math.max(0, end - start));
    let at = 0;
    for await (const chunk of this.stream(extents, start, end)) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole;
  }
}

/** The extents of bytes [start, end); no empty ones. */
export function slice(extents: readonly Extent[], start: number, end: number): Extent[] {
  const pieces: Extent[] = [];
  let before = 0;
  for (const { file, offset, length } of extents) {
    const from = Math.max(start, before);
    const to = Math.min(end, before + length);
    if (to > from) {
      pieces.push({ file, offset: offset + from - before, length: to - from });
    }
    before += length;
    if (before >= end) {
      break;
    }
  }
  return pieces;
}

/** Writes one body file: while one buffer is on its way to the disk, the other one fills. */
export class BodyWriter {
  private buffer: Uint8Array;
  private spare: Uint8Array | undefined;
  private used = 0;
  private written = 0;
  private pending: Promise<unknown> | undefined;

  constructor(
    private readonly files: BodyFiles,
    private readonly file: string,
    private readonly handle: FileHandle,
    private readonly options: { sizeHint?: number; hashes: readonly RunningHash[] }
  ) {
    const size = Math.min(WRITE_BYTES, Math.max(1, options.sizeHint ?? WRITE_BYTES));
    this.buffer = new Uint8Array(size);
  }

  async write(chunk: Uint8Array): Promise<void> {
    let at = 0;
    while (at < chunk.length) {
      const take = Math.min(this.buffer.length - this.used, chunk.length - at);
      this.buffer.set(chunk.subarray(at, at + take), this.used);
      this.used += take;
      at += take;
      if (this.used === this.buffer.length) {
        await this.flush();
      }
    }
  }

  async finish(): Promise<Extent> {
    try {
      await this.flush();
      await this.pending;
    } catch (error) {
      await this.discard();
      throw error;
    }
    await this.handle.close();
    const extent = { file: this.file, offset: 0, length: this.written };
    this.files.hold([extent]);
    return extent;
  }

  async discard(): Promise<void> {
    await this.pending?.catch(() => undefined);
    await this.handle.close();
    await rm(this.files.path(this.file), { force: true });
  }

  private async flush(): Promise<void> {
    if (this.used === 0) {
      return;
    }
    const full = this.buffer;
    const bytes = full.subarray(0, this.used);
    for (const hash of this.options.hashes) {
      hash.update(bytes);
    }
    await this.pending;
    this.pending = writeFully(this.handle, bytes);
    // Awaited by the next flush or by `finish`; this only keeps it from counting as unhandled.
    this.pending.catch(() => undefined);
    this.written += bytes.length;
    this.buffer = this.spare ?? new Uint8Array(full.length);
    this.spare = full;
    this.used = 0;
  }
}

/** Without a position, which would cost another call for each write. */
async function writeFully(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at);
    at += bytesWritten;
  }
}
