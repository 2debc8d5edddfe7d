import { link, lstat, mkdir, readFile, realpath, stat, symlink } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';

import { codeOf } from '../disk';
import { hashesOf, hashInName } from './content';
import { copyVerified, isCopied } from './copyFile';
import type { CopyTask } from './copyFile';
import type { TreeEntry } from './types';
import { writeAside } from './writeAside';

/** Which names of blobs refer to a file of the shared store, one a line (huggingface_hub, `_shared_blobs.py`). */
const REFERENCES = /^blobs\/[0-9a-f]{2}\/[0-9a-f]{64}\.refs$/;

/** Where a chain of links that lead to each other ends. */
const MOST_LINKS = 40;

/** What became of an entry: in the new place, or left where it was. */
export type Placed = { done: true } | { done: false; why: string };

const DONE: Placed = { done: true };
const left = (why: string): Placed => ({ done: false, why });

export async function placeFolder(to: string, entry: TreeEntry): Promise<Placed> {
  const path = join(to, entry.path);
  try {
    // Its owner must be able to write in it, whatever it was before.
    await mkdir(path, { mode: entry.mode | 0o700 });
    return DONE;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') {
      throw error;
    }
  }
  return (await lstat(path)).isDirectory() ? DONE : left('something else is there');
}

/** One of the files that have several names gets its other ones. */
export async function placeName(to: string, entry: TreeEntry, first: string): Promise<Placed> {
  const path = join(to, entry.path);
  const there = await lstat(path).catch(() => undefined);
  const wanted = await lstat(join(to, first));
  if (there === undefined) {
    await link(join(to, first), path);
    return DONE;
  }
  return there.ino === wanted.ino && there.dev === wanted.dev
    ? DONE
    : left('another file is there');
}

/**
 * A file that is in the new place already counts when it has the same content. Of two that differ, the one
 * that its name describes stays, else the newer one; what refers to the shared store is put together.
 *
 * @param sameDisk - The file gets a second name, which needs no room, and the old one is left until all is done.
 */
export async function placeFile(task: CopyTask, sameDisk: boolean): Promise<Placed> {
  const { from, to, entry, signal } = task;
  const path = join(to, entry.path);
  const there = await lstat(path, { bigint: true }).catch(() => undefined);
  if (there === undefined) {
    if (!sameDisk || !(await hasSecondName(join(from, entry.path), path))) {
      await copyVerified(task);
    }
    return DONE;
  }
  if (there.ino === entry.inode && there.dev === entry.device) {
    return DONE;
  }
  if (there.isSymbolicLink()) {
    return (await isHeldByLink(to, entry, signal)) ? DONE : left('a link is there');
  }
  if (!there.isFile()) {
    return left('something else is there');
  }
  if (await isCopied(from, to, entry, signal)) {
    return DONE;
  }
  if (REFERENCES.test(entry.path)) {
    await joinLines(join(from, entry.path), to, entry.path);
    return DONE;
  }
  const isNewer = entry.modifiedMs > Number(there.mtimeMs);
  if (hashInName(entry.path) !== undefined || isNewer) {
    // Copied also on one disk: what is there is replaced by something that was looked at.
    await copyVerified(task);
  }
  return DONE;
}

/** False where the file system knows no second names, or does not give one to this user. */
async function hasSecondName(path: string, second: string): Promise<boolean> {
  try {
    // link(2) gives a link its second name, not what it leads to.
    await link(path, second);
    return true;
  } catch (error) {
    if (['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(codeOf(error) ?? '')) {
      return false;
    }
    throw error;
  }
}

/** Newer clients keep the content in the shared store, and a link to it where older ones have a file. */
async function isHeldByLink(to: string, entry: TreeEntry, signal: AbortSignal): Promise<boolean> {
  const real = await realpath(join(to, entry.path)).catch(() => undefined);
  const named = hashInName(entry.path);
  if (real === undefined || named === undefined || !real.startsWith(`${await realpath(to)}/`)) {
    return false;
  }
  return (await hashesOf(real, signal))[named.algorithm] === named.hash;
}

async function joinLines(source: string, to: string, path: string): Promise<void> {
  const texts = await Promise.all([readFile(join(to, path), 'utf8'), readFile(source, 'utf8')]);
  const lines = new Set(texts.flatMap(text => text.split('\n')).filter(line => line !== ''));
  await writeAside(to, path, [...lines, ''].join('\n'));
}

export interface LinkTask {
  from: string;
  to: string;
  entry: TreeEntry;
  /** Everything in the cache, by its path. */
  entries: ReadonlyMap<string, TreeEntry>;
  sameDisk: boolean;
}

/**
 * A link stays a link where that is permitted. Elsewhere (Deno with permission for some folders only) it
 * becomes one more name of the file that it leads to, which huggingface_hub reads the same way. Where it
 * leads out of the cache, nothing of what is there is touched.
 */
export async function placeLink(task: LinkTask): Promise<Placed> {
  const { from, to, entry, sameDisk } = task;
  const path = join(to, entry.path);
  if ((await lstat(path).catch(() => undefined)) !== undefined) {
    return DONE;
  }
  const inside = targetInside(from, entry);
  if (inside === undefined) {
    return left('it is a link that leads out of the cache');
  }
  const isRelative = !posix.isAbsolute(entry.target ?? '');
  if (sameDisk && isRelative && (await hasSecondName(join(from, entry.path), path))) {
    return DONE;
  }
  // Relative, so that it leads to the new place.
  const target = posix.relative(posix.dirname(entry.path), inside);
  try {
    await symlink(target, path);
    return DONE;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') {
      return DONE;
    }
    if (codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT') {
      throw error;
    }
  }
  const file = await fileBehind(task, inside);
  if (file === undefined) {
    const isFolder = task.entries.get(inside)?.kind === 'folder';
    // A link to nothing carries nothing.
    return isFolder ? left('it is a link to a folder, which cannot be made here') : DONE;
  }
  await link(join(to, file), path);
  return DONE;
}

/** The path in the cache that a link leads to, as it is written. */
function targetInside(from: string, entry: TreeEntry): string | undefined {
  const target = entry.target ?? '';
  const absolute = posix.isAbsolute(target)
    ? posix.normalize(target)
    : posix.join(from, posix.dirname(entry.path), target);
  return absolute.startsWith(`${from}/`) ? absolute.slice(from.length + 1) : undefined;
}

async function fileBehind(task: LinkTask, first: string): Promise<string | undefined> {
  let path: string | undefined = first;
  for (let steps = 0; steps < MOST_LINKS && path !== undefined; steps++) {
    const entry = task.entries.get(path);
    if (entry === undefined || entry.kind === 'folder' || entry.kind === 'other') {
      return undefined;
    }
    if (entry.kind === 'file') {
      const there = await stat(join(task.to, path)).catch(() => undefined);
      return there?.isFile() === true ? path : undefined;
    }
    path = targetInside(task.from, entry);
  }
  return undefined;
}

/** Makes the folder that everything goes into. */
export async function makeRoom(to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await mkdir(to, { recursive: true });
}
