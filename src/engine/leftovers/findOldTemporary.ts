import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { throwIfCancelled } from '../errors';
import type { Candidate } from './types';

/** Temporary files that were not written to for so long are nobody's any more. */
const OLD_MS = 7 * 24 * 3600_000;
/** A tree with more entries than this is left alone: nobody can say how old it is in time. */
const MOST_ENTRIES = 50_000;

/** In the folder that steering gives to temporary files: a tree is as old as the newest file in it. */
export async function findOldTemporary(
  root: string,
  { now = Date.now(), signal }: { now?: number; signal?: AbortSignal }
): Promise<Candidate[]> {
  const within = join(root, '.tmp');
  if ((await lstat(within).catch(() => undefined))?.isDirectory() !== true) {
    return [];
  }
  const paths: string[] = [];
  for (const name of await readdir(within).catch((): string[] => [])) {
    const path = join(within, name);
    if (await isOld(path, now - OLD_MS, signal)) {
      paths.push(path);
    }
  }
  return paths.length === 0
    ? []
    : [
        {
          id: 'temporary',
          kind: 'temporary',
          label: 'Temporary files older than a week',
          within,
          paths,
          meaning: 'A program that has run for longer than a week may still need them.'
        }
      ];
}

async function isOld(
  path: string,
  beforeMs: number,
  signal: AbortSignal | undefined
): Promise<boolean> {
  const waiting = [path];
  let looked = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    throwIfCancelled(signal, path);
    looked += 1;
    const facts = await lstat(next).catch(() => undefined);
    if (facts === undefined || looked > MOST_ENTRIES) {
      return false;
    }
    const isFolder = facts.isDirectory();
    // To list a folder, as is done here, is to use it.
    if (Math.max(facts.mtimeMs, isFolder ? 0 : facts.atimeMs) > beforeMs) {
      return false;
    }
    if (isFolder) {
      const names = await readdir(next).catch(() => undefined);
      if (names === undefined) {
        return false;
      }
      for (const name of names) {
        waiting.push(join(next, name));
      }
    }
  }
  return true;
}
