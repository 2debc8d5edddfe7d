import { StalledError } from '../errors';
import type { MoveOptions } from '../types';
import type { Link } from './link';

/** How often in `stallMs` it is looked whether anything moved. */
const LOOKS = 4;

/**
 * Runs one request: ends it at once when the caller stops it or nothing moves any more, and closes
 * every connection that it still owns when it is over, however it ended.
 */
export function guarded<T>(options: MoveOptions, work: (guard: Guard) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    if (options.signal.aborted) {
      reject(options.signal.reason as Error);
      return;
    }
    const guard = new Guard(options, reject);
    // After a failure the work ends by itself: its connections are closed.
    work(guard)
      .then(resolve, reject)
      .finally(() => guard.end());
  });
}

export class Guard {
  private readonly links = new Set<Link>();
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly onAbort: () => void;
  private readonly stop = new AbortController();
  private quietLooks = 0;
  private host = '';

  constructor(
    private readonly options: MoveOptions,
    private readonly reject: (reason: Error) => void
  ) {
    const { signal, stallMs } = options;
    this.timer = setInterval(() => {
      this.quietLooks++;
      if (this.quietLooks > LOOKS) {
        this.fail(new StalledError(this.host, stallMs));
      }
    }, stallMs / LOOKS);
    this.onAbort = () => this.fail(signal.reason as Error);
    signal.addEventListener('abort', this.onAbort, { once: true });
  }

  /** Fired when the request is over or failed. */
  get signal(): AbortSignal {
    return this.stop.signal;
  }

  /** Whom the request waits for from now on. */
  waitFor(host: string): void {
    this.host = host;
  }

  /** A byte was read or written. */
  readonly moved = (): void => {
    this.quietLooks = 0;
  };

  /** Time that is not spent on the network does not count. */
  async pausing(step: () => void | Promise<void>): Promise<void> {
    this.quietLooks = -Infinity;
    try {
      await step();
    } finally {
      this.quietLooks = 0;
    }
  }

  /** From now on the connection is closed with the request. */
  own(link: Link): Link {
    if (this.stop.signal.aborted) {
      link.close();
      throw this.stop.signal.reason as Error;
    }
    this.links.add(link);
    return link;
  }

  /** The connection outlives the request. */
  release(link: Link): void {
    this.links.delete(link);
  }

  drop(link: Link): void {
    this.links.delete(link);
    link.close();
  }

  end(): void {
    clearInterval(this.timer);
    this.options.signal.removeEventListener('abort', this.onAbort);
    this.links.forEach(link => link.close());
    this.links.clear();
  }

  private fail(reason: Error): void {
    this.reject(reason);
    this.stop.abort(reason);
    this.end();
  }
}
