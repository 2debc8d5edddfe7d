/** The part of a tokenizer that turns tokens into text. */
export interface TokenDecoder {
  decode(tokenIds: number[]): string;
}

/**
 * Text that arrives token by token. A character may take several tokens, and some tokens look
 * different behind others, so new text is what a short run of tokens decodes to beyond its start.
 */
export class TextStream {
  private readonly tokenIds: number[] = [];
  private contextStart = 0;
  private emittedEnd = 0;
  private held = '';
  private stopped = false;

  /** @param stop texts that end the stream and are not part of it */
  constructor(
    private readonly decoder: TokenDecoder,
    private readonly stop: readonly string[] = []
  ) {}

  /** A stop text has come. */
  get ended(): boolean {
    return this.stopped;
  }

  /** The text that is certain after one more token. */
  push(tokenId: number): string {
    this.tokenIds.push(tokenId);
    const before = this.decode(this.contextStart, this.emittedEnd);
    const after = this.decode(this.contextStart, this.tokenIds.length);
    // A replacement character at the end is half of a character.
    if (after.length <= before.length || after.endsWith('\uFFFD')) {
      return '';
    }
    this.contextStart = this.emittedEnd;
    this.emittedEnd = this.tokenIds.length;
    return this.settle(after.slice(before.length));
  }

  /** What was held back when no more tokens come. */
  finish(): string {
    if (this.stopped) {
      return '';
    }
    const before = this.decode(this.contextStart, this.emittedEnd);
    const after = this.decode(this.contextStart, this.tokenIds.length);
    const rest = this.settle(after.slice(before.length));
    const last = this.stopped ? '' : this.held;
    this.held = '';
    return rest + last;
  }

  private settle(text: string): string {
    const pending = this.held + text;
    const found = this.stop
      .map(stop => pending.indexOf(stop))
      .filter(at => at >= 0)
      .sort((a, b) => a - b)[0];
    if (found !== undefined) {
      this.stopped = true;
      this.held = '';
      return pending.slice(0, found);
    }
    const kept = this.possibleStopLength(pending);
    this.held = pending.slice(pending.length - kept);
    return pending.slice(0, pending.length - kept);
  }

  /** Length of the longest end of `text` that a stop text begins with. */
  private possibleStopLength(text: string): number {
    let longest = 0;
    for (const stop of this.stop) {
      for (let length = Math.min(stop.length - 1, text.length); length > longest; length -= 1) {
        if (text.endsWith(stop.slice(0, length))) {
          longest = length;
        }
      }
    }
    return longest;
  }

  private decode(start: number, end: number): string {
    return start === end ? '' : this.decoder.decode(this.tokenIds.slice(start, end));
  }
}
