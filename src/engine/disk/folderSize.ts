import type { BigIntStats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { cancelledError } from '../errors';
import { isPassing } from './missing';

/** stat(2): `st_blocks` counts these, whatever the blocks of the file system are. */
export const BLOCK_BYTES = 512n;
/** More at a time are no faster, and would keep a copy that runs meanwhile from the disk. */
const AT_A_TIME = 16;

export interface FolderSize {
  /** What the folder and all in it take from the disk; a file with several names counts once. */
  bytes: number;
  /** What could not be looked at, and so is not counted. */
  unreadable: number;
}

/** Sizes of single entries that are found on the way. */
export interface PartSizes {
  /** The folders whose entries are measured one by one. */
  of: ReadonlySet<string>;
  /** Is filled with bytes by path; a file with several names counts for the first one that is met. */
  bytes: Map<string, number>;
}

/**
 * What `du --one-file-system` says of a folder. No link is followed and nothing is counted that lies on
 * another file system. What is deleted meanwhile is passed over.
 *
 * @returns undefined when there is no folder of this name, or it is a link
 * @throws BedrockImportError `CANCELLED`
 */
export async function measureFolder(
  folder: string,
  { signal, parts }: { signal?: AbortSignal; parts?: PartSizes } = {}
): Promise<FolderSize | undefined> {
  const top = await lstat(folder, { bigint: true }).catch(() => undefined);
  if (!top?.isDirectory()) {
    return undefined;
  }
  const links = new HardLinks();
  let bytes = top.blocks * BLOCK_BYTES;
  let unreadable = 0;
  const failed = (error: unknown, path: string): undefined => {
    unreadable += isPassing(error, path) ? 0 : 1;
  };

  const waiting: { path: string; part?: string }[] = [{ path: folder }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { path: current, part: above } = next;
    const names: string[] =
      (await readdir(current).catch((error: unknown) => failed(error, current))) ?? [];
    for (let start = 0; start < names.length; start += AT_A_TIME) {
      if (signal?.aborted) {
        throw cancelledError(folder);
      }
      const paths = names.slice(start, start + AT_A_TIME).map(name => join(current, name));
      const found = await Promise.all(
        paths.map(path =>
          lstat(path, { bigint: true }).catch((error: unknown) => failed(error, path))
        )
      );
      found.forEach((entry, index) => {
        const path = paths[index];
        if (entry === undefined || path === undefined) {
          return;
        }
        const part = parts?.of.has(current) === true ? path : above;
        const ofPart = part === undefined ? 0 : (parts?.bytes.get(part) ?? 0);
        if (part !== undefined) {
          parts?.bytes.set(part, ofPart);
        }
        if (entry.isDirectory()) {
          if (entry.dev !== top.dev) {
            return;
          }
          waiting.push({ path, part });
        } else if (!links.isNew(entry)) {
          return;
        }
        const size = entry.blocks * BLOCK_BYTES;
        bytes += size;
        if (part !== undefined) {
          parts?.bytes.set(part, ofPart + Number(size));
        }
      });
    }
  }
  return { bytes: Number(bytes), unreadable };
}

/** Which files with several names were met; forgotten with the last name, so that it stays small. */
class HardLinks {
  private readonly namesLeft = new Map<string, bigint>();

  isNew({ dev, ino, nlink }: BigIntStats): boolean {
    if (nlink <= 1n) {
      return true;
    }
    // With an overlay, files of one folder can be of several devices.
    const key = `${dev}:${ino}`;
    const left = this.namesLeft.get(key);
    if (left === 1n) {
      this.namesLeft.delete(key);
    } else {
      this.namesLeft.set(key, (left ?? nlink) - 1n);
    }
    return left === undefined;
  }
}
