import type { BigIntStats } from 'node:fs';

import { bytesOnDisk, lookAt, lookInto } from '../disk';
import type { Entry } from '../disk';
import { throwIfCancelled } from '../errors';

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
  let bytes = 0;
  const count = (facts: BigIntStats): void => {
    if (facts.isDirectory() || facts.nlink <= 1n) {
      bytes += bytesOnDisk(facts);
      return;
    }
    const key = `${facts.dev}:${facts.ino}`;
    const left = (namesLeft.get(key) ?? facts.nlink) - 1n;
    namesLeft.set(key, left);
    bytes += left === 0n ? bytesOnDisk(facts) : 0;
  };
  const waiting: Entry[] = [];
  for await (const some of lookAt(paths)) {
    waiting.push(...some);
  }
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    throwIfCancelled(signal, next.path);
    const { path, facts } = next;
    count(facts);
    if (facts.isDirectory()) {
      for await (const some of lookInto(path)) {
        waiting.push(...some.filter(({ facts: { dev } }) => dev === facts.dev));
      }
    }
  }
  return bytes;
}
