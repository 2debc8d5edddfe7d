import { AsyncLocalStorage } from 'node:async_hooks';

/** An execution of a cell. */
export interface RunningCell {
  /** Given by the Python half; counts up. */
  id: number;
  /** What stands in the brackets before it. */
  count: number;
  stop: AbortController;
}

/**
 * The cell that a piece of code belongs to, also when it runs in a timer or after an `await`, while
 * another cell runs already.
 */
const storage = new AsyncLocalStorage<RunningCell>();
let latest: RunningCell | undefined;

export function runInCell<T>(cell: RunningCell, work: () => T): T {
  latest = cell;
  return storage.run(cell, work);
}

/** Code that lost its context, such as a handler of an unhandled rejection, belongs to the latest cell. */
export function currentCell(): RunningCell | undefined {
  return storage.getStore() ?? latest;
}

/** 0 before the first one. */
export function currentCellId(): number {
  return currentCell()?.id ?? 0;
}
