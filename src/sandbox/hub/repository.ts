import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { textBlobOid, type FileFacts, type FileHashes } from './fileHashes';
import type { GeneratedEntry } from './generatedContent';
import { GENERATED_HASHES_FILE, generatedFacts } from './generatedHashes';
import { readSettings, SETTINGS_FILE, type RepositorySettings } from './settings';

export interface RepositoryFile extends FileFacts {
  path: string;
  absolutePath: string;
  sizeBytes: number;
  mtimeMs: number;
  /** A file that is nowhere on disk; `absolutePath` is that of the settings then. */
  generated?: GeneratedEntry;
}

/** A folder `org/name` as it is now. */
export interface Repository {
  /** `org/name`. */
  id: string;
  settings: RepositorySettings;
  /** Sorted by path. */
  files: RepositoryFile[];
  /** Changes with every path, size and hash. */
  commitSha: string;
  lastModified: Date;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

export interface Repositories {
  /** Undefined when there is no such folder. Reads the disk each time: tests change files. */
  find(id: string): Promise<Repository | undefined>;
  /**
   * For one file of one commit. The repository as last read will do while that file is unchanged:
   * reading thousands of files for each of them would take hours.
   */
  findForFile(id: string, revision: string, path: string): Promise<Repository | undefined>;
  /**
   * The file that a key in S3 is named after: one whose path the key ends with, of this size when
   * one is given.
   */
  named(key: string, sizeBytes?: number): Promise<RepositoryFile | undefined>;
  /** Every `org/name`, sorted. */
  ids(): Promise<string[]>;
  /** Folders that are no models of the hub only because of their names. */
  misnamed(): Promise<string[]>;
}

export function openRepositories(
  modelsDirectory: string | undefined,
  hashes: FileHashes
): Repositories {
  const lastRead = new Map<string, Repository>();
  let hasReadAll = false;

  const find = async (id: string): Promise<Repository | undefined> => {
    const folder = await folderOf(id);
    const repository = folder === undefined ? undefined : await readRepository(id, folder, hashes);
    if (repository === undefined) {
      lastRead.delete(id);
    } else {
      lastRead.set(id, repository);
    }
    return repository;
  };

  const folderOf = async (id: string): Promise<string | undefined> => {
    const names = id.split('/');
    if (modelsDirectory === undefined || names.length !== 2 || !names.every(isName)) {
      return undefined;
    }
    const folder = join(modelsDirectory, ...names);
    return (await isFolder(folder)) ? folder : undefined;
  };

  return {
    find,
    findForFile: async (id, revision, path) => {
      const known = lastRead.get(id);
      const folder = await folderOf(id);
      const file =
        known?.commitSha === revision ? known.files.find(each => each.path === path) : undefined;
      if (known === undefined || folder === undefined || file === undefined) {
        return find(id);
      }
      return (await isUnchanged(file))
        ? { ...known, settings: await readSettings(folder) }
        : find(id);
    },
    named: async (key, sizeBytes) => {
      const search = () =>
        [...lastRead.values()]
          .flatMap(repository => repository.files)
          .find(
            file =>
              `/${key}`.endsWith(`/${file.path}`) &&
              (sizeBytes === undefined || file.sizeBytes === sizeBytes)
          );
      const found = search();
      if (found !== undefined || hasReadAll) {
        return found;
      }
      hasReadAll = true;
      for (const id of (await allIds(modelsDirectory)).filter(isId)) {
        await find(id);
      }
      return search();
    },
    ids: async () => (await allIds(modelsDirectory)).filter(isId).sort(),
    misnamed: async () => (await allIds(modelsDirectory)).filter(id => !isId(id)).sort()
  };
}

/** Whether the file on disk is still the one that was hashed. */
export async function isUnchanged(file: RepositoryFile): Promise<boolean> {
  if (file.generated !== undefined) {
    return true;
  }
  const stats = await stat(file.absolutePath).catch(() => undefined);
  return stats?.size === file.sizeBytes && stats.mtimeMs === file.mtimeMs;
}

async function readRepository(id: string, folder: string, hashes: FileHashes): Promise<Repository> {
  const found = await walk(folder, '');
  const settings = await readSettings(folder);
  const files: RepositoryFile[] = [];
  for (const file of found) {
    const facts = await hashes.of(file.absolutePath, file.path, {
      size: file.sizeBytes,
      mtimeMs: file.mtimeMs
    });
    files.push({ ...file, gitOid: facts.gitOid, sha256: facts.sha256 });
  }
  const onDisk = new Set(files.map(file => file.path));
  const generated = settings.generated.filter(entry => !onDisk.has(entry.path));
  files.push(...(await generatedFiles(folder, generated)));
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  const listing = createHash('sha1').update(id);
  for (const file of files) {
    listing.update(`\n${file.path}\0${file.sizeBytes}\0${file.gitOid}`);
  }
  return {
    id,
    settings,
    files,
    commitSha: listing.digest('hex'),
    lastModified: new Date(Math.max(0, ...files.map(file => file.mtimeMs)))
  };
}

async function generatedFiles(
  folder: string,
  entries: readonly GeneratedEntry[]
): Promise<RepositoryFile[]> {
  if (entries.length === 0) {
    return [];
  }
  const absolutePath = join(folder, SETTINGS_FILE);
  const { mtimeMs } = await stat(absolutePath);
  const facts = await generatedFacts(folder, entries);
  return entries.flatMap((generated, index) => {
    const fact = facts[index];
    const { path, sizeBytes } = generated;
    return fact === undefined
      ? []
      : [{ path, absolutePath, sizeBytes, mtimeMs, generated, ...fact }];
  });
}

async function walk(
  folder: string,
  prefix: string
): Promise<Array<Omit<RepositoryFile, keyof FileFacts>>> {
  const files: Array<Omit<RepositoryFile, keyof FileFacts>> = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const absolutePath = join(folder, entry.name);
    const path = `${prefix}${entry.name}`;
    if (entry.isDirectory()) {
      if (!entry.name.startsWith('.')) {
        files.push(...(await walk(absolutePath, `${path}/`)));
      }
    } else if (entry.name !== SETTINGS_FILE && entry.name !== GENERATED_HASHES_FILE) {
      // Follows links: folders of the hub's own cache are made of them.
      const stats = await stat(absolutePath).catch(() => undefined);
      // Neither links that lead nowhere nor files that are gone by now.
      if (stats?.isFile() === true) {
        files.push({ path, absolutePath, sizeBytes: stats.size, mtimeMs: stats.mtimeMs });
      }
    }
  }
  return files;
}

/** Fields of the README's front matter, the simple ones of the form `key: value` or lists of words. */
export async function readCard(repository: Repository): Promise<Record<string, unknown>> {
  const readme = repository.files.find(file => file.path === 'README.md' && !file.generated);
  const card: Record<string, unknown> = {};
  const text = readme === undefined ? '' : await readFile(readme.absolutePath, 'utf8');
  const front = /^---\r?\n([\s\S]*?)\r?\n---/.exec(text)?.[1] ?? '';
  let list: string[] | undefined;
  for (const line of front.split(/\r?\n/)) {
    const item = /^\s*-\s+(.+)$/.exec(line)?.[1];
    const field = /^([A-Za-z_]+):\s*(.*)$/.exec(line);
    if (item !== undefined) {
      list?.push(unquote(item));
    } else if (field?.[1] !== undefined) {
      list = field[2] === '' ? [] : undefined;
      card[field[1]] = list ?? unquote(field[2] ?? '');
    }
  }
  return { ...card, ...repository.settings.card };
}

function unquote(text: string): string {
  return text.trim().replace(/^(['"])(.*)\1$/, '$2');
}

/** A stable id in the form of git's for a folder. */
export function folderOid(repository: Repository, path: string): string {
  return textBlobOid(`${repository.commitSha}/${path}`);
}

function isName(name: string): boolean {
  return NAME.test(name) && name.length <= 96;
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

const isId = (id: string) => id.split('/').every(isName);

async function allIds(modelsDirectory: string | undefined): Promise<string[]> {
  if (modelsDirectory === undefined) {
    return [];
  }
  const ids: string[] = [];
  for (const organisation of await subFolders(modelsDirectory)) {
    for (const name of await subFolders(join(modelsDirectory, organisation))) {
      ids.push(`${organisation}/${name}`);
    }
  }
  return ids;
}

/** Without hidden ones, such as a cache's. */
async function subFolders(folder: string): Promise<string[]> {
  const folders: string[] = [];
  for (const name of await readdir(folder)) {
    if (!name.startsWith('.') && (await isFolder(join(folder, name)))) {
      folders.push(name);
    }
  }
  return folders;
}
