import type { AnswerReader } from './answerReader';
import type { Guard } from './guard';
import type { Link } from './link';

/** What a PUT sends: pieces, each valid until the next is asked for. */
export interface Body {
  next(): Promise<Uint8Array | null>;
  /** Goes back to the beginning; false when that is gone. */
  rewind(): boolean;
  /** Nobody will ask for more. */
  giveUp(): void;
}

/** The body of an answer. Its beginning can be sent again as long as nothing else has been read. */
export class AnswerBody implements Body {
  private handedOut = false;
  private gone = false;

  constructor(
    private readonly first: Uint8Array | null,
    private readonly reader: AnswerReader,
    private readonly link: Link,
    private readonly guard: Guard
  ) {}

  async next(): Promise<Uint8Array | null> {
    if (!this.handedOut) {
      this.handedOut = true;
      return this.first;
    }
    // At the end nothing is read over what was handed out.
    this.gone ||= !this.reader.ended;
    this.guard.waitFor(this.link.address.host);
    return this.reader.next();
  }

  rewind(): boolean {
    this.handedOut = false;
    return !this.gone;
  }

  giveUp(): void {
    this.guard.drop(this.link);
  }
}

/** So that progress is seen while a large body goes out. */
const SLICE_BYTES = 256 * 1024;

/** Bytes in memory. */
export class MemoryBody implements Body {
  private offset = 0;

  constructor(private readonly bytes: Uint8Array) {}

  async next(): Promise<Uint8Array | null> {
    const slice = this.bytes.subarray(this.offset, this.offset + SLICE_BYTES);
    this.offset += slice.length;
    return slice.length === 0 ? null : slice;
  }

  rewind(): boolean {
    this.offset = 0;
    return true;
  }

  giveUp(): void {
    // There is no connection behind it.
  }
}
