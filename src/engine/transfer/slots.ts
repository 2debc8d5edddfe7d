/**
 * A number of places that can change while they are taken; who finds too few waits in line. One who
 * wants more places than there are gets all of them.
 */
export class Slots {
  private taken = 0;
  private readonly waiting: { places: number; enter: () => void }[] = [];

  constructor(private size: number) {}

  async take(places = 1): Promise<void> {
    if (this.waiting.length === 0 && this.fits(places)) {
      this.taken += places;
      return;
    }
    await new Promise<void>(enter => this.waiting.push({ places, enter }));
  }

  free(places = 1): void {
    this.taken -= places;
    this.admit();
  }

  /** Fewer places take effect as they are freed. */
  resize(size: number): void {
    this.size = size;
    this.admit();
  }

  /** Runs `work` in places of its own. */
  async within<T>(work: () => Promise<T>, places = 1): Promise<T> {
    await this.take(places);
    try {
      return await work();
    } finally {
      this.free(places);
    }
  }

  private fits(places: number): boolean {
    return this.taken + places <= this.size || this.taken === 0;
  }

  private admit(): void {
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      if (!this.fits(next.places)) {
        return;
      }
      this.waiting.shift();
      this.taken += next.places;
      next.enter();
    }
  }
}
