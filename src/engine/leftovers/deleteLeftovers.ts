import { BedrockImportError } from '../errors';
import { measureFreed, removeAll, Removals } from '../removal';
import type { Freed, RemovalOptions, RemovalResult } from '../removal';
import type { FoundLeftover } from './findLeftovers';

/**
 * Deletes leftovers, and of them nothing that was not shown.
 *
 * @param found As they are right now.
 * @param shown The paths that the user has seen.
 * @param root JupyterLab's root folder, whose available bytes are told.
 * @throws BedrockImportError `LEFTOVER_KEPT` (blocked), `CANCELLED`
 */
export async function deleteLeftovers(
  found: readonly FoundLeftover[],
  { shown, root }: { shown: readonly string[]; root: string },
  options: Omit<RemovalOptions, 'within'> = {}
): Promise<Freed<RemovalResult>> {
  requireDeletable(found);
  const agreed = new Set(shown);
  const work = async (): Promise<RemovalResult> => {
    const removals = new Removals(options.onProgress);
    for (const { paths, within } of found) {
      const some = paths.filter(path => agreed.has(path));
      removals.add(await removeAll(some, { ...options, onProgress: removals.tell, within }));
    }
    return removals.total;
  };
  return measureFreed(
    found.map(({ within }) => within),
    work,
    root
  );
}

/** @throws BedrockImportError `LEFTOVER_KEPT` (blocked) */
export function requireDeletable(leftovers: readonly FoundLeftover[]): void {
  const kept = leftovers.find(({ problem }) => problem !== undefined);
  if (kept !== undefined) {
    throw new BedrockImportError({
      code: 'LEFTOVER_KEPT',
      message: `${kept.label}: not deleted here.`,
      subject: kept.within,
      nextStep: kept.problem ?? '',
      kind: 'blocked'
    });
  }
}
