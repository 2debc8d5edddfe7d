import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfCancelled } from '../../errors';
import type { LeftOutFile, ModelFile } from '../../model';
import { mapInParallel } from '../destination';
import { folderError, folderTooLarge, isGone, unreadable } from './folderErrors';
import { liesInside } from './folderRoots';
import type { FolderRoots } from './folderRoots';

/** More than any model has; a home folder or a disk reaches it soon. */
const MAX_ENTRIES = 100_000;
const STATS_AT_ONCE = 16;

export interface FolderListing {
  files: ModelFile[];
  leftOut: LeftOutFile[];
  /** Those of `leftOut` that are files and could not be used: links that lead nowhere or outside, and the like. */
  unusable: LeftOutFile[];
}

/** What a name stands for. */
type Found = { file: ModelFile } | { leftOut: LeftOutFile; unusable: boolean };

/**
 * All files under a folder with size and time. Links to files are followed when they stay inside; links
 * to folders, hidden folders and what is no file are passed over, with the reason.
 *
 * @throws BedrockImportError `FOLDER_UNREADABLE`, `FOLDER_TOO_LARGE`, `CANCELLED`
 */
export async function listFolder(
  roots: FolderRoots,
  signal: AbortSignal | undefined
): Promise<FolderListing> {
  const listing: FolderListing = { files: [], leftOut: [], unusable: [] };
  const waiting = [''];
  let entries = 0;
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    throwIfCancelled(signal, roots.shown);
    const inFolder = await entriesOf(roots, folder);
    entries += inFolder.length;
    if (entries > MAX_ENTRIES) {
      throw folderTooLarge(roots.shown, MAX_ENTRIES);
    }
    const rest: Dirent[] = [];
    for (const entry of inFolder) {
      const path = folder + entry.name;
      if (!entry.isDirectory()) {
        rest.push(entry);
      } else if (entry.name.startsWith('.')) {
        listing.leftOut.push({ path: `${path}/`, sizeBytes: 0, reason: 'hidden folder' });
      } else {
        waiting.push(`${path}/`);
      }
    }
    const parent = folder;
    for (const found of await mapInParallel(rest, STATS_AT_ONCE, entry =>
      look(roots, parent + entry.name, entry)
    )) {
      if ('file' in found) {
        listing.files.push(found.file);
      } else {
        listing.leftOut.push(found.leftOut);
        if (found.unusable) {
          listing.unusable.push(found.leftOut);
        }
      }
    }
  }
  const byPath = (a: { path: string }, b: { path: string }): number => (a.path < b.path ? -1 : 1);
  listing.files.sort(byPath);
  listing.leftOut.sort(byPath);
  return listing;
}

async function entriesOf(roots: FolderRoots, folder: string): Promise<Dirent[]> {
  const path = join(roots.real, folder);
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    throw folder === ''
      ? folderError(roots.shown, error)
      : unreadable(join(roots.shown, folder.slice(0, -1)), error);
  }
}

async function look(roots: FolderRoots, path: string, entry: Dirent): Promise<Found> {
  const unusable = (reason: string): Found => ({
    leftOut: { path, sizeBytes: 0, reason },
    unusable: true
  });
  // What is no UTF-8 arrives with replacement characters and cannot be opened by that name.
  if (path.includes('\uFFFD')) {
    return unusable('its name is not UTF-8');
  }
  // XML 1.0, in which S3 lists keys, cannot express most of them.
  if (/\p{Cc}/u.test(path)) {
    return unusable('its name holds a control character, which listings of S3 cannot show');
  }
  const absolute = join(roots.real, path);
  const link = entry.isSymbolicLink();
  try {
    const facts = await stat(absolute);
    if (link && facts.isDirectory()) {
      return { leftOut: { path, sizeBytes: 0, reason: 'a link to a folder' }, unusable: false };
    }
    if (link && !liesInside(roots, await realpath(absolute))) {
      return unusable('a link that leads out of the folder');
    }
    if (!facts.isFile()) {
      return unusable('not a file but a device, a pipe or a socket');
    }
    return {
      file: { path, sizeBytes: facts.size, modifiedMs: Math.floor(facts.mtimeMs) }
    };
  } catch (error) {
    if (isGone(error)) {
      return unusable(link ? 'a link that leads nowhere' : 'vanished while the folder was listed');
    }
    throw unreadable(join(roots.shown, path), error);
  }
}
