import type { HostKind } from '../environment';
import { BedrockImportError } from '../errors';
import { formatBytes } from './sizes';
import type { DiskPlan, DiskPlanOptions, DiskUsage } from './types';
import { readDiskUsage } from './usage';

/** A "GB" of an EBS volume is a GiB. */
const VOLUME_UNIT_BYTES = 2 ** 30;
/** What ext4 keeps for root on a volume that is still to be created. */
const FILE_SYSTEM_SHARE = 0.95;
/** Amazon SageMaker AI API Reference, "CreateNotebookInstance", VolumeSizeInGB. */
const NOTEBOOK_VOLUME_GB = { smallest: 5, largest: 16_384 };

/**
 * The room that a download of a size needs: `size × 1.05 + 2 GB` with a GB of 10⁹ bytes, rounded up
 * to whole bytes. 5 % is what ext4 reserves for root, 2 GB are for everything else on the disk.
 */
export function requiredBytesFor(sizeBytes: number): number {
  checkSize(sizeBytes);
  // 1.05 has no exact binary form: in whole numbers the result is right to the byte.
  const needed = (BigInt(sizeBytes) * 105n + 99n) / 100n + 2_000_000_000n;
  return Number(needed);
}

/**
 * Compares what a download needs with what the disk has. The copy to S3 needs no disk at all: the
 * plan matters to those who want the files here as well.
 *
 * @throws BedrockImportError `SIZE_INVALID` (usage), `DISK_UNREADABLE`
 */
export async function planDisk(options: DiskPlanOptions): Promise<DiskPlan> {
  checkSize(options.sizeBytes);
  const usage = await readDiskUsage(options.path);
  return planFor(options.sizeBytes, usage, options.environment?.host, options.newEntries);
}

/** The plan for a disk that has been measured. */
export function planFor(
  sizeBytes: number,
  usage: DiskUsage,
  host?: HostKind,
  newEntries = 1
): DiskPlan {
  const requiredBytes = requiredBytesFor(sizeBytes);
  const { availableBytes } = usage;
  const missingBytes = usage.unlimited ? 0 : Math.max(0, requiredBytes - availableBytes);
  const fits = missingBytes === 0;
  const noInodes = usage.inodes !== undefined && usage.inodes.available < newEntries;
  const downloadPossible = fits && !noInodes;
  return {
    sizeBytes,
    requiredBytes,
    availableBytes,
    fits: downloadPossible,
    missingBytes,
    route: downloadPossible ? 'download-possible' : 'stream',
    usage,
    explanation: explain(
      sizeBytes,
      requiredBytes,
      usage,
      missingBytes,
      noInodes ? newEntries : undefined
    ),
    nextSteps: downloadPossible ? [] : stepsFor(requiredBytes, missingBytes, usage, host)
  };
}

function explain(
  sizeBytes: number,
  requiredBytes: number,
  usage: DiskUsage,
  missingBytes: number,
  missingInodesFor: number | undefined
): string {
  const need = `${formatBytes(sizeBytes)} with 5 % and 2 GB to spare need ${formatBytes(requiredBytes)}`;
  if (missingInodesFor !== undefined) {
    const left = usage.inodes?.available ?? 0;
    return left === 0
      ? `${need}; ${usage.path} has no inode left, so that not one more file can be made there.`
      : `${need}; ${usage.path} has ${left} inodes left where ${missingInodesFor} files, links and folders have to be made.`;
  }
  if (usage.unlimited) {
    return `${need}; ${usage.path} lies on an elastic file system that tells no limit.`;
  }
  const have = `${usage.path} has ${formatBytes(usage.availableBytes)} available`;
  return missingBytes === 0
    ? `${need}; ${have}: it fits.`
    : `${need}; ${have}: ${formatBytes(missingBytes)} are missing.`;
}

function stepsFor(
  requiredBytes: number,
  missingBytes: number,
  usage: DiskUsage,
  host: HostKind | undefined
): string[] {
  const first =
    'Nothing has to be done for an import: the copy streams from the hub to S3 and does not use this disk.';
  const free = `To have the files here as well, free ${formatBytes(missingBytes)} at ${usage.path}; empty the trash too, deleted files may lie there.`;
  if (missingBytes === 0) {
    return [first, `To have the files here as well, delete files at ${usage.path}.`];
  }
  const grow = growSteps(usage.usedBytes + requiredBytes, host);
  return [first, free, ...grow];
}

function growSteps(neededOnVolume: number, host: HostKind | undefined): string[] {
  const volumeGb = Math.ceil(neededOnVolume / FILE_SYSTEM_SHARE / VOLUME_UNIT_BYTES);
  switch (host) {
    case 'notebook-instance':
      return volumeGb > NOTEBOOK_VOLUME_GB.largest
        ? [
            `A Notebook Instance's volume has at most ${NOTEBOOK_VOLUME_GB.largest} GB; ${volumeGb} GB would be needed.`
          ]
        : [
            `Or stop the instance, choose Edit, and set the volume size to ${Math.max(volumeGb, NOTEBOOK_VOLUME_GB.smallest)} GB or more (5 to 16384); it can only grow, and is billed until the instance is deleted.`
          ];
    case 'studio-space':
      return [
        `Or stop the space and set its storage to ${volumeGb} GB or more; the domain's limit (100 GB unless raised) counts, and one change is possible every 6 hours.`
      ];
    case 'unified-studio':
      return [
        `Or stop the space, choose Configure, and set its storage to ${volumeGb} GB or more, up to the project's limit; one change is possible every 6 hours. ~/shared lies on S3 and is no place for it.`
      ];
    default:
      return ['Or choose another disk (in a terminal: --path).'];
  }
}

function checkSize(sizeBytes: number): void {
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw new BedrockImportError({
      code: 'SIZE_INVALID',
      message: `${sizeBytes} is not a number of bytes.`,
      nextStep: 'Give a whole number of bytes that is not negative.',
      kind: 'usage'
    });
  }
}
