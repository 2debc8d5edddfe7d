import { cancelledError } from './errors';

/** Where waits read the time and sleep; tests pass their own so that no test has to wait. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects with `cancelledError()` when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** In [0, 1). */
  random(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep,
  random: () => Math.random()
};

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(cancelledError());
      return;
    }
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(cancelledError());
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * Doubling waits with jitter between the half and the whole, so that several clients that were
 * refused together do not come back together.
 *
 * @param attempt - 0 for the first wait.
 */
export function backoffMs(
  clock: Clock,
  attempt: number,
  limits: { firstMs: number; longestMs: number }
): number {
  const whole = Math.min(limits.longestMs, limits.firstMs * 2 ** Math.min(attempt, 20));
  return Math.round(whole * (0.5 + clock.random() / 2));
}

/** `Retry-After` in seconds or as a date, in milliseconds. */
export function retryAfterMs(header: string | null, now = Date.now()): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}(\.\d{1,9})?$/.test(text)) {
    return Number(text) * 1000;
  }
  const date = text === '' ? Number.NaN : Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/**
 * How long a server asks to wait: `Retry-After`, else the `t` of the hub's `RateLimit` header, which
 * counts the seconds until the limit starts afresh.
 */
export function requestedWaitMs(headers: Headers, now = Date.now()): number | undefined {
  const asked = retryAfterMs(headers.get('retry-after'), now);
  if (asked !== undefined) {
    return asked;
  }
  const seconds = /;\s*t=(\d{1,9})/.exec(headers.get('ratelimit') ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
