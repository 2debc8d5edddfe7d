import { setTimeout as delay } from 'node:timers/promises';

/** Time as the sandbox sees it, so that a test can move it on without waiting. */
export interface SandboxClock {
  now(): Date;
  /** Resolves when `milliseconds` have passed; rejects with an AbortError when aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: SandboxClock = {
  now: () => new Date(),
  sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal })
};

/** A clock that stands still until it is moved. */
export interface ManualClock extends SandboxClock {
  /** Moves the time on and wakes every sleeper whose time has come. */
  advance(milliseconds: number): void;
}

export function createManualClock(start: Date = new Date('2026-01-01T00:00:00Z')): ManualClock {
  let time = start.getTime();
  const sleepers = new Set<{ wakeAt: number; wake: () => void }>();
  return {
    now: () => new Date(time),
    sleep: (milliseconds, signal) =>
      new Promise<void>((resolve, reject) => {
        signal?.throwIfAborted();
        const sleeper = {
          wakeAt: time + milliseconds,
          wake: () => {
            signal?.removeEventListener('abort', onAbort);
            sleepers.delete(sleeper);
            resolve();
          }
        };
        const onAbort = () => {
          sleepers.delete(sleeper);
          reject(signal?.reason as Error);
        };
        if (milliseconds <= 0) {
          resolve();
          return;
        }
        signal?.addEventListener('abort', onAbort, { once: true });
        sleepers.add(sleeper);
      }),
    advance: milliseconds => {
      time += milliseconds;
      for (const sleeper of [...sleepers].sort((a, b) => a.wakeAt - b.wakeAt)) {
        if (sleeper.wakeAt <= time) {
          sleeper.wake();
        }
      }
    }
  };
}
