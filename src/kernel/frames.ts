import { writeSync } from 'node:fs';

import type { Frame } from './wire';

const STDOUT = 1;
const STDERR = 2;

/** POSIX: what is no longer than this is written to a pipe in one piece, whoever else writes there. */
const ATOMIC_BYTES = 4096;

/** Of a chunk: more of its frame follows, or this is its last. */
const MORE = '+';
const LAST = '.';

/**
 * Writes frames between what cells print. Each chunk begins with a mark that no cell knows, then `+` or
 * `.`, four hexadecimal digits for its length in bytes, and so many bytes of JSON.
 */
export class FrameWriter {
  private section = 0;

  /** @param mark at most 100 ASCII characters that nobody else prints */
  constructor(private readonly mark: string) {}

  send(frame: Frame): void {
    const body = Buffer.from(JSON.stringify(frame));
    const room = ATOMIC_BYTES - this.mark.length - 5;
    for (let at = 0; at < body.length; at += room) {
      const piece = body.subarray(at, at + room);
      const kind = at + room < body.length ? MORE : LAST;
      const length = piece.length.toString(16).padStart(4, '0');
      writeAll(STDOUT, Buffer.concat([Buffer.from(`${this.mark}${kind}${length}`), piece]));
    }
  }

  /** What is written to standard error meanwhile comes after all that was printed before. */
  inStderr<T>(write: () => T): T {
    this.section += 1;
    const section = this.section;
    this.send({ type: 'stderr', section });
    this.bracket('(', section);
    try {
      return write();
    } finally {
      this.bracket(')', section);
    }
  }

  /** Everything that was written to standard error before is of this cell. */
  endStderr(cell: number): void {
    this.bracket('!', cell);
  }

  private bracket(kind: '(' | ')' | '!', value: number): void {
    writeAll(
      STDERR,
      Buffer.from(`${this.mark}${kind}${(value >>> 0).toString(16).padStart(8, '0')}`)
    );
  }
}

/** A pipe takes as much as it has room for. */
export function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    at += writeSync(file, bytes, at);
  }
}
