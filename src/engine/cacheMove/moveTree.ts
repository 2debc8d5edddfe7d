import { lstat, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { codeOf } from '../disk';
import { ChangedMeanwhile } from './content';
import { makeRoom, placeFile, placeFolder, placeLink, placeName } from './place';
import type { Placed } from './place';
import { scanTree, topOf, WORK_FOLDER } from './scanTree';
import type { MovedTree, MoveOptions, TreeEntry } from './types';

const MOST_WARNINGS = 20;

/** What was found to be in the new place, and of what state of the old file that was said. */
export type Settled = Map<string, string>;

/**
 * Brings everything of a cache to its new place, and leaves in the old one what cannot be moved. It can be
 * ended at any point and begun again: what is there is looked at, and nothing is believed that was noted.
 * On one disk files get a second name, else they are copied; the old ones stay.
 *
 * @throws ChangedMeanwhile, the signal's reason, and what the disk throws
 */
export async function moveTree(
  from: string,
  to: string,
  options: MoveOptions & { sameDisk: boolean; settled: Settled }
): Promise<MovedTree> {
  const { signal, settled, onProgress, onWarning } = options;
  const startedAt = Date.now();
  const entries = await scanTree(from, signal);
  const kept = new Set<string>();
  let warnings = 0;
  const warn = (message: string): void => {
    warnings += 1;
    if (warnings <= MOST_WARNINGS) {
      onWarning?.(message);
    }
  };
  const files = entries.filter(({ kind }) => kind === 'file');
  const links = entries.filter(({ kind }) => kind === 'link');
  const totalBytes = [...new Map(files.map(file => [file.inode, file.sizeBytes])).values()].reduce(
    (sum, size) => sum + size,
    0
  );
  let movedBytes = 0;
  let filesDone = 0;
  const tell = (): void => {
    const seconds = (Date.now() - startedAt) / 1000;
    onProgress?.({
      totalBytes,
      movedBytes: Math.min(movedBytes, totalBytes),
      filesTotal: files.length + links.length,
      filesDone,
      bytesPerSecond: seconds > 0 ? movedBytes / seconds : 0
    });
  };
  const take = (entry: TreeEntry, placed: Placed): void => {
    if (placed.done) {
      settled.set(entry.path, stateOf(entry));
    } else {
      kept.add(topOf(entry.path));
      warn(`${join(from, entry.path)} stays where it is: ${placed.why}.`);
    }
  };

  await makeRoom(to);
  await rm(join(to, WORK_FOLDER), { recursive: true, force: true });
  for (const entry of entries) {
    if (entry.kind === 'folder') {
      take(entry, await placeFolder(to, entry));
    } else if (entry.kind === 'other') {
      take(entry, { done: false, why: 'it is on another disk, no file, or cannot be read' });
    }
  }
  const firstNames = new Map<bigint, string>();
  for (const entry of files) {
    signal.throwIfAborted();
    const first = options.sameDisk ? undefined : firstNames.get(entry.inode);
    const before = movedBytes;
    if (first !== undefined) {
      take(entry, await placeName(to, entry, first));
    } else if (settled.get(entry.path) === stateOf(entry) && (await isStillThere(to, entry))) {
      movedBytes += entry.sizeBytes;
    } else if (!kept.has(topOf(entry.path)) || (await hasParent(to, entry))) {
      const placed = await placeFile(
        {
          from,
          to,
          entry,
          signal,
          onBytes: bytes => {
            movedBytes += bytes;
            tell();
          },
          onWarning: warn
        },
        options.sameDisk
      );
      take(entry, placed);
      movedBytes = before + entry.sizeBytes;
    }
    if (settled.has(entry.path)) {
      firstNames.set(entry.inode, firstNames.get(entry.inode) ?? entry.path);
    }
    filesDone += 1;
    tell();
  }
  const byPath = new Map(entries.map(entry => [entry.path, entry]));
  for (const entry of links) {
    signal.throwIfAborted();
    if (await hasParent(to, entry)) {
      take(
        entry,
        await placeLink({ from, to, entry, entries: byPath, sameDisk: options.sameDisk })
      );
    }
    filesDone += 1;
  }
  tell();
  if (warnings > MOST_WARNINGS) {
    onWarning?.(`${warnings - MOST_WARNINGS} more entries stay where they are.`);
  }
  await rm(join(to, WORK_FOLDER), { recursive: true, force: true });
  await syncFolders(to, entries);
  return { files: files.length + links.length, bytes: totalBytes, kept };
}

/**
 * Moves a whole cache by one rename, where its new place is free and on the same disk.
 *
 * @returns whether it was done; a second mount of the same disk does not allow it
 */
export async function renameWhole(from: string, to: string): Promise<boolean> {
  const there = await lstat(to).catch(() => undefined);
  if (there !== undefined && (!there.isDirectory() || (await readdir(to)).length > 0)) {
    return false;
  }
  await makeRoom(join(to, '..'));
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (['EXDEV', 'EBUSY', 'ENOTEMPTY', 'EEXIST'].includes(codeOf(error) ?? '')) {
      return false;
    }
    throw error;
  }
}

/** What changes when somebody writes to the entry or puts another one in its place. */
export function stateOf({ kind, inode, sizeBytes, modifiedMs, target }: TreeEntry): string {
  return kind === 'folder' ? kind : [kind, inode, sizeBytes, modifiedMs, target].join(' ');
}

async function isStillThere(to: string, entry: TreeEntry): Promise<boolean> {
  return (await lstat(join(to, entry.path)).catch(() => undefined)) !== undefined;
}

async function hasParent(to: string, entry: TreeEntry): Promise<boolean> {
  const parent = await lstat(join(to, entry.path, '..')).catch(() => undefined);
  return parent?.isDirectory() === true;
}

/** The names have to be on the disk before the old ones are deleted. */
async function syncFolders(to: string, entries: readonly TreeEntry[]): Promise<void> {
  for (const path of [
    '',
    ...entries.flatMap(({ kind, path: own }) => (kind === 'folder' ? [own] : []))
  ]) {
    try {
      const folder = await open(join(to, path), 'r');
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    } catch {
      // File systems that cannot do this lose nothing by it.
      return;
    }
  }
}

export { ChangedMeanwhile };
