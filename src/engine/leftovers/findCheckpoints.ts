import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { throwIfCancelled } from '../errors';

const NAME = '.ipynb_checkpoints';
/** A tree with more folders than this is no place for notebooks; what is found until then is told. */
const MOST_FOLDERS = 50_000;

/** Folders in which Jupyter keeps checkpoints, under a root, on its own file system, by no link. */
export async function findCheckpoints(
  root: string,
  signal: AbortSignal | undefined
): Promise<string[]> {
  const device = (await lstat(root).catch(() => undefined))?.dev;
  const found: string[] = [];
  const waiting = [root];
  let looked = 0;
  for (let folder = waiting.shift(); folder !== undefined; folder = waiting.shift()) {
    looked += 1;
    throwIfCancelled(signal, root);
    if (looked > MOST_FOLDERS || (await lstat(folder).catch(() => undefined))?.dev !== device) {
      continue;
    }
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries.filter(one => one.isDirectory())) {
      (entry.name === NAME ? found : waiting).push(join(folder, entry.name));
    }
  }
  return found;
}
