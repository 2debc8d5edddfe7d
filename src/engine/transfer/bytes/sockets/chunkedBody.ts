import { ProtocolError } from '../errors';

/** Longest line with the size of a chunk, and longest trailer section. */
const LINE_BYTES = 4096;
const TRAILER_BYTES = 16_384;

const LF = 10;

/** Takes chunked coding apart (RFC 9112, "Chunked Transfer Coding"), in whatever pieces it comes. */
export class ChunkedBody {
  /** The last chunk and its trailers have been taken. */
  over = false;
  private state: 'size' | 'data' | 'after' | 'trailer' = 'size';
  private line = '';
  private remaining = 0;
  private trailerBytes = 0;

  /**
   * @returns the first data in `piece`, as a view, and what is behind it; no data when the piece is used
   * up or the body is over.
   * @throws ProtocolError
   */
  take(piece: Uint8Array): { data?: Uint8Array; rest: Uint8Array } {
    let rest = piece;
    while (rest.length > 0 && !this.over) {
      if (this.state === 'data') {
        const data = rest.subarray(0, this.remaining);
        this.remaining -= data.length;
        if (this.remaining === 0) {
          this.state = 'after';
        }
        return { data, rest: rest.subarray(data.length) };
      }
      const end = rest.indexOf(LF);
      const part = end < 0 ? rest : rest.subarray(0, end);
      if (this.line.length + part.length > LINE_BYTES) {
        throw new ProtocolError('the chunks of the answer cannot be told apart');
      }
      this.line += String.fromCharCode(...part);
      if (end < 0) {
        return { rest: rest.subarray(rest.length) };
      }
      rest = rest.subarray(end + 1);
      const line = this.line.endsWith('\r') ? this.line.slice(0, -1) : this.line;
      this.line = '';
      this.takeLine(line);
    }
    return { rest };
  }

  private takeLine(line: string): void {
    switch (this.state) {
      case 'size': {
        const size = /^([0-9a-f]{1,12})[\t ]*(?:;.*)?$/i.exec(line)?.[1];
        if (size === undefined) {
          throw new ProtocolError('the answer has a chunk without a size');
        }
        this.remaining = parseInt(size, 16);
        this.state = this.remaining === 0 ? 'trailer' : 'data';
        return;
      }
      case 'trailer':
        this.trailerBytes += line.length;
        if (this.trailerBytes > TRAILER_BYTES) {
          throw new ProtocolError('the answer does not end after its last chunk');
        }
        this.over = line === '';
        return;
      default:
        if (line !== '') {
          throw new ProtocolError('the answer has a chunk that is longer than it says');
        }
        this.state = 'size';
    }
  }
}
