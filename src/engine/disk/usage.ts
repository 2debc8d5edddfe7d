import type { BigIntStatsFs } from 'node:fs';
import { readFile, readlink, realpath, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { BedrockImportError } from '../errors';
import { isMissing } from './missing';
import type { DiskUsage } from './types';

/** Amazon EFS reports 8 EiB; nothing that has an end comes near. */
const UNLIMITED_BYTES = 2n ** 62n;

/** What statfs(2) says of a file system. Node leaves `frsize` out, Deno gives it. */
export type FileSystemNumbers = Pick<
  BigIntStatsFs,
  'bsize' | 'blocks' | 'bfree' | 'bavail' | 'files' | 'ffree'
> & { frsize?: bigint };

/**
 * What `df` shows for a path, exactly. A path that does not exist yet is measured at its nearest
 * parent that does.
 *
 * @throws BedrockImportError `DISK_UNREADABLE` when no parent can be measured
 */
export async function readDiskUsage(path: string): Promise<DiskUsage> {
  let folder = resolve(path);
  for (;;) {
    try {
      const numbers = await statfs(folder, { bigint: true });
      const fileSystemType = (await typeOf(folder)) ?? typeOfNumber(numbers.type);
      return { ...usageOf(folder, numbers), fileSystemType };
    } catch (error) {
      if (!isMissing(error) || folder === dirname(folder)) {
        throw new BedrockImportError({
          code: 'DISK_UNREADABLE',
          message: `The free space at ${folder} cannot be read.`,
          subject: path,
          nextStep: 'Give a folder that you may read with --path.',
          cause: error
        });
      }
      folder = await nearer(folder);
    }
  }
}

/** A link to what does not exist yet still says on which disk it will be. */
async function nearer(folder: string): Promise<string> {
  const target = await readlink(folder).catch(() => undefined);
  return target === undefined ? dirname(folder) : dirname(resolve(dirname(folder), target));
}

/**
 * What can still be written to the file system of an existing folder, in bytes, for those who ask often;
 * missing where the file system tells no limit.
 *
 * @throws the error of the file system
 */
export async function readAvailableBytes(folder: string): Promise<number | undefined> {
  const { availableBytes, unlimited } = usageOf(folder, await statfs(folder, { bigint: true }));
  return unlimited ? undefined : availableBytes;
}

/** The numbers of statfs(2) in the words of `df`. */
export function usageOf(path: string, numbers: FileSystemNumbers): DiskUsage {
  const { blocks, bfree, files, ffree } = numbers;
  // Blocks are counted in fragments (statvfs(3)); only file systems in user space have both differ.
  const unit = numbers.frsize || numbers.bsize;
  // Some file systems let their reserve go below zero, which arrives as an enormous number.
  const bavail = numbers.bavail > bfree ? 0n : numbers.bavail;
  return {
    path,
    totalBytes: Number(blocks * unit),
    usedBytes: Number((blocks - bfree) * unit),
    availableBytes: Number(bavail * unit),
    reservedBytes: Number((bfree - bavail) * unit),
    // A tmpfs without a size, and some buckets that look like folders, count no blocks at all.
    unlimited: blocks === 0n || blocks * unit >= UNLIMITED_BYTES,
    inodes:
      files === 0n
        ? undefined
        : { total: Number(files), used: Number(files - ffree), available: Number(ffree) }
  };
}

/** The kernel's numbers of file system types: statfs(2), "Filesystem types". */
const TYPES_BY_NUMBER = new Map([
  [0xef53n, 'ext4'],
  [0x58465342n, 'xfs'],
  [0x9123683en, 'btrfs'],
  [0x794c7630n, 'overlay'],
  [0x6969n, 'nfs4'],
  [0x01021994n, 'tmpfs'],
  [0x65735546n, 'fuse'],
  [0x858458f6n, 'ramfs'],
  [0x0bd00bd0n, 'lustre'],
  [0x2fc12fc1n, 'zfs'],
  [0xff534d42n, 'cifs'],
  [0x01021997n, '9p'],
  [0x9fa0n, 'proc']
]);

/** For Deno, which lets nobody read the list of mounts without all permissions. */
export function typeOfNumber(type: bigint): string | undefined {
  return TYPES_BY_NUMBER.get(type);
}

/**
 * The type of the mount that holds a path, from the kernel's list of mounts; missing where the
 * system has no such list. The last entry of the longest mount point counts: it lies on top.
 */
async function typeOf(path: string): Promise<string | undefined> {
  try {
    const [mounts, real] = await Promise.all([
      readFile('/proc/self/mounts', 'utf8'),
      realpath(path)
    ]);
    return mountType(mounts, real);
  } catch {
    return undefined;
  }
}

export function mountType(mounts: string, path: string): string | undefined {
  let longest = -1;
  let type: string | undefined;
  for (const line of mounts.split('\n')) {
    const [, point = '', found] = line.split(' ');
    const folder = point.replace(/\\([0-7]{3})/g, (_all, code: string) =>
      String.fromCharCode(Number.parseInt(code, 8))
    );
    const holds = folder === '/' || path === folder || path.startsWith(`${folder}/`);
    if (folder !== '' && holds && folder.length >= longest) {
      longest = folder.length;
      type = found;
    }
  }
  return type;
}
