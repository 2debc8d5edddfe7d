/** Time constant of the recent rate: long enough that parts arriving in bursts do not make it jump. */
const RATE_WINDOW_MS = 8_000;
/** Before this nothing is said about the time left. */
const FIRST_ESTIMATE_MS = 3_000;
/** Time constants of the rate that the estimate rests on, and of the estimate itself. */
const STEADY_RATE_MS = 20_000;
const ESTIMATE_MS = 10_000;
const LONGEST_ESTIMATE_SECONDS = 30 * 24 * 3600;

export interface Rates {
  /** Bytes per second over the last seconds. */
  recent: number;
  /** Bytes per second since the start. */
  mean: number;
  /** Undefined in the first seconds, and while nothing moves. */
  secondsLeft?: number;
}

/** Rates of a count of bytes that is looked at now and then, and a time left that does not jump. */
export class RateMeter {
  private readonly samples: { at: number; moved: number }[];
  private steady: number | undefined;
  private left: number | undefined;
  private last: { at: number; moved: number };

  constructor(private readonly startedAt: number) {
    this.last = { at: startedAt, moved: 0 };
    this.samples = [this.last];
  }

  /** @param moved bytes since the start; it may go back when bytes have to be sent again */
  update(now: number, moved: number, bytesLeft: number): Rates {
    const sinceLast = now - this.last.at;
    if (sinceLast > 0) {
      const rate = Math.max(0, ((moved - this.last.moved) * 1000) / sinceLast);
      const sinceStart = now - this.startedAt;
      // At first all that was seen counts alike, later the last seconds count most.
      const weight = 1 - Math.exp(-sinceLast / Math.min(STEADY_RATE_MS, sinceStart));
      this.steady = this.steady === undefined ? rate : this.steady + (rate - this.steady) * weight;
      this.estimate(sinceLast / 1000, sinceStart, bytesLeft);
      this.last = { at: now, moved };
      this.samples.push(this.last);
      while (this.samples.length > 2 && now - (this.samples[0]?.at ?? now) > RATE_WINDOW_MS) {
        this.samples.shift();
      }
    }
    const first = this.samples[0] ?? this.last;
    return {
      recent: rateBetween(first, { at: now, moved }),
      mean: rateBetween({ at: this.startedAt, moved: 0 }, { at: now, moved }),
      ...(this.left === undefined ? {} : { secondsLeft: this.left })
    };
  }

  private estimate(elapsed: number, sinceStart: number, bytesLeft: number): void {
    const steady = this.steady ?? 0;
    const fresh = bytesLeft / steady;
    if (sinceStart < FIRST_ESTIMATE_MS || !(fresh < LONGEST_ESTIMATE_SECONDS)) {
      this.left = undefined;
      return;
    }
    if (this.left === undefined) {
      this.left = fresh;
      return;
    }
    // A clock that runs down, drawn towards the newest estimate, the faster the nearer the end.
    const running = Math.max(0, this.left - elapsed);
    const constant = Math.min(ESTIMATE_MS / 1000, Math.max(1, fresh / 4));
    this.left = running + (fresh - running) * (1 - Math.exp(-elapsed / constant));
  }
}

function rateBetween(
  from: { at: number; moved: number },
  to: { at: number; moved: number }
): number {
  return to.at > from.at ? Math.max(0, ((to.moved - from.moved) * 1000) / (to.at - from.at)) : 0;
}
