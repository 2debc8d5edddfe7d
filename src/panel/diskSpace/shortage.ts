import type { DiskSpace } from '../../protocol';

const LITTLE_BYTES = 2e9;
const LITTLE_SHARE = 0.05;
const HARDLY_ANY_BYTES = 5e8;
const HARDLY_ANY_SHARE = 0.01;
const FEW_INODES_SHARE = 0.01;
const HARDLY_ANY_INODES_SHARE = 0.001;

/** How urgent it is to make room. */
export type Shortage = 'none' | 'short' | 'critical';

/** Of bytes; an elastic file system has always enough. */
export function shortageOfBytes({ availableBytes, totalBytes, unlimited }: DiskSpace): Shortage {
  if (unlimited || availableBytes >= Math.max(LITTLE_BYTES, totalBytes * LITTLE_SHARE)) {
    return 'none';
  }
  const critical = Math.max(HARDLY_ANY_BYTES, totalBytes * HARDLY_ANY_SHARE);
  return availableBytes < critical ? 'critical' : 'short';
}

/** Of inodes, without which no file can be made however many bytes there are. */
export function shortageOfInodes({ inodes }: DiskSpace): Shortage {
  if (inodes === undefined || inodes.available >= inodes.total * FEW_INODES_SHARE) {
    return 'none';
  }
  return inodes.available < inodes.total * HARDLY_ANY_INODES_SHARE ? 'critical' : 'short';
}

/** The worse of the two. */
export function shortageOf(disk: DiskSpace): Shortage {
  const both = [shortageOfBytes(disk), shortageOfInodes(disk)];
  return (['critical', 'short'] as const).find(shortage => both.includes(shortage)) ?? 'none';
}
