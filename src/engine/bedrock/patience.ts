import { backoffMs, type Clock } from '../aws';
import type { WaitEvent } from './types';

export interface PatienceOptions {
  clock: Clock;
  budgetMs: number;
  firstMs: number;
  longestMs: number;
  onWait?: (wait: WaitEvent) => void;
  signal?: AbortSignal;
}

/** Repeated waits for one thing, each announced, until their common budget is used up. */
export class Patience {
  private readonly options: PatienceOptions;
  private startedAt: number | undefined;
  private tries = 0;

  constructor(options: PatienceOptions) {
    this.options = options;
  }

  get waitedMs(): number {
    return this.startedAt === undefined ? 0 : this.options.clock.now() - this.startedAt;
  }

  /** Forgets what was waited, after a success. */
  reset(): void {
    this.startedAt = undefined;
    this.tries = 0;
  }

  /** Sleeps before the next try; false, at once, when the budget is used up. */
  async waitFor(reason: string): Promise<boolean> {
    const { clock, budgetMs, onWait, signal } = this.options;
    this.startedAt ??= clock.now();
    const { waitedMs } = this;
    const leftMs = budgetMs - waitedMs;
    if (leftMs <= 0) {
      return false;
    }
    const nextTryMs = Math.min(leftMs, backoffMs(clock, this.tries, this.options));
    this.tries += 1;
    onWait?.({ reason, waitedMs, nextTryMs, budgetMs });
    await clock.sleep(nextTryMs, signal);
    return true;
  }
}
