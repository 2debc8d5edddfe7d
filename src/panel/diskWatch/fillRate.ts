/** Over so long a time the rate is smoothed: longer than the pauses of a download, shorter than a minute. */
const SMOOTHED_OVER_MS = 30_000;
/** Before so much has been seen, a rate is chance: a single large file that was put there. */
const KNOWN_AFTER_MS = 15_000;
const KNOWN_AFTER_STEPS = 2;
/** Logs and notebooks that are saved fill no disk. */
const SLOWEST_BYTES_PER_SECOND = 50_000;

/**
 * How fast a disk fills, from its available bytes at some moments. Whoever writes, and whoever deletes,
 * is in it; what a single download knows of itself is not enough.
 */
export class FillRate {
  private last: { at: number; availableBytes: number } | undefined;
  private bytesPerSecond: number | undefined;
  private seenMs = 0;
  private seenSteps = 0;

  /** @param at ms since the epoch */
  add(at: number, availableBytes: number): void {
    const { last } = this;
    const elapsed = last === undefined ? 0 : at - last.at;
    if (last !== undefined && elapsed <= 0) {
      return;
    }
    this.last = { at, availableBytes };
    if (last === undefined) {
      return;
    }
    if (availableBytes > last.availableBytes) {
      // Something was deleted: how fast it filled before says nothing of how it goes on.
      this.forgetRate();
      return;
    }
    const now = ((last.availableBytes - availableBytes) / elapsed) * 1000;
    const weight = 1 - Math.exp(-elapsed / SMOOTHED_OVER_MS);
    const before = this.bytesPerSecond ?? now;
    this.bytesPerSecond = before + (now - before) * weight;
    this.seenMs += elapsed;
    this.seenSteps += 1;
  }

  /** Forgets everything, such as when nobody has looked for a while. */
  clear(): void {
    this.last = undefined;
    this.forgetRate();
  }

  /** At the present rate; undefined while that is not known, or the disk does not fill. */
  get secondsUntilFull(): number | undefined {
    const { bytesPerSecond = 0, last, seenMs, seenSteps } = this;
    return last === undefined ||
      seenMs < KNOWN_AFTER_MS ||
      seenSteps < KNOWN_AFTER_STEPS ||
      bytesPerSecond < SLOWEST_BYTES_PER_SECOND
      ? undefined
      : last.availableBytes / bytesPerSecond;
  }

  private forgetRate(): void {
    this.bytesPerSecond = undefined;
    this.seenMs = 0;
    this.seenSteps = 0;
  }
}
