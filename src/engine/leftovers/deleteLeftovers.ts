import { removeAll } from '../cache';
import { BedrockImportError } from '../errors';
import { measureFreed } from '../removal';
import type { Freed, RemovalProgress, RemovalResult } from '../removal';
import { findLeftovers } from './findLeftovers';
import type { LeftoverPlace } from './types';

/**
 * Deletes leftovers. Looks anew right before: what is not found any more is no error, and nothing is deleted
 * that was not shown.
 *
 * @param ids Of `findLeftovers`.
 * @param shown The paths that the user has seen.
 * @throws BedrockImportError `LEFTOVER_KEPT` (blocked), `CANCELLED`
 */
export async function deleteLeftovers(
  place: LeftoverPlace,
  ids: readonly string[],
  shown: readonly string[],
  options: { signal?: AbortSignal; onProgress?: (progress: RemovalProgress) => void } = {}
): Promise<Freed<RemovalResult>> {
  const chosen = (await findLeftovers(place, options)).filter(({ id }) => ids.includes(id));
  const kept = chosen.find(({ problem }) => problem !== undefined);
  if (kept !== undefined) {
    throw new BedrockImportError({
      code: 'LEFTOVER_KEPT',
      message: `${kept.label}: not deleted here.`,
      subject: kept.within,
      nextStep: kept.problem ?? '',
      kind: 'blocked'
    });
  }
  const agreed = new Set(shown);
  const touched = chosen.map(({ within }) => within);
  const work = async (): Promise<RemovalResult> => {
    const total: RemovalResult = { removed: 0, bytes: 0, left: [] };
    for (const { paths, within } of chosen) {
      const some = paths.filter(path => agreed.has(path));
      const { removed, bytes, left } = await removeAll(some, within, options);
      total.removed += removed;
      total.bytes += bytes;
      total.left.push(...left);
    }
    return total;
  };
  return measureFreed(touched, work, place.root);
}
