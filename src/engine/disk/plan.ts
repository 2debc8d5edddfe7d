import type { HostKind } from '../environment';
import { checkSize, requiredBytesFor } from './requiredBytes';
import { formatBytes } from './sizes';
import type { DiskPlan, DiskPlanOptions, DiskUsage } from './types';
import { readDiskUsage } from './usage';
import { planVolume } from './volume';

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
  const advice = downloadPossible ? [] : adviceFor(missingBytes, usage);
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
    advice,
    nextSteps: missingBytes === 0 ? advice : [...advice, ...growSteps(sizeBytes, usage, host)]
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

function adviceFor(missingBytes: number, usage: DiskUsage): string[] {
  const first =
    'Nothing has to be done for an import: the copy streams from the hub to S3 and does not use this disk.';
  return missingBytes === 0
    ? [first, `To have the files here as well, delete files at ${usage.path}.`]
    : [
        first,
        `To have the files here as well, free ${formatBytes(missingBytes)} at ${usage.path}; empty the trash too, deleted files may lie there.`
      ];
}

/** In a sentence; `planVolume` has the steps one by one. */
function growSteps(sizeBytes: number, usage: DiskUsage, host: HostKind | undefined): string[] {
  if (host === undefined || host === 'plain-jupyter') {
    return ['Or choose another disk (in a terminal: --path).'];
  }
  const { neededGb, smallestGb, largestGb, problem } = planVolume(sizeBytes, usage, { host });
  if (problem !== undefined) {
    return [problem];
  }
  switch (host) {
    case 'notebook-instance':
      return [
        `Or stop the instance, choose Edit, and set the volume size to ${neededGb} GB or more (${smallestGb} to ${largestGb}); it can only grow, and is billed until the instance is deleted.`
      ];
    case 'studio-space':
      return [
        `Or stop the space and set its storage to ${neededGb} GB or more; the domain's limit (100 GB unless raised) counts, and one change is possible every 6 hours.`
      ];
    case 'unified-studio':
      return [
        `Or stop the space, choose Configure, and set its storage to ${neededGb} GB or more, up to the project's limit; one change is possible every 6 hours. ~/shared lies on S3 and is no place for it.`
      ];
  }
}
