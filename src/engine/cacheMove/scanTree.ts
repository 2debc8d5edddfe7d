import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

import { isMissing } from '../disk';
import { isMovedUp } from '../removal';
import type { TreeEntry } from './types';

/** Half-written copies; one folder for all, so that nothing has to be looked for. */
export const WORK_FOLDER = '.bedrock-import-move';

/**
 * Everything in a cache, folders before what is in them. Links are not followed and other file systems
 * not entered. Locks and half-written copies are left out: they are of no use elsewhere.
 *
 * @param options.only - One of the top entries, and what is in it.
 * @throws the signal's reason, and what the disk says of the cache itself
 */
export async function scanTree(
  root: string,
  signal: AbortSignal,
  options: { only?: string } = {}
): Promise<TreeEntry[]> {
  const { only } = options;
  const entries: TreeEntry[] = [];
  const { dev } = await lstat(root, { bigint: true });
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    signal.throwIfAborted();
    const names = await namesIn(join(root, folder), folder === '');
    for (const name of folder === '' && only !== undefined ? [only] : names) {
      const path = folder === '' ? name : `${folder}/${name}`;
      if (isOfNoUse(path)) {
        continue;
      }
      const entry = await look(root, path, dev);
      if (entry !== undefined) {
        entries.push(entry);
        if (entry.kind === 'folder') {
          folders.push(path);
        }
      }
    }
  }
  return entries;
}

/** The first part of a path, which is what is freed as a whole. */
export function topOf(path: string): string {
  return path.split('/', 1)[0] ?? path;
}

function isOfNoUse(path: string): boolean {
  return (
    path === '.locks' ||
    path === WORK_FOLDER ||
    isMovedUp(path) ||
    /^blobs\/[0-9a-f]{2}\/[0-9a-f]{64}\.lock$/.test(path)
  );
}

async function namesIn(folder: string, isRoot: boolean): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isRoot) {
      throw error;
    }
    // Gone meanwhile, or not to be read: what is made of it shows when it is freed.
    return [];
  }
}

async function look(root: string, path: string, device: bigint): Promise<TreeEntry | undefined> {
  const absolute = join(root, path);
  try {
    const facts = await lstat(absolute, { bigint: true });
    const kind =
      facts.dev !== device
        ? 'other'
        : facts.isDirectory()
          ? (await isReadable(absolute))
            ? 'folder'
            : 'other'
          : facts.isFile()
            ? 'file'
            : facts.isSymbolicLink()
              ? 'link'
              : 'other';
    return {
      path,
      kind,
      sizeBytes: kind === 'file' ? Number(facts.size) : 0,
      modifiedMs: Number(facts.mtimeNs / 1000n) / 1000,
      mode: Number(facts.mode & 0o777n),
      device: facts.dev,
      inode: facts.ino,
      names: facts.nlink,
      ...(kind === 'link' ? { target: await readlink(absolute) } : {})
    };
  } catch (error) {
    // A name that is no UTF-8 is there and cannot be named.
    const isGone = isMissing(error) && !path.includes('\ufffd');
    return isGone
      ? undefined
      : {
          path,
          kind: 'other',
          sizeBytes: 0,
          modifiedMs: 0,
          mode: 0,
          device,
          inode: 0n,
          names: 0n
        };
  }
}

async function isReadable(folder: string): Promise<boolean> {
  return readdir(folder).then(
    () => true,
    () => false
  );
}
