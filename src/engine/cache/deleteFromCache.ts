import { join } from 'node:path';

import { measureFreed, removeAll } from '../removal';
import type { RemovalProgress, RemovalResult } from '../removal';
import { planHubDeletion } from './planCacheDeletion';
import { scanHubCache } from './scanHubCache';

export interface CacheDeletionResult extends RemovalResult {
  freedBytes: number;
  /** Of the disk that the cache lies on. */
  availableBefore: number;
  availableAfter: number;
}

/**
 * Deletes from the hub's cache what a plan has named. Looks anew right before: what has come to be used
 * since the plan was made stays, and nothing is deleted that was not shown.
 *
 * @param ids As for `planHubDeletion`.
 * @param shown The paths of the plan that the user has seen.
 * @throws BedrockImportError `CACHE_ENTRY_UNKNOWN` (usage), `CANCELLED`
 */
export async function deleteFromHubCache(
  folder: string,
  ids: readonly string[],
  shown: readonly string[],
  options: { signal?: AbortSignal; onProgress?: (progress: RemovalProgress) => void } = {}
): Promise<CacheDeletionResult> {
  const scan = await scanHubCache(folder, options);
  const plan = await planHubDeletion(scan, ids, options);
  const paths = plan.paths.filter(path => wasShown(path, shown));
  const { result, ...freed } = await measureFreed([scan.real], () =>
    removeAll(paths, { ...options, within: scan.real })
  );
  return { ...result, ...freed };
}

/** A folder was shown with all that is in it: of a repository that has got a revision since, only the others go. */
function wasShown(path: string, shown: readonly string[]): boolean {
  return shown.some(one => path === one || path.startsWith(join(one, '/')));
}
