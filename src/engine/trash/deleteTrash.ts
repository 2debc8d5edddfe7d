import { lstat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { bytesOnDisk, codeOf, inTurns, isMissing } from '../disk';
import { BedrockImportError, throwIfCancelled } from '../errors';
import { finishRemovals, isMovedUp, measureFreed, Removals, removeTree } from '../removal';
import type { RemovalProgress, RemovalResult } from '../removal';
import { infoFile, namesIn } from './listTrash';
import { requireItem } from './restoreTrash';
import { foreignTrash, notListed, notTouched } from './trashErrors';
import type { TrashPlace } from './trashFolders';
import { findAllTrash } from './trashPlaces';
import type { FoundTrash } from './trashPlaces';

/** What is to be deleted for good, as `listTrash` names it. */
export interface TrashDeletion {
  /** Ids of single items. */
  items?: readonly string[];
  /** Paths of folders that are to be emptied. */
  folders?: readonly string[];
  /** Paths of folders of other users that may be deleted from. */
  foreign?: readonly string[];
}

export interface TrashDeletionResult extends RemovalResult {
  /** What the file systems have more of than before, in bytes; others write meanwhile. */
  freedBytes: number;
  /** Of the file system of the JupyterLab root. */
  availableBefore: number;
  availableAfter: number;
}

/**
 * Deletes from the trash for good. The trash folders themselves stay, and what is put into the trash
 * meanwhile. What cannot be deleted is in `left`.
 *
 * @throws BedrockImportError `TRASH_ITEM_UNKNOWN` (usage), `TRASH_UNSAFE`, `TRASH_FOREIGN`; then nothing
 *   was deleted. `CANCELLED`, after which what was not yet deleted is still in the trash.
 */
export async function deleteTrash(
  place: TrashPlace,
  deletion: TrashDeletion,
  options: { signal?: AbortSignal; onProgress?: (progress: RemovalProgress) => void } = {}
): Promise<TrashDeletionResult> {
  const found = await findAllTrash(place);
  const allowed = new Set(deletion.foreign);
  const folders = (deletion.folders ?? []).map(path => requireFolder(found, path, allowed));
  const items = (deletion.items ?? []).map(id => {
    const trash = requireItem(found, id);
    if (!isItemOf(trash.path, id)) {
      throw notListed(id);
    }
    return { id, trash: requireFolder(found, trash.path, allowed) };
  });
  const removals = new Removals(options.onProgress);
  const counted: Options = { signal: options.signal, onProgress: removals.tell };
  const work = async (): Promise<void> => {
    for (const { id, trash } of items) {
      removals.add(await deleteItem(trash, id, counted));
    }
    for (const trash of folders) {
      removals.add(await emptyFolder(trash, counted));
    }
  };
  const touched = [...folders, ...items.map(({ trash }) => trash)].map(({ path }) => path);
  const freed = await measureFreed(touched, work, place.root);
  const { freedBytes, availableBefore, availableAfter } = freed;
  return { ...removals.total, freedBytes, availableBefore, availableAfter };
}

type Options = Parameters<typeof deleteTrash>[2] & object;

function requireFolder(
  found: readonly FoundTrash[],
  path: string,
  allowed: ReadonlySet<string>
): FoundTrash {
  const trash = found.find(candidate => candidate.path === path);
  if (trash === undefined) {
    throw notListed(path);
  }
  if (trash.problem !== undefined) {
    throw notTouched(path, trash.problem);
  }
  if (trash.foreign && !allowed.has(path)) {
    throw foreignTrash(path, trash.userId);
  }
  return trash;
}

/** What was deleted into the trash, or what a deletion that was broken off has left. */
function isItemOf(within: string, id: string): boolean {
  const stored = basename(id);
  const isMoved = isMovedUp(stored) && id === join(within, stored);
  return isMoved || id === join(within, 'files', stored);
}

async function deleteItem(
  { path: within }: FoundTrash,
  id: string,
  options: Options
): Promise<RemovalResult> {
  const stored = basename(id);
  const result = await removeTree(id, { ...options, within });
  // The item first: without its .trashinfo it could not be restored after a break.
  if (dirname(id) !== within && (await isGone(id))) {
    result.removed += await unlinkInfo(within, infoFile(within, stored), result);
  }
  return result;
}

async function emptyFolder({ path: within }: FoundTrash, options: Options): Promise<RemovalResult> {
  const removals = new Removals(options.onProgress);
  removals.add(await finishRemovals({ ...options, within }));
  const files = join(within, 'files');
  // Before the items are deleted: what is put into the trash meanwhile keeps its .trashinfo.
  const infos = await namesIn(join(within, 'info'));
  const facts = await lstat(files).catch(() => undefined);
  if (facts?.isDirectory() === true) {
    removals.add(await removeTree(files, { ...options, onProgress: removals.tell, within }));
  } else if (facts !== undefined) {
    throw notTouched(files, `${files} is a link or no folder.`);
  }
  const result = removals.total;
  const removed = await inTurns(
    infos.filter(name => name.endsWith('.trashinfo')),
    async name => {
      const gone = await isGone(join(files, name.slice(0, -'.trashinfo'.length)));
      return gone ? unlinkInfo(within, join(within, 'info', name), result) : 0;
    },
    () => throwIfCancelled(options.signal, within)
  );
  result.removed += removed.reduce((sum, number) => sum + number, 0);
  result.removed += await unlinkInfo(within, join(within, 'directorysizes'), result);
  return result;
}

async function isGone(path: string): Promise<boolean> {
  return lstat(path).then(() => false, isMissing);
}

async function unlinkInfo(within: string, file: string, result: RemovalResult): Promise<number> {
  const folder = await lstat(join(file, '..')).catch(() => undefined);
  if (folder?.isDirectory() !== true) {
    return 0;
  }
  const facts = await lstat(file).catch(() => undefined);
  try {
    await unlink(file);
    result.bytes += facts === undefined ? 0 : bytesOnDisk(facts);
    return 1;
  } catch (error) {
    if (!isMissing(error) && facts !== undefined) {
      result.left.push({
        path: file,
        error: new BedrockImportError({
          code: 'REMOVAL_FAILED',
          message: `It cannot be deleted (${codeOf(error) ?? 'unknown error'}).`,
          subject: within,
          nextStep: 'What it describes is deleted; this small file can stay.',
          cause: error
        })
      });
    }
    return 0;
  }
}
