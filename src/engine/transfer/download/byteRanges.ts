/** Bytes `[start, end)` of a file. */
export interface ByteRange {
  start: number;
  end: number;
}

/** Ranges of one file that are there; neighbours are joined. */
export class ByteRanges {
  /** In order, apart from each other. */
  private list: ByteRange[] = [];

  constructor(ranges: Iterable<ByteRange> = []) {
    for (const range of ranges) {
      this.add(range);
    }
  }

  add(range: ByteRange): void {
    if (range.end <= range.start) {
      return;
    }
    const before = this.list.filter(({ end }) => end < range.start);
    const after = this.list.filter(({ start }) => start > range.end);
    const joined = this.list.slice(before.length, this.list.length - after.length);
    const start = Math.min(range.start, joined[0]?.start ?? range.start);
    const end = Math.max(range.end, joined.at(-1)?.end ?? range.end);
    this.list = [...before, { start, end }, ...after];
  }

  get totalBytes(): number {
    return this.list.reduce((sum, { start, end }) => sum + end - start, 0);
  }

  toArray(): ByteRange[] {
    return this.list.map(range => ({ ...range }));
  }

  /** What is not there of `[0, sizeBytes)`, in pieces of at most `pieceBytes`. */
  missing(sizeBytes: number, pieceBytes: number): ByteRange[] {
    const pieces: ByteRange[] = [];
    let position = 0;
    for (const next of [...this.list, { start: sizeBytes, end: sizeBytes }]) {
      for (; position < next.start; position += pieceBytes) {
        pieces.push({ start: position, end: Math.min(next.start, position + pieceBytes) });
      }
      position = Math.max(next.end, Math.min(position, next.start));
    }
    return pieces;
  }
}
