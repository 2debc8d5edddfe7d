import { planFor } from '../../engine/disk/plan';
import type { DiskPlan, DiskUsage, HostKind } from '../../engine';
import { displayedAs } from '../display';
import type { Displayed } from '../display';
import { diskPicture } from '../views';

/** A line of `df`, in its blocks of 1024 bytes. */
export interface DfLine {
  /** "1K-blocks" */
  blocks: number;
  /** "Used" */
  used: number;
  /** "Available" */
  available: number;
  /** "Mounted on" */
  mountedOn: string;
  fileSystemType?: string;
}

/**
 * A disk as a line of `df` tells it, from any machine; shown as a picture. What is neither used nor available
 * is the reserve that only root can write to.
 */
export function diskFromDf(line: DfLine): DiskUsage & Displayed {
  const { blocks, used, available, mountedOn, fileSystemType } = line;
  const usage: DiskUsage = {
    path: mountedOn,
    ...(fileSystemType === undefined ? {} : { fileSystemType }),
    totalBytes: blocks * 1024,
    usedBytes: used * 1024,
    availableBytes: available * 1024,
    reservedBytes: Math.max(0, blocks - used - available) * 1024,
    unlimited: false
  };
  return displayedAs(usage, () => diskPicture(usage));
}

/**
 * Whether files of a size fit on a disk that was measured anywhere; shown as a picture.
 *
 * @throws BedrockImportError `SIZE_INVALID` (usage)
 */
export function planOnDisk(
  disk: DiskUsage,
  sizeBytes: number,
  host?: HostKind
): DiskPlan & Displayed {
  const plan = planFor(sizeBytes, disk, host);
  return displayedAs(plan, () => diskPicture(plan));
}
