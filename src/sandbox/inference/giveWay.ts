import { setTimeout as delay } from 'node:timers/promises';

const PAUSE_MS = 2;
/** A pause that lasted longer had other work in it. */
const QUIET_MS = 4;

/**
 * Lets other work go first, since one thread does it all. A turn of the event loop would not do: a
 * request to S3 takes dozens of them, and would wait for as many tokens. An idle thread loses a
 * pause; a busy one shares its time half and half.
 *
 * @param mostMs As long as the step before took.
 */
export async function giveWay(mostMs: number): Promise<void> {
  const end = performance.now() + mostMs;
  for (let now = performance.now(); ;) {
    const before = now;
    await delay(PAUSE_MS);
    now = performance.now();
    if (now - before < QUIET_MS || now >= end) {
      return;
    }
  }
}
