import type { LentBytes } from './serveOrder';

/** A fixed number of buffers that are used again and again; memory does not grow with the model. */
export class PartBuffers {
  private readonly free: Uint8Array[] = [];
  private readonly waiting: ((buffer: Uint8Array) => void)[] = [];
  private made = 0;

  constructor(
    private readonly count: number,
    private readonly sizeBytes: number
  ) {}

  /** The first `sizeBytes` of a buffer, as soon as one is free. What is in it is left from before. */
  async take(sizeBytes: number): Promise<LentBytes> {
    const buffer = this.free.pop() ?? this.make() ?? (await this.wait());
    let lent = true;
    return {
      bytes: buffer.subarray(0, sizeBytes),
      release: () => {
        if (lent) {
          lent = false;
          this.giveBack(buffer);
        }
      }
    };
  }

  /** Buffers that are in use. */
  get inUse(): number {
    return this.made - this.free.length;
  }

  private make(): Uint8Array | undefined {
    if (this.made >= this.count) {
      return undefined;
    }
    this.made++;
    return new Uint8Array(this.sizeBytes);
  }

  private wait(): Promise<Uint8Array> {
    return new Promise(resolve => this.waiting.push(resolve));
  }

  private giveBack(buffer: Uint8Array): void {
    const next = this.waiting.shift();
    if (next === undefined) {
      this.free.push(buffer);
    } else {
      next(buffer);
    }
  }
}
