import type { BigIntStats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { someOf } from './inTurns';

/** stat(2): `st_blocks` counts these, whatever the blocks of the file system are. */
const BLOCK_BYTES = 512;

/** What a file, link or folder itself takes from the disk. */
export function bytesOnDisk({ blocks }: { blocks: bigint | number }): number {
  return Number(blocks) * BLOCK_BYTES;
}

export interface Entry {
  path: string;
  facts: BigIntStats;
}

export interface LookOptions {
  /** Called before each few are looked at; what it throws ends the looking. */
  check?: () => void;
  /** Told of what could not be looked at, which is passed over. */
  failed?: (error: unknown, path: string) => void;
}

/** Looks at what lies in a folder, some entries at a time. No link is followed. */
export async function* lookInto(
  folder: string,
  options: LookOptions = {}
): AsyncGenerator<Entry[]> {
  const names = await readdir(folder).catch((error: unknown): string[] => {
    options.failed?.(error, folder);
    return [];
  });
  // One path after the other: a folder may have more names than there is memory for their paths.
  yield* look(names, name => join(folder, name), options);
}

/** Looks at what stands under some paths, in the same way. */
export function lookAt(
  paths: readonly string[],
  options: LookOptions = {}
): AsyncGenerator<Entry[]> {
  return look(paths, path => path, options);
}

async function* look(
  names: readonly string[],
  pathOf: (name: string) => string,
  { check, failed }: LookOptions
): AsyncGenerator<Entry[]> {
  for (const some of someOf(names)) {
    check?.();
    const found = await Promise.all(
      some.map(pathOf).map(async path => {
        const facts = await lstat(path, { bigint: true }).catch((error: unknown) => {
          failed?.(error, path);
        });
        return facts === undefined ? undefined : { path, facts };
      })
    );
    yield found.filter(entry => entry !== undefined);
  }
}
