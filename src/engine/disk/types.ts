import type { Environment } from '../environment';

/** The space of one file system, in bytes, with the meaning that `df` gives the words. */
export interface DiskUsage {
  /** The existing folder that was measured; a parent of the one asked for when that does not exist. */
  path: string;
  /** Such as `ext4`, `overlay` or `nfs4`; missing where the platform does not tell. */
  fileSystemType?: string;
  totalBytes: number;
  usedBytes: number;
  /** What a user who is not root can still write. */
  availableBytes: number;
  /** Free, but only for root: the reserve of ext file systems. */
  reservedBytes: number;
  /** An elastic file system that reports 8 EiB, or one that counts no blocks: its size says nothing. */
  unlimited: boolean;
  /** Missing where the file system does not count inodes. */
  inodes?: { total: number; used: number; available: number };
}

/** A line of a guide to a larger volume. */
export interface VolumeStep {
  text: string;
  /** For a terminal with the AWS CLI; needs nothing to be filled in. */
  command?: string;
  /** A page of the AWS console. */
  url?: string;
}

/** What a volume must have for files and for what is on it now. */
export interface VolumePlan {
  /** Whole GB of 2^30 bytes, as EBS counts them; the smallest with which the files fit. */
  neededGb: number;
  /** The smallest and the largest that this kind of host gives. */
  smallestGb: number;
  largestGb?: number;
  /** Why such a volume cannot be had here. */
  problem?: string;
  /** What limits changes, one sentence each. */
  rules: string[];
  steps: VolumeStep[];
}

/** Whether a model of a size fits on a disk, and what to do. */
export interface DiskPlan {
  sizeBytes: number;
  /** The size with its margin: `size × 1.05 + 2 GB`. */
  requiredBytes: number;
  availableBytes: number;
  fits: boolean;
  /** 0 when it fits. */
  missingBytes: number;
  /** `stream` goes from the hub to S3 without the disk and works always. */
  route: 'stream' | 'download-possible';
  usage: DiskUsage;
  explanation: string;
  /** What to know and do whatever the host is; empty when nothing is to be done. */
  advice: string[];
  /** The same, and in a sentence how this host gets more room. */
  nextSteps: string[];
}

export interface DiskPlanOptions {
  sizeBytes: number;
  path: string;
  /** Files, links and folders to be made, each of which takes an inode. @default 1 */
  newEntries?: number;
  /** Makes the next steps those of the host. */
  environment?: Environment;
}
