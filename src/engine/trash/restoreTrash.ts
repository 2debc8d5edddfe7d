import { chmod, link, lstat, mkdir, open, rename, stat, unlink } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';

import { codeOf, isMissing } from '../disk';
import { BedrockImportError } from '../errors';
import { infoFile, readInfo } from './listTrash';
import { alreadyThere, cannotRestore, notListed, notTouched, restoreFailed } from './trashErrors';
import type { TrashPlace } from './trashFolders';
import { isBelow } from './trashInfo';
import { findAllTrash } from './trashPlaces';
import type { FoundTrash } from './trashPlaces';

export interface RestoreOptions {
  /** A folder to put the items in, under their own names, instead of where they were. */
  to?: string;
}

export interface RestoreResult {
  restored: { id: string; path: string }[];
  failed: { id: string; error: BedrockImportError }[];
}

/**
 * Puts items of the trash back. Nothing is overwritten, and nothing is put behind a link, on another
 * volume, or outside of the volume that the trash is of (for the trash of the home: outside of home and
 * root). Missing folders on the way are made. What cannot be restored stays in the trash.
 *
 * @param ids As `listTrash` gives them.
 */
export async function restoreTrash(
  place: TrashPlace,
  ids: readonly string[],
  options: RestoreOptions = {}
): Promise<RestoreResult> {
  const folders = await findAllTrash(place);
  const result: RestoreResult = { restored: [], failed: [] };
  for (const id of ids) {
    try {
      const trash = requireItem(folders, id);
      result.restored.push({ id, path: await restoreOne(place, trash, id, options) });
    } catch (error) {
      if (!(error instanceof BedrockImportError)) {
        throw error;
      }
      result.failed.push({ id, error });
    }
  }
  return result;
}

/** The folder of an item. @throws BedrockImportError `TRASH_ITEM_UNKNOWN` (usage), `TRASH_UNSAFE` */
export function requireItem(folders: readonly FoundTrash[], id: string): FoundTrash {
  const trash = folders.find(({ path }) => dirname(dirname(id)) === path || dirname(id) === path);
  if (trash === undefined || resolve(id) !== id) {
    throw notListed(id);
  }
  if (trash.problem !== undefined) {
    throw notTouched(trash.path, trash.problem);
  }
  return trash;
}

async function restoreOne(
  place: TrashPlace,
  trash: FoundTrash,
  id: string,
  { to }: RestoreOptions
): Promise<string> {
  const files = join(trash.path, 'files');
  const folder = await lstat(files).catch(() => undefined);
  if (dirname(id) !== files || folder?.isDirectory() !== true) {
    throw notListed(id);
  }
  const facts = await lstat(id).catch(() => undefined);
  if (facts === undefined) {
    throw notListed(id);
  }
  const { originalPath, problem } = await readInfo(trash, basename(id));
  const name = originalPath === undefined ? basename(id) : basename(originalPath);
  if (originalPath === undefined && to === undefined) {
    throw cannotRestore(id, problem ?? 'The trash does not say where it was.', ANOTHER_FOLDER);
  }
  const target = to === undefined ? (originalPath ?? '') : join(resolve(to), name);
  const bases =
    to === undefined ? (trash.top === undefined ? homeBases(place) : [trash.top]) : [resolve(to)];
  const base = bases.find(candidate => isBelow(target, candidate));
  if (base === undefined || (isBelow(target, trash.path) && to === undefined)) {
    throw cannotRestore(id, `${target} lies outside of what is restored to.`, ANOTHER_FOLDER);
  }
  await makeWay(base, dirname(target), facts, id);
  await putThere(id, target, facts);
  await forget(infoFile(trash.path, basename(id)));
  return target;
}

/** A link in the place of `info` leads to files that are not the trash's. */
async function forget(info: string): Promise<void> {
  const folder = await lstat(dirname(info)).catch(() => undefined);
  if (folder?.isDirectory() === true) {
    await unlink(info).catch(() => undefined);
  }
}

const ANOTHER_FOLDER = 'Restore it to a folder that you choose (in a terminal: --to FOLDER).';

function homeBases({ homeDirectory, root }: TrashPlace): string[] {
  return [root, homeDirectory];
}

/** Makes missing folders, and refuses a way by a link or to another volume. */
async function makeWay(base: string, parent: string, item: Stats, id: string): Promise<void> {
  const names = relative(base, parent).split(sep).filter(Boolean);
  let folder = base;
  // The folder to begin with may itself be reached by links, as home folders are.
  await requireFolder(folder, item, id, false);
  for (const name of names) {
    folder = join(folder, name);
    if ((await lstat(folder).catch(() => undefined)) === undefined) {
      await mkdir(folder).catch((error: unknown) => {
        if (codeOf(error) !== 'EEXIST') {
          throw restoreFailed(folder, error);
        }
      });
    }
    await requireFolder(folder, item, id, true);
  }
}

async function requireFolder(
  folder: string,
  item: Stats,
  id: string,
  exactly: boolean
): Promise<void> {
  const facts = await (exactly ? lstat(folder) : stat(folder)).catch((error: unknown) => {
    throw restoreFailed(folder, error);
  });
  if (!facts.isDirectory()) {
    throw cannotRestore(id, `${folder} is a link or no folder any more.`, ANOTHER_FOLDER);
  }
  if (facts.dev !== item.dev) {
    throw cannotRestore(
      id,
      `${folder} lies on another volume than the trash.`,
      'Choose a folder on the same volume; the item can be moved on from there.'
    );
  }
}

async function putThere(id: string, target: string, facts: Stats): Promise<void> {
  if (facts.isDirectory()) {
    await requireFree(target);
    await moveFolder(id, target, facts.mode);
    return;
  }
  try {
    // Unlike a rename, a second name never takes the place of another file.
    await link(id, target);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') {
      throw alreadyThere(target);
    }
    if (isMissing(error)) {
      throw notListed(id);
    }
    // Not every file system has second names, and not every file may get one.
    await moveFile(id, target);
    return;
  }
  await unlink(id).catch(() => undefined);
}

/** Takes the name first, which fails where it is another file's, so that the move replaces nothing else. */
async function moveFile(id: string, target: string): Promise<void> {
  const own = await open(target, 'wx').catch((error: unknown) => {
    throw codeOf(error) === 'EEXIST' ? alreadyThere(target) : restoreFailed(target, error);
  });
  await own.close();
  await rename(id, target).catch(async (cause: unknown) => {
    await unlink(target).catch(() => undefined);
    throw restoreFailed(target, cause);
  });
}

async function requireFree(target: string): Promise<void> {
  const found = await lstat(target).catch((error: unknown) => {
    if (!isMissing(error)) {
      throw restoreFailed(target, error);
    }
  });
  if (found !== undefined) {
    throw alreadyThere(target);
  }
}

async function moveFolder(id: string, target: string, mode: number): Promise<void> {
  try {
    await rename(id, target);
  } catch (error) {
    if (codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST') {
      throw alreadyThere(target);
    }
    if (codeOf(error) !== 'EACCES' || (mode & 0o200) !== 0) {
      throw restoreFailed(target, error);
    }
    // Its owner may not write in it, so that its `..` cannot be changed.
    try {
      await chmod(id, 0o700);
      await rename(id, target);
      await chmod(target, mode & 0o7777);
    } catch (cause) {
      throw restoreFailed(target, cause);
    }
  }
}
