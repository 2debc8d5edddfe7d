import { removeTree } from './removeTree';
import type { RemovalOptions, RemovalProgress, RemovalResult } from './removeTree';

/** Adds up removals that are done one after the other; progress of each is told on top of those before. */
export class Removals {
  readonly total: RemovalResult = { removed: 0, bytes: 0, left: [] };

  constructor(private readonly onProgress: RemovalOptions['onProgress']) {}

  /** For the removal that is under way. */
  readonly tell = ({ removed, bytes }: RemovalProgress): void => {
    this.onProgress?.({ removed: this.total.removed + removed, bytes: this.total.bytes + bytes });
  };

  add({ removed, bytes, left }: RemovalResult): void {
    this.total.removed += removed;
    this.total.bytes += bytes;
    this.total.left.push(...left);
  }
}

/**
 * Removes paths that all lie in one folder, one after the other.
 *
 * @throws as `removeTree`
 */
export async function removeAll(
  paths: readonly string[],
  options: RemovalOptions
): Promise<RemovalResult> {
  const removals = new Removals(options.onProgress);
  for (const path of paths) {
    removals.add(await removeTree(path, { ...options, onProgress: removals.tell }));
  }
  return removals.total;
}
