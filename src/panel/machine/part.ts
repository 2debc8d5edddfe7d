import type { Failure } from '../../protocol';
import { isCancelled, toFailure } from '../connection';

/**
 * One of the things that the section shows, asked for by itself so that the fast ones need not wait for
 * the slow ones. What is known stays until there is something newer.
 */
export class Part<T> {
  value: T | undefined;
  /** Of the last time, when it failed. */
  failure: Failure | undefined;
  private running: AbortController | undefined;

  constructor(private readonly onChange: () => void) {}

  get loading(): boolean {
    return this.running !== undefined;
  }

  /** Asks again; an answer that is still awaited is given up. Never rejects. */
  async fetch(ask: (signal: AbortSignal) => Promise<T>): Promise<void> {
    this.running?.abort();
    const running = new AbortController();
    this.running = running;
    this.onChange();
    try {
      const value = await ask(running.signal);
      if (this.running === running) {
        this.settle(value, undefined);
      }
    } catch (error) {
      if (this.running === running) {
        this.settle(this.value, isCancelled(error) ? undefined : toFailure(error));
      }
    }
  }

  /** Gives up what is awaited. */
  cancel(): void {
    if (this.running !== undefined) {
      this.running.abort();
      this.settle(this.value, this.failure);
    }
  }

  private settle(value: T | undefined, failure: Failure | undefined): void {
    this.running = undefined;
    this.value = value;
    this.failure = failure;
    this.onChange();
  }
}
