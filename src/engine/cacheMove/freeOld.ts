import { lstat, readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

import { finishRemovals, removeTree } from '../removal';
import { cacheInUse } from './moveErrors';
import { moveTree, stateOf } from './moveTree';
import type { MoveTreeOptions } from './moveTree';
import { scanTree, topOf } from './scanTree';

/** A cache that is written to all the time is not freed. */
const ROUNDS = 3;

export interface FreedCache {
  /** Files, links and folders that are gone. */
  removed: number;
  bytes: number;
  /** Top entries of the old cache that are still there. */
  left: string[];
}

/**
 * Deletes what a move has left in the old place, one top entry after the other, and each only right after
 * all that is in it was found in the new one. What has come since is moved as well.
 *
 * @throws BedrockImportError `CACHE_IN_USE`, `CANCELLED`, and as `moveTree`
 */
export async function freeOld(
  from: string,
  to: string,
  options: MoveTreeOptions
): Promise<FreedCache> {
  const { signal, settled, onWarning } = options;
  const freed: FreedCache = { removed: 0, bytes: 0, left: [] };
  if ((await lstat(from).catch(() => undefined)) === undefined) {
    return freed;
  }
  const finished = await finishRemovals({ within: from, signal });
  freed.removed += finished.removed;
  freed.bytes += finished.bytes;
  for (let round = 1; ; round++) {
    const { kept } = await moveTree(from, to, options);
    const changed: string[] = [];
    freed.left = [];
    for (const top of await topsOf(from)) {
      signal.throwIfAborted();
      if (kept.has(top)) {
        freed.left.push(top);
        continue;
      }
      const now = await scanTree(from, signal, { only: top });
      if (now.some(entry => settled.get(entry.path) !== stateOf(entry))) {
        changed.push(top);
        continue;
      }
      const removal = await removeTree(join(from, top), { within: from, signal });
      freed.removed += removal.removed;
      freed.bytes += removal.bytes;
      for (const { path, error } of removal.left.slice(0, 5)) {
        onWarning?.(`${path} stays where it is: ${error.message}`);
      }
      if (removal.left.length > 0) {
        freed.left.push(top);
      }
    }
    if (changed.length === 0) {
      break;
    }
    if (round === ROUNDS) {
      throw cacheInUse(join(from, changed[0] ?? ''));
    }
  }
  if (freed.left.length === 0) {
    // Not there any more, or something has come in this moment.
    await rmdir(from).catch(() => undefined);
  }
  return freed;
}

/** Also what was of no use to move, such as locks. */
async function topsOf(from: string): Promise<string[]> {
  return (await readdir(from)).map(topOf).sort();
}
