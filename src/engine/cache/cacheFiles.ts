import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the files of a repository's `refs` name. */
export async function refsOf(
  folder: string
): Promise<{ name: string; commit: string; path: string }[]> {
  const paths = await namesBelow(folder);
  const refs = await Promise.all(
    paths.map(async path => ({
      name: path.slice(folder.length + 1),
      path,
      commit: (await readSmall(path))?.trim() ?? ''
    }))
  );
  return refs;
}

/** A link among the refs is not read: it may lead anywhere. */
export async function readSmall(path: string): Promise<string | undefined> {
  const facts = await lstat(path).catch(() => undefined);
  return facts?.isFile() === true && facts.size < 1000
    ? await readFile(path, 'utf8').catch(() => undefined)
    : undefined;
}

export async function isFolder(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isDirectory() === true;
}

/** Real folders in a real folder. */
export async function foldersIn(path: string): Promise<string[]> {
  if (!(await isFolder(path))) {
    return [];
  }
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries.filter(entry => entry.isDirectory()).map(({ name }) => name);
}

/** Everything below a real folder that is no folder, by absolute path. */
export async function namesBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  const waiting = (await isFolder(folder)) ? [folder] : [];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const entry of await readdir(next, { withFileTypes: true }).catch(() => [])) {
      const path = join(next, entry.name);
      (entry.isDirectory() ? waiting : found).push(path);
    }
  }
  return found;
}
