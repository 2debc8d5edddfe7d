import type { FaultPlan, SandboxState } from '../state';

/** What the first bytes of two versions of the same weights have in common: the header. */
const SAME_BYTES = 2 ** 20;

/** The fault `hub-swap`: the bytes behind a listed file become those of another one of its size. */
export interface Swaps {
  /** A client was told where this file is. */
  located(file: { path: string; gitOid: string }): void;
  /** Where in the file the other bytes begin this time; undefined while it is still itself. */
  swapFrom(file: { path: string; gitOid: string; sizeBytes: number }): number | undefined;
}

export function createSwaps(state: SandboxState, faults: FaultPlan): Swaps {
  const locatedAt = new Map<string, number>();
  const key = (file: { path: string; gitOid: string }) => `${file.gitOid} ${file.path}`;
  return {
    located: file => {
      if (faults.seconds('hub-swap') !== undefined && !locatedAt.has(key(file))) {
        locatedAt.set(key(file), state.now().getTime());
      }
    },
    swapFrom: file => {
      const delay = faults.seconds('hub-swap');
      if (delay !== undefined) {
        const since = locatedAt.get(key(file)) ?? Number.POSITIVE_INFINITY;
        if (state.now().getTime() < since + delay * 1000) {
          return undefined;
        }
      }
      return faults.roll('hub-swap')
        ? Math.min(SAME_BYTES, Math.floor(file.sizeBytes / 2))
        : undefined;
    }
  };
}
