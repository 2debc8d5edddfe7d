import { requiredBytesFor } from './requiredBytes';
import { formatBytes } from './sizes';
import type { DiskUsage, VolumePlan } from './types';
import { VOLUME_LIMITS } from './volumeLimits';
import { volumeSteps } from './volumeSteps';
import type { VolumeHost } from './volumeSteps';

/** A "GB" of an EBS volume is a GiB: that of 256 GB in the documentation of AWS has 2^28 KiB. */
export const VOLUME_UNIT_BYTES = 2 ** 30;

/**
 * What ext4 takes of a volume for itself, never less than was measured on volumes of 5 to 16,000 GB as
 * mke2fs 1.47 makes them: 1/64 for inodes (256 bytes for each 16 KiB), a journal of 64 MiB to 1 GiB and
 * descriptors, and 16 MiB that the kernel keeps for delayed writes.
 */
const INODES_SHARE = 1 / 64;
const SMALL_REST = { bytes: 72 * 2 ** 20, share: 1 / 100 };
const LARGEST_REST_BYTES = 1.2 * 2 ** 30;
const DELAYED_BYTES = 16 * 2 ** 20;
/** What ext4 keeps for root unless it is told otherwise, mke2fs(8) "-m". */
const USUAL_RESERVE = 0.05;
const LARGEST_RESERVE = 0.5;

/**
 * The volume that holds what is on a disk now, and files of a size with their margin: on one that is
 * made or grown to `neededGb`, `planDisk` says that the files fit.
 *
 * @param usage Of the disk that the volume is, or will take the place of.
 * @param host This host, so that the steps name it.
 * @throws BedrockImportError `SIZE_INVALID` (usage)
 */
export function planVolume(sizeBytes: number, usage: DiskUsage, host: VolumeHost): VolumePlan {
  const limits = VOLUME_LIMITS[host.host];
  const needed = volumeGbFor(usage.usedBytes + requiredBytesFor(sizeBytes), reserveShare(usage));
  const neededGb = Math.max(needed, limits.smallestGb);
  const tooLarge = limits.largestGb !== undefined && neededGb > limits.largestGb;
  return {
    neededGb,
    ...limits,
    ...(tooLarge
      ? {
          problem: `A volume here has at most ${limits.largestGb} GB; ${neededGb} GB would be needed for ${formatBytes(sizeBytes)} beside what is there.`
        }
      : {}),
    steps: volumeSteps(neededGb, tooLarge, host)
  };
}

/**
 * The smallest volume in whole GB on which files of so many bytes can be, for a user who is not root.
 *
 * @param reserveShare Of the file system's blocks, what is kept for root.
 */
export function volumeGbFor(contentBytes: number, reserveShare = USUAL_RESERVE): number {
  const bytes = (contentBytes + DELAYED_BYTES) / (1 - reserveShare);
  const small = (bytes + SMALL_REST.bytes) / (1 - INODES_SHARE - SMALL_REST.share);
  const large = (bytes + LARGEST_REST_BYTES) / (1 - INODES_SHARE);
  return Math.ceil(Math.min(small, large) / VOLUME_UNIT_BYTES);
}

/**
 * Growing keeps the share (resize2fs(8)). A full disk does not tell it: what is left of its reserve may
 * be less than the share of a larger one.
 */
function reserveShare(usage: DiskUsage): number {
  const { fileSystemType, totalBytes, availableBytes, reservedBytes, unlimited } = usage;
  if (unlimited) {
    return USUAL_RESERVE;
  }
  const told = Math.min(reservedBytes / totalBytes, LARGEST_RESERVE);
  const mayBeExt = fileSystemType === undefined || /^ext[234]$/.test(fileSystemType);
  return availableBytes === 0 && mayBeExt ? Math.max(told, USUAL_RESERVE) : told;
}
