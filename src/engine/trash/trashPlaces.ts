import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { mountPointOf } from '../disk';
import { homeTrash } from './trashFolders';
import type { TrashPlace } from './trashFolders';

/**
 * So deep under the root and the home folder other volumes are looked for: a space's EFS is linked at
 * `custom-file-systems/efs/fs-0123`.
 */
const LEVELS = 3;
/** Of more names no more are looked at: folders with so many are full of files, not of volumes. */
const NAMES = 5_000;

/** chmod(2): only the owner of a file may take it out of the folder. */
const STICKY = 0o1000;
const OTHERS_WRITE = 0o022;

/** A trash folder, and whether its items may be touched. */
export interface FoundTrash {
  path: string;
  /** Original paths are relative to this folder; missing for the trash of the home, where they are absolute. */
  top?: string;
  /** Of another user. */
  foreign: boolean;
  /** Whose it is, by the number in its name or of its owner. */
  userId?: number;
  /** Why it is shown only. */
  problem?: string;
}

/**
 * Every trash folder on the volumes of the JupyterLab root and of the home, and on those that are mounted
 * or linked to a few levels below: of this user and of others (freedesktop.org, "The Trash
 * specification"). Mount boundaries are where the number of the device changes.
 */
export async function findAllTrash(place: TrashPlace): Promise<FoundTrash[]> {
  const tops = await volumesNear([place.root, place.homeDirectory]);
  const home = homeTrash(place);
  const found = [await judge({ path: home, foreign: false }, place.userId)];
  for (const top of tops) {
    for (const candidate of await candidatesOf(top)) {
      found.push(await judge({ ...candidate, top }, place.userId));
    }
  }
  const paths = new Set<string>();
  return found
    .filter(trash => trash !== undefined)
    .filter(({ path }) => !paths.has(path) && paths.add(path));
}

async function candidatesOf(top: string): Promise<{ path: string; foreign: boolean }[]> {
  const names: string[] = await readdir(top).catch(() => []);
  const own = names.filter(name => /^\.Trash-\d+$/.test(name)).map(name => join(top, name));
  const shared = join(top, '.Trash');
  const inShared = names.includes('.Trash') ? await readdir(shared).catch((): string[] => []) : [];
  const users = inShared.filter(name => /^\d+$/.test(name)).map(name => join(shared, name));
  return [...own, ...users].map(path => ({ path, foreign: false }));
}

async function judge(trash: FoundTrash, userId?: number): Promise<FoundTrash | undefined> {
  const facts = await lstat(trash.path).catch(() => undefined);
  if (facts === undefined) {
    return undefined;
  }
  const number = trash.top === undefined ? undefined : /(\d+)$/.exec(trash.path)?.[1];
  const named = number === undefined ? facts.uid : Number(number);
  const foreign = userId !== undefined && (named !== userId || facts.uid !== userId);
  const judged = { ...trash, foreign, userId: named };
  const problem = facts.isDirectory()
    ? ((await sharedProblem(trash.path)) ?? openProblem(facts.mode, trash.path))
    : facts.isSymbolicLink()
      ? 'It is a link, which may lead anywhere: it is not gone into.'
      : 'It is no folder.';
  return problem === undefined ? judged : { ...judged, problem };
}

function openProblem(mode: number, path: string): string | undefined {
  return (mode & OTHERS_WRITE) === 0
    ? undefined
    : `Other users may write in it, so that what is deleted there is not sure: chmod 700 ${path} ends that.`;
}

/** A folder that all users share has to be a real one with the sticky bit. */
async function sharedProblem(path: string): Promise<string | undefined> {
  const shared = /^(.*\/\.Trash)\/\d+$/.exec(path)?.[1];
  if (shared === undefined) {
    return undefined;
  }
  const facts = await lstat(shared).catch(() => undefined);
  return facts?.isDirectory() === true && (facts.mode & STICKY) !== 0
    ? undefined
    : `${shared} is no folder with the sticky bit, so that others could exchange what is in it.`;
}

/**
 * The tops of the file systems that folders and the first levels below them lie on. The launcher looks in
 * the same way for what the engine may write in (`engine_folders.py`).
 */
async function volumesNear(folders: readonly string[]): Promise<string[]> {
  const tops = new Set<string>();
  for (const folder of folders) {
    await addVolumes(folder, tops);
  }
  return [...tops];
}

interface ToLookAt {
  path: string;
  /** Looked through, but not gone into. */
  isLink: boolean;
  deviceAbove?: bigint;
}

async function addVolumes(start: string, tops: Set<string>): Promise<void> {
  let level: ToLookAt[] = [{ path: start, isLink: false }];
  let names = 0;
  for (let depth = 0; depth <= LEVELS; depth++) {
    const below: ToLookAt[] = [];
    for (const { path, isLink, deviceAbove } of level) {
      const facts = await stat(path, { bigint: true }).catch(() => undefined);
      if (facts?.isDirectory() !== true) {
        continue;
      }
      if (facts.dev !== deviceAbove) {
        await mountPointOf(path).then(
          top => tops.add(top),
          () => undefined
        );
      }
      if (depth === LEVELS || isLink) {
        continue;
      }
      const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
      const known = entries.slice(0, Math.max(0, NAMES - names));
      names += known.length;
      below.push(
        ...known
          .filter(entry => entry.isDirectory() || entry.isSymbolicLink())
          .map(entry => ({
            path: join(path, entry.name),
            isLink: entry.isSymbolicLink(),
            deviceAbove: facts.dev
          }))
      );
    }
    level = below;
  }
}
