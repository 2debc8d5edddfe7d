import { lstat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

import { mountPointOf } from '../disk';

/** Where the trash of a user is looked for. */
export interface TrashPlace {
  /** JupyterLab's root folder. */
  root: string;
  homeDirectory: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Without it, only the trash of the home folder has a name. */
  userId?: number;
}

/** chmod(2): only the owner of a file may take it out of the folder. */
const STICKY = 0o1000;

/**
 * The folders that exist, of those in which tools put what this user deletes from the JupyterLab root or
 * the home folder (freedesktop.org, "The Trash specification"). A link is none: it may lead anywhere.
 */
export async function findTrashFolders(place: TrashPlace): Promise<string[]> {
  const candidates = [homeTrash(place), ...(await trashOfMount(place))];
  const found = await Promise.all(candidates.map(isRealFolder));
  return [...new Set(candidates.filter((_, index) => found[index]))];
}

/** XDG Base Directory Specification: a relative path there is invalid and is to be ignored. */
export function homeTrash({ env, homeDirectory }: TrashPlace): string {
  const given = env['XDG_DATA_HOME'] ?? '';
  return join(isAbsolute(given) ? given : join(homeDirectory, '.local', 'share'), 'Trash');
}

async function trashOfMount({ root, userId }: TrashPlace): Promise<string[]> {
  const top = await mountPointOf(root).catch(() => undefined);
  if (top === undefined || userId === undefined) {
    return [];
  }
  const shared = join(top, '.Trash');
  const facts = await lstat(shared).catch(() => undefined);
  // Without the sticky bit others could put their own folder in its place.
  const trusted = facts?.isDirectory() === true && (facts.mode & STICKY) !== 0;
  return [...(trusted ? [join(shared, String(userId))] : []), join(top, `.Trash-${userId}`)];
}

function isRealFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    facts => facts.isDirectory(),
    () => false
  );
}
