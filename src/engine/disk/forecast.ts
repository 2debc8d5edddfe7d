/** Over so long a time the rate is smoothed, so that a pause between two files does not make it jump. */
const SMOOTHED_OVER_MS = 10_000;
/** A rate that was seen for a shorter time is chance. */
const KNOWN_AFTER_MS = 3_000;

export interface FillFacts {
  availableBytes: number;
  /** How fast the disk fills, whoever writes. */
  bytesPerSecond: number;
  /** What a download still brings. Without it, the disk fills until it is full. */
  remainingBytes?: number;
  /** The download's own part in how fast the disk fills. @default all of it */
  downloadBytesPerSecond?: number;
}

/**
 * Seconds until a disk is full, at the present rates; undefined when it does not fill, or when the
 * download is over before.
 */
export function forecastFull(facts: FillFacts): number | undefined {
  const { availableBytes, bytesPerSecond, remainingBytes } = facts;
  if (!(bytesPerSecond > 0)) {
    return undefined;
  }
  const seconds = Math.max(0, availableBytes) / bytesPerSecond;
  if (remainingBytes === undefined) {
    return seconds;
  }
  const own = facts.downloadBytesPerSecond ?? bytesPerSecond;
  return remainingBytes <= seconds * own ? undefined : seconds;
}

/** How fast a count of bytes falls or grows, from its values at some moments. */
export class SmoothedRate {
  private last: { at: number; bytes: number } | undefined;
  private rate: number | undefined;
  private seenMs = 0;

  /**
   * @param at - Milliseconds, from any moment on.
   * @param bytes - A value that is smaller than the one before begins anew: what was counted has changed.
   */
  add(at: number, bytes: number): void {
    const { last } = this;
    this.last = { at, bytes };
    if (last === undefined || bytes < last.bytes) {
      this.rate = undefined;
      this.seenMs = 0;
      return;
    }
    const elapsed = at - last.at;
    if (elapsed <= 0) {
      this.last = last;
      return;
    }
    const now = ((bytes - last.bytes) * 1000) / elapsed;
    this.seenMs += elapsed;
    // At first all that was seen counts alike, later the last seconds count most.
    const weight = 1 - Math.exp(-elapsed / Math.min(SMOOTHED_OVER_MS, this.seenMs));
    this.rate = this.rate === undefined ? now : this.rate + (now - this.rate) * weight;
  }

  /** Undefined until enough was seen. */
  get bytesPerSecond(): number | undefined {
    return this.seenMs < KNOWN_AFTER_MS ? undefined : this.rate;
  }
}
