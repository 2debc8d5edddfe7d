/** A number of places that can change while they are taken; who finds none waits in line. */
export class Slots {
  private taken = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private size: number) {}

  async take(): Promise<void> {
    if (this.taken < this.size && this.waiting.length === 0) {
      this.taken++;
      return;
    }
    await new Promise<void>(resolve => this.waiting.push(resolve));
  }

  free(): void {
    this.taken--;
    this.admit();
  }

  /** Fewer places take effect as they are freed. */
  resize(size: number): void {
    this.size = size;
    this.admit();
  }

  /** Runs `work` in a place of its own. */
  async within<T>(work: () => Promise<T>): Promise<T> {
    await this.take();
    try {
      return await work();
    } finally {
      this.free();
    }
  }

  private admit(): void {
    while (this.taken < this.size && this.waiting.length > 0) {
      this.taken++;
      this.waiting.shift()?.();
    }
  }
}
