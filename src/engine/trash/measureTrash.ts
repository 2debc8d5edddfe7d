import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { deviceOf, measureFolder } from '../disk';
import { findTrashFolders } from './trashFolders';
import type { TrashPlace } from './trashFolders';

export interface TrashFolderSize {
  path: string;
  /** What was deleted one by one: a folder with all in it is one item. */
  items: number;
  /** What it takes from the disk. */
  bytes: number;
  /** Whether that is the disk of the JupyterLab root. */
  onRootDisk: boolean;
}

export interface TrashSize {
  folders: TrashFolderSize[];
  /** Files and folders that could not be looked at. */
  unreadable: number;
}

/**
 * What the user's trash holds; nothing is changed.
 *
 * @throws BedrockImportError `CANCELLED`
 */
export async function measureTrash(
  place: TrashPlace,
  { signal }: { signal?: AbortSignal } = {}
): Promise<TrashSize> {
  const rootDevice = await deviceOf(place.root);
  const folders: TrashFolderSize[] = [];
  let unreadable = 0;
  for (const path of await findTrashFolders(place)) {
    const size = await measureFolder(path, { signal });
    // Missing when somebody removed it in this moment.
    if (size !== undefined) {
      unreadable += size.unreadable;
      folders.push({
        path,
        items: await countItems(path),
        bytes: size.bytes,
        onRootDisk: (await deviceOf(path)) === rootDevice
      });
    }
  }
  return { folders, unreadable };
}

/** The specification keeps the items themselves in `files`. */
async function countItems(trash: string): Promise<number> {
  const files = join(trash, 'files');
  const facts = await lstat(files).catch(() => undefined);
  if (!facts?.isDirectory()) {
    return 0;
  }
  return (await readdir(files).catch(() => [])).length;
}
