/** Memory that is lent and given back. */
export interface LentBuffer {
  /** Of exactly the length asked for. */
  bytes: Uint8Array;
  giveBack(): void;
}

/**
 * Buffers that are used again, never more than `budgetBytes` of them at a time: who asks for more than is
 * left waits until enough was given back, in the order of asking. A single buffer may be larger than
 * the budget and is then the only one.
 */
export class BufferPool {
  private readonly free: Uint8Array[] = [];
  private readonly waiting: { length: number; start: () => void }[] = [];
  private lentBytes = 0;

  constructor(private readonly budgetBytes: number) {}

  async take(length: number): Promise<LentBuffer> {
    if (this.waiting.length > 0 || !this.fits(length)) {
      await new Promise<void>(start => this.waiting.push({ length, start }));
    } else {
      this.lentBytes += length;
    }
    const whole = this.pick(length);
    let lent = true;
    return {
      bytes: whole.subarray(0, length),
      giveBack: () => {
        if (lent) {
          lent = false;
          this.lentBytes -= length;
          this.free.push(whole);
          this.next();
        }
      }
    };
  }

  private fits(length: number): boolean {
    return this.lentBytes === 0 || this.lentBytes + length <= this.budgetBytes;
  }

  /** Counts what it lets go at once, so that the next one asked sees it. */
  private next(): void {
    for (let first = this.waiting[0]; first && this.fits(first.length); first = this.waiting[0]) {
      this.waiting.shift();
      this.lentBytes += first.length;
      first.start();
    }
  }

  /** A free buffer that is long enough and not twice as long, or a new one in place of the free ones. */
  private pick(length: number): Uint8Array {
    const index = this.free.findIndex(
      ({ byteLength }) => byteLength >= length && byteLength <= length * 2
    );
    if (index >= 0) {
      return this.free.splice(index, 1)[0] as Uint8Array;
    }
    let freeBytes = this.free.reduce((sum, { byteLength }) => sum + byteLength, 0);
    while (this.free.length > 0 && this.lentBytes + freeBytes > this.budgetBytes) {
      freeBytes -= this.free.shift()?.byteLength ?? 0;
    }
    return new Uint8Array(length);
  }
}
