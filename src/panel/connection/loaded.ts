import type { Failure } from '../../protocol';
import { isCancelled, toFailure } from './failure';

/** Something that is fetched: what was known before stays in sight while it is fetched again. */
export type Loaded<T> =
  | { status: 'none'; value?: undefined }
  | { status: 'loading'; value?: T }
  | { status: 'ready'; value: T }
  | { status: 'failed'; failure: Failure; value?: T };

export const NONE = { status: 'none' } as const;

/**
 * Fetches one thing after another: each new fetch cancels the one before, whose answer is passed over.
 * `onChange` is told of every change.
 */
export class Loader<T> {
  private _state: Loaded<T> = NONE;
  private running: AbortController | undefined;

  constructor(private readonly onChange: () => void) {}

  get state(): Loaded<T> {
    return this._state;
  }

  get value(): T | undefined {
    return this._state.value;
  }

  /** @returns what was fetched; undefined when it failed or was overtaken */
  async load(fetch: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    this.giveUp();
    const running = new AbortController();
    this.running = running;
    this.set({ status: 'loading', value: this._state.value });
    try {
      const value = await fetch(running.signal);
      if (this.running !== running) {
        return undefined;
      }
      this.running = undefined;
      this.set({ status: 'ready', value });
      return value;
    } catch (error) {
      if (this.running === running) {
        this.running = undefined;
        const { value } = this._state;
        this.set(
          isCancelled(error)
            ? value === undefined
              ? NONE
              : { status: 'ready', value }
            : { status: 'failed', failure: toFailure(error), value }
        );
      }
      return undefined;
    }
  }

  /** Gives up what is being fetched; what was known before stays. */
  cancel(): void {
    if (this.running !== undefined) {
      this.giveUp();
      const { value } = this._state;
      this.set(value === undefined ? NONE : { status: 'ready', value });
    }
  }

  /** Forgets what was fetched, and what is being fetched. */
  clear(): void {
    this.giveUp();
    if (this._state.status !== 'none') {
      this.set(NONE);
    }
  }

  private giveUp(): void {
    this.running?.abort();
    this.running = undefined;
  }

  private set(state: Loaded<T>): void {
    this._state = state;
    this.onChange();
  }
}
