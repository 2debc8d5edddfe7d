import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, link, lstat, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';

import { codeOf, isMissing, syncFolder, writeAll } from '../disk';

/** Files and folders of the state folder are for their owner only. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** What lies in the way of writing in the state folder, such as a symbolic link. */
export class StateFolderError extends Error {}

export { codeOf, isMissing };

/** One line that says why a file could not be written or read, for a warning. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  const known: Record<string, string> = {
    ENOSPC: 'no space is left on the disk',
    EDQUOT: 'the disk quota is used up',
    EROFS: 'the file system is read-only',
    EACCES: 'permission denied',
    EPERM: 'operation not permitted',
    EFBIG: 'the file would be larger than allowed'
  };
  if (code !== undefined && known[code] !== undefined) {
    return known[code];
  }
  if (error instanceof Error) {
    // Deno's refusals have a name of their own and no code.
    return error.name === 'NotCapable' ? 'this process may not write there' : error.message;
  }
  return String(error);
}

/**
 * Makes a folder that only its owner can enter; one that exists is narrowed when it is ours. Its parent
 * must exist, unless `parents` says to make those too.
 *
 * @throws StateFolderError when something else than a folder is there.
 */
export async function ensureFolder(
  path: string,
  options: { parents?: boolean } = {}
): Promise<void> {
  await mkdir(path, { mode: FOLDER_MODE, recursive: options.parents === true }).catch(
    (error: unknown) => {
      if (codeOf(error) !== 'EEXIST') {
        throw error;
      }
    }
  );
  const stats = await lstat(path);
  if (!stats.isDirectory()) {
    throw new StateFolderError(`${path} is not a folder.`);
  }
  const ours = process.getuid === undefined || stats.uid === process.getuid();
  if (ours && (stats.mode & 0o777) !== FOLDER_MODE) {
    await chmod(path, FOLDER_MODE);
  }
}

/** Replaces a file at once: a reader sees the old text or the new one, also after a power failure. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await writeFresh(temporary, text);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(path));
}

/**
 * Makes a file that did not exist. Others see it whole or not at all, where the file system has links.
 *
 * @throws with code `EEXIST` when it does exist.
 */
export async function createNew(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeFresh(temporary, text);
    await link(temporary, path);
  } catch (error) {
    const code = codeOf(error);
    if (code !== undefined && !['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(code)) {
      throw error;
    }
    await writeFresh(path, text);
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

async function writeFresh(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', FILE_MODE);
  try {
    await writeAll(file, Buffer.from(text, 'utf8'));
    await file.sync();
  } catch (error) {
    await file.close();
    await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
  await file.close();
}

/** The text of a file, or `undefined` when there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) {
      return undefined;
    }
    throw error;
  }
}

/**
 * Opens a regular file for reading and adding, and makes it when it is not there. Never through a
 * symbolic link: Deno does not know O_NOFOLLOW, so the file is looked at before and after.
 */
export async function openForAppend(path: string): Promise<FileHandle> {
  const before = await lstat(path).catch((error: unknown) => {
    if (isMissing(error)) {
      return undefined;
    }
    throw error;
  });
  if (before !== undefined && !before.isFile()) {
    throw new StateFolderError(`${path} is not a regular file.`);
  }
  const { O_RDWR, O_APPEND, O_CREAT, O_EXCL } = constants;
  const file = await open(
    path,
    before === undefined ? O_RDWR | O_APPEND | O_CREAT | O_EXCL : O_RDWR | O_APPEND,
    FILE_MODE
  );
  const opened = await file.stat();
  if (before !== undefined && (before.ino !== opened.ino || before.dev !== opened.dev)) {
    await file.close();
    throw new StateFolderError(`${path} was replaced while it was opened.`);
  }
  if ((opened.mode & 0o777) !== FILE_MODE) {
    await file.chmod(FILE_MODE).catch(() => undefined);
  }
  return file;
}
