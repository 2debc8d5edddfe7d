import type { AwsClients } from '../../aws';
import { ArchiveFault } from './archiveErrors';
import { readObjectBytes } from './objectBytes';
import type { ObjectVersion, ReadOptions } from './objectBytes';
import { unpackBytes } from './unpackedBytes';
import type { Packing } from './unpackedBytes';

/** In an archive that is not packed, a gap of this size is not read but left out. */
const WORTH_A_REQUEST_BYTES = 8 * 2 ** 20;

/**
 * Reads an unpacked archive at places that go forward. A place behind the last one costs another
 * reading from the archive's beginning, unless the archive is not packed.
 */
export class MemberReader {
  /** How often the archive was read from a new place. */
  passes = 0;
  private packing: Packing | undefined;
  private pass: { pieces: AsyncGenerator<Uint8Array>; stop: AbortController } | undefined;
  private position = 0;
  private rest: Uint8Array = new Uint8Array(0);

  constructor(
    private readonly aws: AwsClients,
    private readonly object: ObjectVersion,
    private readonly options: ReadOptions
  ) {}

  /**
   * Fills `target` with the bytes that begin at `start` of the unpacked archive.
   *
   * @throws ArchiveFault when the archive ends before, and what reading the object throws
   */
  async fill(start: number, target: Uint8Array): Promise<void> {
    const far = this.packing === 'none' && start - this.position > WORTH_A_REQUEST_BYTES;
    if (this.pass === undefined || start < this.position || far) {
      await this.open(start);
    }
    let filled = 0;
    while (filled < target.length) {
      if (this.rest.length === 0) {
        await this.next();
      }
      const gap = Math.min(start - this.position, this.rest.length);
      if (gap > 0) {
        this.use(gap);
        continue;
      }
      const count = Math.min(target.length - filled, this.rest.length);
      target.set(this.rest.subarray(0, count), filled);
      filled += count;
      this.use(count);
      start += count;
    }
  }

  /** Lets the connection go; the next `fill` makes a new one. */
  async close(): Promise<void> {
    const { pass } = this;
    this.pass = undefined;
    this.rest = new Uint8Array(0);
    pass?.stop.abort();
    await pass?.pieces.return(undefined).catch(() => undefined);
  }

  private use(count: number): void {
    this.rest = this.rest.subarray(count);
    this.position += count;
  }

  private async next(): Promise<void> {
    const piece = await this.pass?.pieces.next();
    if (piece === undefined || piece.done === true) {
      throw new ArchiveFault(
        'ARCHIVE_DAMAGED',
        `The archive ends after ${this.position} unpacked bytes, before the last file that is in its index.`
      );
    }
    this.rest = piece.value;
  }

  private async open(start: number): Promise<void> {
    await this.close();
    this.passes++;
    const stop = new AbortController();
    const signal = AbortSignal.any([this.options.signal, stop.signal]);
    this.position = this.packing === 'none' ? start : 0;
    const bytes = readObjectBytes(this.aws, this.object, this.position, {
      ...this.options,
      signal
    });
    const pieces =
      this.packing === 'none' ? bytes : unpackBytes(bytes, packing => (this.packing = packing));
    this.pass = { pieces, stop };
  }
}
