import type { BigIntStats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { cancelledError } from '../errors';

const BLOCK_BYTES = 512n;
const AT_A_TIME = 16;

/**
 * What removing some files and folders frees, in bytes: a file with several names frees something only
 * when all of them go. No link is followed and no other file system looked into.
 *
 * @throws BedrockImportError `CANCELLED`
 */
export async function measureRemoval(
  paths: readonly string[],
  { signal }: { signal?: AbortSignal } = {}
): Promise<number> {
  const namesLeft = new Map<string, bigint>();
  let bytes = 0n;
  const count = (facts: BigIntStats): void => {
    if (facts.isDirectory() || facts.nlink <= 1n) {
      bytes += facts.blocks * BLOCK_BYTES;
      return;
    }
    const key = `${facts.dev}:${facts.ino}`;
    const left = (namesLeft.get(key) ?? facts.nlink) - 1n;
    namesLeft.set(key, left);
    bytes += left === 0n ? facts.blocks * BLOCK_BYTES : 0n;
  };
  const waiting = await look(paths);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (signal?.aborted) {
      throw cancelledError(next.path);
    }
    const { path, facts } = next;
    count(facts);
    if (facts.isDirectory()) {
      const names: string[] = await readdir(path).catch(() => []);
      const below = await look(names.map(name => join(path, name)));
      waiting.push(...below.filter(({ facts: { dev } }) => dev === facts.dev));
    }
  }
  return Number(bytes);
}

async function look(paths: readonly string[]): Promise<{ path: string; facts: BigIntStats }[]> {
  const found: { path: string; facts: BigIntStats }[] = [];
  for (let start = 0; start < paths.length; start += AT_A_TIME) {
    const some = paths.slice(start, start + AT_A_TIME);
    const facts = await Promise.all(
      some.map(path => lstat(path, { bigint: true }).catch(() => undefined))
    );
    some.forEach((path, index) => {
      const one = facts[index];
      if (one !== undefined) {
        found.push({ path, facts: one });
      }
    });
  }
  return found;
}
