import type { BigIntStats } from 'node:fs';
import { lstat } from 'node:fs/promises';

import { throwIfCancelled } from '../errors';
import { bytesOnDisk, lookInto } from './entries';
import type { LookOptions } from './entries';
import { isPassing } from './missing';

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
  let bytes = bytesOnDisk(top);
  let unreadable = 0;
  const looking: LookOptions = {
    check: () => throwIfCancelled(signal, folder),
    failed: (error, path) => {
      unreadable += isPassing(error, path) ? 0 : 1;
    }
  };
  const waiting: { path: string; part?: string }[] = [{ path: folder }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const isPart = parts?.of.has(next.path) === true;
    for await (const some of lookInto(next.path, looking)) {
      for (const { path, facts } of some) {
        const part = isPart ? path : next.part;
        const isOther = facts.isDirectory() ? facts.dev !== top.dev : !links.isNew(facts);
        const size = isOther ? 0 : bytesOnDisk(facts);
        if (part !== undefined) {
          parts?.bytes.set(part, (parts.bytes.get(part) ?? 0) + size);
        }
        if (facts.isDirectory() && !isOther) {
          waiting.push({ path, part });
        }
        bytes += size;
      }
    }
  }
  return { bytes, unreadable };
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
