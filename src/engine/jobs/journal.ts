import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { JobEvent } from './jobTypes';
import { writeAll } from '../disk';
import { isMissing, openForAppend, reasonOf } from './ownFiles';

const NEWLINE = 0x0a;
const READ_BYTES = 256 * 1024;
/** While the disk is full, events wait in memory; beyond this the least telling ones are dropped. */
const MAX_UNWRITTEN = 5000;
const RETRY_AFTER_MS = 5000;

/** Events of a kind that a later release adds keep their number and are handed on as they are. */
export function parseEvent(line: string): JobEvent | undefined {
  try {
    const value = JSON.parse(line) as Partial<JobEvent> | null;
    return typeof value === 'object' &&
      value !== null &&
      Number.isSafeInteger(value.seq) &&
      typeof value.at === 'string' &&
      typeof value.type === 'string'
      ? (value as JobEvent)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Reads whole lines from an offset on; what follows the last newline is left for the next time. */
export class JournalReader {
  private offset: number;

  constructor(
    private readonly path: string,
    offset = 0
  ) {
    this.offset = offset;
  }

  /** Bytes up to the end of the last whole line that was read. */
  get wholeBytes(): number {
    return this.offset;
  }

  /** The events that have come since the last call; lines that are not events are passed over. */
  async read(): Promise<JobEvent[]> {
    let file: FileHandle;
    try {
      file = await open(this.path, 'r');
    } catch (error) {
      if (isMissing(error)) {
        return [];
      }
      throw error;
    }
    const events: JobEvent[] = [];
    try {
      let rest = Buffer.alloc(0);
      for (;;) {
        const buffer = Buffer.alloc(READ_BYTES);
        const { bytesRead } = await file.read(buffer, 0, READ_BYTES, this.offset + rest.length);
        if (bytesRead === 0) {
          return events;
        }
        const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
        const end = bytes.lastIndexOf(NEWLINE) + 1;
        for (const line of bytes.toString('utf8', 0, end).split('\n')) {
          const event = line === '' ? undefined : parseEvent(line);
          if (event !== undefined) {
            events.push(event);
          }
        }
        this.offset += end;
        rest = bytes.subarray(end);
      }
    } finally {
      await file.close();
    }
  }
}

/** The events of a journal's last bytes, and whether those are all of it. */
export async function readTail(
  path: string,
  bytes: number
): Promise<{ events: JobEvent[]; whole: boolean }> {
  let size = 0;
  try {
    const file = await open(path, 'r');
    try {
      ({ size } = await file.stat());
    } finally {
      await file.close();
    }
  } catch (error) {
    if (!isMissing(error)) {
      throw error;
    }
  }
  const from = Math.max(0, size - bytes);
  // The first line may be cut; then it is not an event and passed over.
  return { events: await new JournalReader(path, from).read(), whole: from === 0 };
}

/**
 * The writing end of a journal; only the holder of the job's lease has one. Lines are written in their
 * order, those that come together in one go. When the disk takes no more, events wait in memory, the
 * work goes on, and the journal is made whole as soon as it can be.
 */
export class JournalWriter {
  private unwritten: { event: JobEvent; durable: boolean }[] = [];
  private writing: Promise<void> = Promise.resolve();
  private scheduled = false;
  private brokenAt: number | undefined;

  private constructor(
    private readonly file: FileHandle | undefined,
    private size: number,
    private readonly onBroken: (reason: string) => void
  ) {}

  /**
   * Opens a journal after its last whole line: a line that a crash or a full disk tore is cut off.
   * Without a path, all is kept in memory.
   */
  static async open(
    path: string | undefined,
    onBroken: (reason: string) => void
  ): Promise<{ writer: JournalWriter; events: JobEvent[] }> {
    if (path === undefined) {
      return { writer: new JournalWriter(undefined, 0, onBroken), events: [] };
    }
    const file = await openForAppend(path);
    try {
      const reader = new JournalReader(path);
      const events = await reader.read();
      if ((await file.stat()).size > reader.wholeBytes) {
        await file.truncate(reader.wholeBytes);
      }
      return { writer: new JournalWriter(file, reader.wholeBytes, onBroken), events };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Events that are not on the disk (yet), in their order. */
  get pending(): readonly JobEvent[] {
    return this.unwritten.map(({ event }) => event);
  }

  /** Hands an event over. A durable one is on the disk, and not only on its way, when `flush` resolves. */
  append(event: JobEvent, durable: boolean): void {
    this.unwritten.push({ event, durable });
    if (this.unwritten.length > MAX_UNWRITTEN) {
      const spare = this.unwritten.findIndex(waiting => !waiting.durable);
      this.unwritten.splice(Math.max(0, spare), 1);
    }
    if (!this.scheduled) {
      this.scheduled = true;
      this.writing = this.writing.then(() => {
        this.scheduled = false;
        return this.write();
      });
    }
  }

  /** Resolves when all that was handed over is written, or cannot be. Never rejects. */
  flush(): Promise<void> {
    return this.writing;
  }

  /** @param discard - what is not written yet; somebody else writes this journal by now. */
  async close(options: { discard?: boolean } = {}): Promise<void> {
    if (options.discard === true) {
      this.unwritten = [];
    }
    await this.flush();
    if (this.unwritten.length > 0) {
      this.brokenAt = undefined;
      await this.write();
    }
    await this.file?.close().catch(() => undefined);
  }

  private async write(): Promise<void> {
    const { file } = this;
    const waits = this.brokenAt !== undefined && Date.now() - this.brokenAt < RETRY_AFTER_MS;
    if (file === undefined || waits || this.unwritten.length === 0) {
      return;
    }
    const batch = [...this.unwritten];
    const bytes = Buffer.from(batch.map(({ event }) => `${JSON.stringify(event)}\n`).join(''));
    try {
      if (this.brokenAt !== undefined) {
        await file.truncate(this.size);
      }
      await writeAll(file, bytes);
      this.size += bytes.length;
      const written = new Set(batch);
      this.unwritten = this.unwritten.filter(waiting => !written.has(waiting));
      if (batch.some(({ durable }) => durable)) {
        await file.sync();
      }
      this.brokenAt = undefined;
    } catch (error) {
      const first = this.brokenAt === undefined;
      this.brokenAt = Date.now();
      await file.truncate(this.size).catch(() => undefined);
      if (first) {
        this.onBroken(reasonOf(error));
      }
    }
  }
}
