import { processorBound } from './processorTimes';
import type { ProcessorTimes } from './processorTimes';

/** A new number of parts on their way at the same time, and why. */
export interface ConcurrencyChange {
  connections: number;
  why: string;
}

export interface ConcurrencyOptions {
  /** Never more than this. */
  limit: number;
  start: number;
  now: number;
}

/** What has happened since the start of the copy. */
export interface ConcurrencyLook {
  /** Bytes, and what stands for the cost of requests. */
  work: number;
  /** How often the count of bytes has changed: a pipe that only counts whole parts says little in a second. */
  events: number;
  /** Whether there was work for all connections all the time. */
  busy: boolean;
  /** Asked at the ends of a time that is judged; without it, the processor is never what limits. */
  processor?: () => ProcessorTimes;
}

/** What more connections must bring, at least, to be worth it; twice as many more than a few. */
const GROWTH = 1.05;
const GROWTH_OF_TWICE = 1.1;
/** New connections need a moment until they are at full speed. */
const SETTLING_MS = 250;
const SHORTEST_WINDOW_MS = 500;
const EVENTS_PER_CONNECTION = 4;
const FIRST_HOLD_MS = 10_000;
const LONGEST_HOLD_MS = 60_000;
/** Refusals that come together are one storm. */
const STORM_MS = 5_000;

interface Rate {
  level: number;
  perMs: number;
}

interface Window {
  at: number;
  work: number;
  events: number;
  processor?: ProcessorTimes;
}

/**
 * Finds how many parts should be on their way at the same time, from what it brought so far: more as
 * long as more brings at least 5 % more and the processor has time for them, half as many when a server
 * or the network is overloaded. It looks again from time to time, for others share the network.
 */
export class ConcurrencyController {
  private current: number;
  /** The best that is known, which more connections are compared with. */
  private base: Rate | undefined;
  private readonly limit: number;
  private climbing = true;
  private holdMs = FIRST_HOLD_MS;
  private holdUntil = 0;
  private lastStormAt = Number.NEGATIVE_INFINITY;
  /** Doubling until it first fails, small steps from then on. */
  private factor = 2;
  private windowStart: Window | undefined;
  private settledAt: number;

  constructor(options: ConcurrencyOptions) {
    this.limit = Math.max(1, Math.floor(options.limit));
    this.current = Math.max(1, Math.min(this.limit, Math.floor(options.start)));
    this.settledAt = options.now + SETTLING_MS;
  }

  get level(): number {
    return this.current;
  }

  /** To be called a few times a second. */
  look(
    now: number,
    { work, events, busy, processor }: ConcurrencyLook
  ): ConcurrencyChange | undefined {
    const begin = (): Window => ({ at: now, work, events, processor: processor?.() });
    if (!busy || now < this.settledAt || this.windowStart === undefined) {
      // What is measured must be this level, at work all the time.
      this.windowStart = now < this.settledAt ? undefined : begin();
      return undefined;
    }
    const before = this.windowStart;
    const passedMs = now - before.at;
    if (
      passedMs < SHORTEST_WINDOW_MS ||
      events - before.events < EVENTS_PER_CONNECTION * this.current
    ) {
      return undefined;
    }
    const after = begin();
    this.windowStart = after;
    const bound =
      before.processor !== undefined &&
      after.processor !== undefined &&
      processorBound(before.processor, after.processor, passedMs);
    return this.judge(now, { level: this.current, perMs: (work - before.work) / passedMs }, bound);
  }

  /** A server or the network is overloaded. */
  congested(now: number, why: string): ConcurrencyChange | undefined {
    if (now - this.lastStormAt < STORM_MS) {
      return undefined;
    }
    this.lastStormAt = now;
    this.base = undefined;
    this.climbing = false;
    this.factor = 1.25;
    this.holdUntil = now + this.holdMs;
    return this.change(now, Math.floor(this.current / 2), why);
  }

  /** @param bound - The processor had no time left: more connections would only cost more of it. */
  private judge(now: number, rate: Rate, bound: boolean): ConcurrencyChange | undefined {
    if (!this.climbing && now < this.holdUntil) {
      return undefined;
    }
    const { base } = this;
    let why = 'trying whether more bring more';
    if (!this.climbing) {
      why += ' by now';
    } else if (base !== undefined && rate.level > base.level) {
      const growth = rate.level < 2 * base.level ? GROWTH : GROWTH_OF_TWICE;
      if (rate.perMs <= base.perMs * growth) {
        this.hold(now);
        return this.change(now, base.level, `${rate.level} brought no more than ${base.level}`);
      }
      this.holdMs = FIRST_HOLD_MS;
      const percent = base.perMs > 0 ? Math.round((rate.perMs / base.perMs - 1) * 100) : 100;
      why = `${rate.level} brought ${percent} % more than ${base.level}`;
    }
    this.climbing = true;
    this.base = rate;
    if (bound) {
      this.hold(now);
      return undefined;
    }
    return this.climb(now, why);
  }

  private climb(now: number, why: string): ConcurrencyChange | undefined {
    const next = Math.min(
      this.limit,
      Math.max(this.current + 1, Math.floor(this.current * this.factor))
    );
    if (next === this.current) {
      this.hold(now);
      return undefined;
    }
    return this.change(now, next, why);
  }

  private hold(now: number): void {
    this.climbing = false;
    this.factor = 1.25;
    this.holdUntil = now + this.holdMs;
    this.holdMs = Math.min(LONGEST_HOLD_MS, this.holdMs * 2);
  }

  private change(now: number, level: number, why: string): ConcurrencyChange | undefined {
    const next = Math.max(1, Math.min(this.limit, level));
    this.windowStart = undefined;
    this.settledAt = now + SETTLING_MS;
    if (next === this.current) {
      return undefined;
    }
    this.current = next;
    return { connections: next, why };
  }
}
