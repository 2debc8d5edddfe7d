import { lstat, readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { deviceOf, inTurns, measureFolder } from '../disk';
import { throwIfCancelled } from '../errors';
import { isMovedUp } from '../removal';
import type { TrashPlace } from './trashFolders';
import { readTrashInfo } from './trashInfo';
import { findAllTrash } from './trashPlaces';
import type { FoundTrash } from './trashPlaces';

/** Of more items only their number and sizes are told, unless more are asked for. */
const MOST_ITEMS = 500;
/** A `.trashinfo` has two short lines. */
const LONGEST_INFO = 64 * 1024;

export interface TrashedItem {
  /** The absolute path of what is in the trash; names folder and item. */
  id: string;
  /** As it was called before it was deleted. */
  name: string;
  kind: 'file' | 'folder' | 'link' | 'other';
  originalPath?: string;
  /** Local time without a zone. */
  deletedAt?: string;
  /** What it takes from the disk, in bytes. */
  bytes: number;
  /** Why it cannot be restored. */
  problem?: string;
}

export interface TrashFolderContents extends FoundTrash {
  onRootDisk: boolean;
  totalItems: number;
  /** What all of the folder takes, in bytes; a file with several names counts once. */
  bytes: number;
  /** It holds descriptions of items that are gone, or what a broken deletion has left. */
  hasRests: boolean;
  /** The largest first, not all where they are many. */
  items: TrashedItem[];
  /** What could not be looked at. */
  unreadable: number;
}

/**
 * What is in the trash, where it was, when it was deleted and what it takes from the disk. Nothing is
 * changed, no link followed and no other file system looked into.
 *
 * @param options.mostItems Of each folder; otherwise 500.
 * @throws BedrockImportError `CANCELLED`
 */
export async function listTrash(
  place: TrashPlace,
  options: { signal?: AbortSignal; mostItems?: number } = {}
): Promise<TrashFolderContents[]> {
  const rootDevice = await deviceOf(place.root);
  const all: TrashFolderContents[] = [];
  for (const trash of await findAllTrash(place)) {
    const facts = await lstat(trash.path, { bigint: true }).catch(() => undefined);
    if (facts !== undefined) {
      const contents = await contentsOf(trash, options);
      all.push({ ...trash, ...contents, onRootDisk: facts.dev === rootDevice });
    }
  }
  return all;
}

async function contentsOf(
  trash: FoundTrash,
  { signal, mostItems = MOST_ITEMS }: { signal?: AbortSignal; mostItems?: number }
): Promise<Omit<TrashFolderContents, keyof FoundTrash | 'onRootDisk'> & { problem?: string }> {
  const nothing = { totalItems: 0, bytes: 0, hasRests: false, items: [], unreadable: 0 };
  const files = join(trash.path, 'files');
  const parts = { of: new Set([trash.path, files]), bytes: new Map<string, number>() };
  const size = await measureFolder(trash.path, { signal, parts });
  if (size === undefined) {
    return nothing;
  }
  const facts = await lstat(files).catch(() => undefined);
  const linked = facts?.isDirectory() === false;
  const names = linked ? [] : await readdir(files).catch(() => []);
  const infos = await namesIn(join(trash.path, 'info'));
  const brokenOff = (await readdir(trash.path).catch(() => [])).filter(isMovedUp);
  const paths = [
    ...brokenOff.map(name => join(trash.path, name)),
    ...names.map(n => join(files, n))
  ];
  const measured = paths
    // One that was not met is gone meanwhile, or of a name that cannot be said to the system.
    .filter(path => parts.bytes.has(path) || path.includes('\uFFFD'))
    .map(path => ({ path, bytes: parts.bytes.get(path) ?? 0 }));
  const largest = measured.sort((one, other) => other.bytes - one.bytes).slice(0, mostItems);
  const problem = linked ? `${files} is a link or no folder: it is not gone into.` : undefined;
  return {
    totalItems: measured.length,
    bytes: size.bytes,
    hasRests: infos.length > 0,
    unreadable: size.unreadable,
    items: await inTurns(
      largest,
      found => describe(trash, found),
      () => throwIfCancelled(signal, trash.path)
    ),
    ...(problem === undefined ? {} : { problem })
  };
}

interface Measured {
  path: string;
  bytes: number;
}

async function describe(trash: FoundTrash, { path, bytes }: Measured): Promise<TrashedItem> {
  const stored = basename(path);
  const kind = await kindOf(path);
  const item = { id: path, name: stored, kind, bytes };
  if (dirname(path) === trash.path) {
    return { ...item, problem: 'Its deletion was broken off; it can only be finished.' };
  }
  if (stored.includes('\uFFFD')) {
    return {
      ...item,
      problem: 'Its name is not valid UTF-8; it can only be deleted with all others.'
    };
  }
  const info = await readInfo(trash, stored);
  const name = info.originalPath === undefined ? stored : basename(info.originalPath);
  return { ...item, name, ...info };
}

async function kindOf(path: string): Promise<TrashedItem['kind']> {
  const facts = await lstat(path).catch(() => undefined);
  if (facts?.isDirectory() === true) {
    return 'folder';
  }
  return facts?.isFile() === true ? 'file' : facts?.isSymbolicLink() === true ? 'link' : 'other';
}

/** What the trash says of the item of this name. */
export async function readInfo(
  trash: Pick<FoundTrash, 'path' | 'top'>,
  stored: string
): Promise<ReturnType<typeof readTrashInfo>> {
  const file = infoFile(trash.path, stored);
  const folder = await lstat(dirname(file)).catch(() => undefined);
  const facts = await lstat(file).catch(() => undefined);
  if (folder?.isDirectory() !== true || facts?.isFile() !== true || facts.size > LONGEST_INFO) {
    return { problem: 'The trash does not say where it was.' };
  }
  const text = await readFile(file, 'utf8').catch(() => '');
  return readTrashInfo(text, trash.top);
}

/** Names in a real folder; a link is not looked into. */
export async function namesIn(folder: string): Promise<string[]> {
  const facts = await lstat(folder).catch(() => undefined);
  return facts?.isDirectory() === true ? await readdir(folder).catch(() => []) : [];
}

export function infoFile(trash: string, stored: string): string {
  return join(trash, 'info', `${stored}.trashinfo`);
}
