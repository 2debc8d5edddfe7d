import { deleteFromHubCache, planHubDeletion, scanHubCache } from '../cache';
import { deviceOf } from '../disk';
import { BedrockImportError } from '../errors';
import type { RemovalProgress, RemovalResult } from '../removal';
import { deleteLeftovers } from './deleteLeftovers';
import { findLeftovers } from './findLeftovers';
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
  const leftovers = (await findLeftovers(place, options)).filter(({ id }) => ids.includes(id));
  const known = new Set(leftovers.map(({ id }) => id));
  const scan = await scanHubCache(place.cacheFolder, options);
  const hub = await planHubDeletion(
    scan,
    ids.filter(id => !known.has(id)),
    options
  );
  return {
    paths: [...hub.paths, ...leftovers.flatMap(({ paths }) => paths)],
    bytes: hub.bytes + leftovers.reduce((sum, { bytes }) => sum + bytes, 0),
    notes: [...hub.notes, ...leftovers.map(({ meaning, problem }) => problem ?? meaning)]
  };
}

/**
 * Deletes them, after another look: nothing that the plan did not name.
 *
 * @throws BedrockImportError `CACHE_ENTRY_UNKNOWN` (usage), `LEFTOVER_KEPT` (blocked), `CANCELLED`
 */
export async function deleteStorage(
  place: StoragePlace,
  ids: readonly string[],
  plan: Pick<StorageDeletionPlan, 'paths'>,
  options: { signal?: AbortSignal; onProgress?: (progress: RemovalProgress) => void } = {}
): Promise<StorageDeletionResult> {
  const found = (await findLeftovers(place, options)).map(({ id }) => id);
  const others = ids.filter(id => found.includes(id));
  const inHub = ids.filter(id => !found.includes(id));
  if (plan.paths.length === 0) {
    throw new BedrockImportError({
      code: 'NOTHING_TO_DELETE',
      message: 'Nothing of this is there any more.',
      nextStep: 'List the cache again.',
      kind: 'usage'
    });
  }
  const first = await deleteFromHubCache(place.cacheFolder, inHub, plan.paths, options);
  if (others.length === 0) {
    return first;
  }
  const second = await deleteLeftovers(place, others, plan.paths, {
    ...options,
    onProgress: ({ removed, bytes }) =>
      options.onProgress?.({ removed: first.removed + removed, bytes: first.bytes + bytes })
  });
  const oneDisk = (await deviceOf(place.cacheFolder)) === (await deviceOf(place.root));
  return {
    removed: first.removed + second.result.removed,
    bytes: first.bytes + second.result.bytes,
    left: [...first.left, ...second.result.left],
    freedBytes: first.freedBytes + second.freedBytes,
    availableBefore: oneDisk ? first.availableBefore : second.availableBefore,
    availableAfter: second.availableAfter
  };
}
