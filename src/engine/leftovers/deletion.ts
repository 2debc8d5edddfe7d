import { deleteFromHubCache, isOfHubCache, planHubDeletion, scanHubCache } from '../cache';
import { deviceOf } from '../disk';
import { BedrockImportError } from '../errors';
import { Removals } from '../removal';
import type { RemovalProgress, RemovalResult } from '../removal';
import { deleteLeftovers, requireDeletable } from './deleteLeftovers';
import { findLeftovers } from './findLeftovers';
import type { FoundLeftover } from './findLeftovers';
import type { LeftoverPlace } from './types';

export interface StoragePlace extends LeftoverPlace {
  /** The Hugging Face cache; see `hubCacheFolder`. */
  cacheFolder: string;
}

export interface StorageDeletionPlan {
  /** Absolute; exactly these are deleted. */
  paths: string[];
  bytes: number;
  notes: string[];
}

export interface StorageDeletionResult extends RemovalResult {
  freedBytes: number;
  /** Of the disk of the JupyterLab root, or of the cache where that lies on another one. */
  availableBefore: number;
  availableAfter: number;
}

/**
 * What deleting parts of the hub's cache and other leftovers would do.
 *
 * @param ids Of `planHubDeletion` and `findLeftovers`, in any order.
 * @throws BedrockImportError `CACHE_ENTRY_UNKNOWN` (usage), `CANCELLED`
 */
export async function planStorageDeletion(
  place: StoragePlace,
  ids: readonly string[],
  options: { signal?: AbortSignal } = {}
): Promise<StorageDeletionPlan> {
  const { leftovers, inHub } = await sort(place, ids, options);
  const hub =
    inHub.length === 0
      ? { paths: [], bytes: 0, notes: [] }
      : await planHubDeletion(await scanHubCache(place.cacheFolder, options), inHub, options);
  return {
    paths: [...hub.paths, ...leftovers.flatMap(({ paths }) => paths)],
    bytes: hub.bytes + leftovers.reduce((sum, { bytes }) => sum + bytes, 0),
    notes: [...hub.notes, ...leftovers.map(({ meaning, problem }) => problem ?? meaning)]
  };
}

/**
 * Deletes them, after another look: nothing that the plan did not name.
 *
 * @throws BedrockImportError `NOTHING_TO_DELETE` and `CACHE_ENTRY_UNKNOWN` (usage), `LEFTOVER_KEPT`
 *   (blocked); nothing was deleted then. `CANCELLED`
 */
export async function deleteStorage(
  place: StoragePlace,
  ids: readonly string[],
  { paths }: Pick<StorageDeletionPlan, 'paths'>,
  options: { signal?: AbortSignal; onProgress?: (progress: RemovalProgress) => void } = {}
): Promise<StorageDeletionResult> {
  if (paths.length === 0) {
    throw new BedrockImportError({
      code: 'NOTHING_TO_DELETE',
      message: 'Nothing of this is there any more.',
      nextStep: 'List the cache again.',
      kind: 'usage'
    });
  }
  const { leftovers, inHub } = await sort(place, ids, options);
  requireDeletable(leftovers);
  const removals = new Removals(options.onProgress);
  const counted = { ...options, onProgress: removals.tell };
  const inCache =
    inHub.length === 0
      ? undefined
      : await deleteFromHubCache(place.cacheFolder, inHub, paths, counted);
  if (inCache !== undefined) {
    removals.add(inCache);
  }
  if (inCache !== undefined && leftovers.length === 0) {
    return inCache;
  }
  const others = await deleteLeftovers(leftovers, { shown: paths, root: place.root }, counted);
  removals.add(others.result);
  const oneDisk = (await deviceOf(place.cacheFolder)) === (await deviceOf(place.root));
  return {
    ...removals.total,
    freedBytes: (inCache?.freedBytes ?? 0) + others.freedBytes,
    availableBefore: (oneDisk ? inCache : undefined)?.availableBefore ?? others.availableBefore,
    availableAfter: others.availableAfter
  };
}

/** Looks for leftovers only when something is named that the hub's cache cannot hold. */
async function sort(
  place: StoragePlace,
  ids: readonly string[],
  options: { signal?: AbortSignal }
): Promise<{ leftovers: FoundLeftover[]; inHub: string[] }> {
  const found = ids.every(isOfHubCache) ? [] : await findLeftovers(place, options);
  const leftovers = found.filter(({ id }) => ids.includes(id));
  const known = new Set(leftovers.map(({ id }) => id));
  // Who knows none of the rest says so.
  return { leftovers, inHub: ids.filter(id => !known.has(id)) };
}
