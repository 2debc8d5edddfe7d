import { randomBytes } from 'node:crypto';
import {
  copyFile,
  link,
  lstat,
  mkdir,
  open,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile
} from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { HubFile } from '../../hub';
import { isPlainPath, repositoryFolder } from './cacheLayout';
import type { CachedModel, FilePlaces } from './cacheLayout';
import { hasListedContent } from './hashFile';

/** So that backup tools pass the cache over; the words are those of huggingface_hub. */
const CACHE_TAG = [
  'Signature: 8a477f597d28d172789f06886806bc55',
  '# This file is a cache directory tag created by huggingface_hub.',
  '# For information about cache directory tags, see:',
  '#\thttps://bford.info/cachedir/',
  ''
].join('\n');

/** Where the cache has content of the listed size under the name of a file; its hash is not looked at. */
export async function findBySize(places: FilePlaces, file: HubFile): Promise<string | undefined> {
  for (const path of [places.blob, places.pointer]) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() === true && found.size === file.sizeBytes) {
      return path;
    }
  }
  return undefined;
}

/** Where the cache has the file, bit by bit; a blob may be a link into the cache's shared store. */
export async function findVerified(
  places: FilePlaces,
  file: HubFile,
  signal: AbortSignal
): Promise<string | undefined> {
  const seen = new Set<number>();
  for (const path of [places.blob, places.pointer]) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() !== true || found.size !== file.sizeBytes || seen.has(found.ino)) {
      continue;
    }
    seen.add(found.ino);
    const handle = await open(path, 'r').catch(() => undefined);
    if (handle === undefined) {
      continue;
    }
    try {
      if (await hasListedContent(handle, file, signal)) {
        return path;
      }
    } finally {
      await handle.close();
    }
  }
  return undefined;
}

export async function prepareFolders(model: CachedModel, places: FilePlaces): Promise<void> {
  await mkdir(dirname(places.blob), { recursive: true });
  await mkdir(dirname(places.pointer), { recursive: true });
  await writeFile(join(model.cacheFolder, 'CACHEDIR.TAG'), CACHE_TAG, { flag: 'wx' }).catch(
    () => undefined
  );
}

/**
 * Gives the file its name in the snapshot, as a relative link to the blob. Where links are not possible
 * (a file system without them, or Deno without unlimited write permission) it becomes a second name of
 * the same content, or at last a copy, which huggingface_hub reads the same way.
 *
 * @returns the path to read the file from
 */
export async function pointTo(places: FilePlaces): Promise<string> {
  const { blob, pointer } = places;
  const target = relative(dirname(pointer), blob);
  if (await leadsTo(pointer, blob, target)) {
    return pointer;
  }
  const temporary = join(dirname(pointer), `.${basename(pointer).slice(0, 200)}.${suffix()}.tmp`);
  try {
    await symlink(target, temporary)
      .catch(() => link(blob, temporary))
      .catch(() => copyFile(blob, temporary));
    await rename(temporary, pointer);
  } finally {
    await rm(temporary, { force: true });
  }
  return pointer;
}

async function leadsTo(pointer: string, blob: string, target: string): Promise<boolean> {
  const found = await lstat(pointer).catch(() => undefined);
  if (found === undefined) {
    return false;
  }
  if (found.isSymbolicLink()) {
    return (await readlink(pointer)) === target;
  }
  const content = await stat(blob);
  return found.ino === content.ino && found.dev === content.dev;
}

/** What a branch or tag points to: without it nothing is found offline by the model's name alone. */
export async function writeReference(model: CachedModel, revision: string): Promise<void> {
  if (revision === model.commitSha || !isPlainPath(revision)) {
    return;
  }
  const path = join(repositoryFolder(model), 'refs', ...revision.split('/'));
  if ((await readFile(path, 'utf8').catch(() => undefined)) === model.commitSha) {
    return;
  }
  await mkdir(dirname(path), { recursive: true });
  await replaceText(path, model.commitSha);
}

/**
 * The listing of the commit as huggingface_hub keeps it. It takes a snapshot for incomplete offline when a
 * listed file is missing, so this is only for a snapshot that has them all.
 */
export async function writeTree(model: CachedModel, files: readonly HubFile[]): Promise<void> {
  const path = join(repositoryFolder(model), 'trees', `${model.commitSha}.json`);
  if ((await lstat(path).catch(() => undefined)) !== undefined) {
    return;
  }
  const entries = [...files]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path: name, sizeBytes, gitOid, sha256 }) => [
      name,
      {
        size: sizeBytes,
        blob_id: gitOid,
        ...(sha256 === undefined ? {} : { lfs_sha256: sha256, lfs_size: sizeBytes })
      }
    ]);
  const tree = { format_version: 1, files: Object.fromEntries(entries) as unknown };
  await mkdir(dirname(path), { recursive: true });
  await replaceText(path, JSON.stringify(tree, null, 1));
}

async function replaceText(path: string, text: string): Promise<void> {
  const temporary = `${path}.${suffix()}.tmp`;
  try {
    await writeFile(temporary, text);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

function suffix(): string {
  return randomBytes(4).toString('hex');
}
