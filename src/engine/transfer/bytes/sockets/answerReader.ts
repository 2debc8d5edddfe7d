import { ProtocolError, ShortBodyError } from '../errors';
import { ChunkedBody } from './chunkedBody';
import type { Link } from './link';
import { parseHead } from './parseHead';
import type { ParsedHead } from './parseHead';

/** Longest head that is taken, interim answers included. */
const HEAD_BYTES = 65_536;
const NOTHING = new Uint8Array(0);

/** Reads one answer from a connection: its head, then its body piece by piece. */
export class AnswerReader {
  private piece: Uint8Array = NOTHING;
  private heading: Promise<ParsedHead> | undefined;
  private parsed: ParsedHead | undefined;
  /** Bytes of the body still to come; -1 until the end of the stream. */
  private remaining = 0;
  private chunks: ChunkedBody | undefined;
  private received = 0;
  private over = false;

  /**
   * @param buffer - What the pieces of the body are views of.
   * @param onRead - Told of everything that came.
   * @param lengthBytes - What was asked for, to be named when less comes.
   */
  constructor(
    private readonly link: Link,
    private readonly buffer: Uint8Array,
    private readonly onRead: () => void,
    private readonly lengthBytes = 0
  ) {}

  /** Not a single byte of an answer came: the server may never have seen the request. */
  untouched = true;

  /** The whole body has been handed out. */
  get ended(): boolean {
    return this.over;
  }

  /** Whether the next request can go over the same connection. */
  get reusable(): boolean {
    return this.over && this.parsed?.keepAlive === true && this.piece.length === 0;
  }

  /**
   * The head of the final answer; interim ones (1xx) are skipped. Always the same promise.
   *
   * @throws ProtocolError, and `BrokenError` when the stream ends first.
   */
  head(): Promise<ParsedHead> {
    return (this.heading ??= this.readHead());
  }

  /** @returns the next piece of the body, valid until the next call; null after the last. */
  next(): Promise<Uint8Array | null> {
    return this.chunks === undefined ? this.nextPlain() : this.nextOf(this.chunks);
  }

  /** Drops what of the body has already arrived, in case that is all of it. */
  discard(): void {
    if (this.remaining >= 0 && this.chunks === undefined && this.remaining <= this.piece.length) {
      this.take(this.remaining);
      this.remaining = 0;
      this.over = true;
    }
  }

  private async readHead(): Promise<ParsedHead> {
    const whole = new HeadBytes();
    for (;;) {
      const head = whole.add(this.piece);
      this.piece = head?.rest ?? NOTHING;
      if (head === undefined) {
        if (!(await this.fill(this.buffer))) {
          throw this.link.broken();
        }
        continue;
      }
      const parsed = parseHead(head.bytes);
      if (parsed.status === 101) {
        throw new ProtocolError('the answer switches to another protocol');
      }
      if (parsed.status >= 200) {
        this.begin(parsed);
        return parsed;
      }
    }
  }

  private begin(parsed: ParsedHead): void {
    this.parsed = parsed;
    const { framing } = parsed;
    switch (framing.kind) {
      case 'none':
        this.over = true;
        return;
      case 'length':
        this.remaining = framing.bytes;
        this.over = framing.bytes === 0;
        return;
      case 'close':
        this.remaining = -1;
        return;
      case 'chunked':
        this.chunks = new ChunkedBody();
    }
  }

  private async nextPlain(): Promise<Uint8Array | null> {
    if (this.over) {
      return null;
    }
    if (this.piece.length === 0) {
      const room =
        this.remaining < 0 || this.remaining >= this.buffer.length
          ? this.buffer
          : this.buffer.subarray(0, this.remaining);
      // Only where the end is known can more be waited for than comes at once.
      const atLeast = this.remaining < 0 ? 1 : room.length;
      if (!(await this.fill(room, atLeast))) {
        if (this.remaining < 0) {
          this.over = true;
          return null;
        }
        throw new ShortBodyError(this.lengthBytes, this.received);
      }
    }
    const piece = this.take(this.remaining < 0 ? this.piece.length : this.remaining);
    this.received += piece.length;
    if (this.remaining > 0) {
      this.remaining -= piece.length;
      this.over = this.remaining === 0;
    }
    return piece;
  }

  private async nextOf(chunks: ChunkedBody): Promise<Uint8Array | null> {
    for (;;) {
      const { data, rest } = chunks.take(this.piece);
      this.piece = rest;
      if (data !== undefined) {
        this.received += data.length;
        return data;
      }
      if (chunks.over) {
        this.over = true;
        return null;
      }
      if (!(await this.fill(this.buffer))) {
        throw new ShortBodyError(this.lengthBytes, this.received);
      }
    }
  }

  private take(count: number): Uint8Array {
    const taken = this.piece.subarray(0, count);
    this.piece = this.piece.subarray(taken.length);
    return taken;
  }

  /** Waits for more bytes; false at the end of the stream. Only called when `piece` is used up. */
  private async fill(buffer: Uint8Array, atLeast = 1): Promise<boolean> {
    const piece = await this.link.read(buffer, this.onRead, atLeast);
    if (piece === null) {
      return false;
    }
    this.untouched = false;
    this.piece = piece;
    return true;
  }
}

/** Collects the bytes up to the empty line. */
class HeadBytes {
  private kept: Uint8Array = NOTHING;
  private total = 0;

  add(piece: Uint8Array): { bytes: Uint8Array; rest: Uint8Array } | undefined {
    const before = this.kept.length;
    const all = before === 0 ? piece : joined(this.kept, piece);
    // The empty line may have begun in what was there before.
    const end = headEnd(all, Math.max(0, before - 3));
    const length = end === undefined ? all.length : end.after;
    if (this.total + length > HEAD_BYTES) {
      throw new ProtocolError(`the answer has more than ${HEAD_BYTES} bytes of headers`);
    }
    if (end === undefined) {
      // A copy: the buffer that it is a view of is read into again.
      this.kept = all === piece ? piece.slice() : all;
      return undefined;
    }
    this.kept = NOTHING;
    this.total += length;
    return { bytes: all.subarray(0, end.before), rest: all.subarray(end.after) };
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

const CR = 13;
const LF = 10;

/** Where the head ends without and with its empty line. */
function headEnd(bytes: Uint8Array, from: number): { before: number; after: number } | undefined {
  for (let at = bytes.indexOf(LF, from); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    const next = bytes[at + 1] === CR ? at + 2 : at + 1;
    if (bytes[next] === LF) {
      return { before: bytes[at - 1] === CR ? at - 1 : at, after: next + 1 };
    }
  }
  return undefined;
}
