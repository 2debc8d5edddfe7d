/** More at a time are no faster, and would keep a copy that runs meanwhile from the disk. */
const AT_A_TIME = 16;

/** Some of them at a time. */
export function* someOf<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < all.length; start += AT_A_TIME) {
    yield all.slice(start, start + AT_A_TIME);
  }
}

/**
 * Does something with each of them, some at a time: one disk answers a few questions together faster than
 * one after the other.
 *
 * @param check Called before each few; what it throws ends the work.
 */
export async function inTurns<T, R>(
  all: readonly T[],
  work: (one: T) => Promise<R>,
  check?: () => void
): Promise<R[]> {
  const done: R[] = [];
  for (const some of someOf(all)) {
    check?.();
    done.push(...(await Promise.all(some.map(work))));
  }
  return done;
}
