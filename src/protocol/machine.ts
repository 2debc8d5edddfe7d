export type HostKind = 'notebook-instance' | 'studio-space' | 'unified-studio' | 'plain-jupyter';

/** The machine that JupyterLab runs on, and where its settings lead. */
export interface Machine {
  host: HostKind;
  /** Such as `SageMaker Notebook Instance`. */
  hostLabel: string;
  /** Of the Notebook Instance or the space. */
  name?: string;
  userProfileName?: string;
  domainId?: string;
  /** The folder that the file browser shows, absolute. */
  root: string;
  region?: { name: string; source: string };
  /** The hub's address when it is not the official one. */
  hubEndpoint?: string;
  /** Whether AWS or the hub are reached at addresses that are not the official ones. */
  customEndpoints: boolean;
  /** Those of AWS that are not the official ones, by the service as its variable names it. */
  awsEndpoints?: { service: string; url: string }[];
  /** Whether a hub token was found; never the token. */
  hasHubToken: boolean;
  warnings: string[];
  /** Those of the warnings that steering caches under the root would end. */
  cacheWarnings?: string[];
}

/** Whom the AWS credentials belong to. */
export interface Identity {
  account: string;
  arn: string;
  roleArn?: string;
  roleName?: string;
}

/** Space of one file system, in bytes, with the meaning that `df` gives the words. */
export interface DiskSpace {
  path: string;
  fileSystemType?: string;
  totalBytes: number;
  usedBytes: number;
  availableBytes: number;
  reservedBytes: number;
  /** An elastic file system: its size says nothing. */
  unlimited: boolean;
  inodes?: { total: number; used: number; available: number };
}

/** Whether files of a size fit on a disk with the margin. */
export interface DiskFit {
  sizeBytes: number;
  requiredBytes: number;
  availableBytes: number;
  missingBytes: number;
  fits: boolean;
  explanation: string;
  nextSteps: string[];
}

/** A folder of deleted files, as the freedesktop Trash specification places them. */
export interface TrashFolder {
  path: string;
  /** Files and folders that were deleted one by one. */
  items: number;
  /** What its files take from the disk. */
  bytes: number;
  /** Whether emptying it makes room where JupyterLab's files are. */
  onRootDisk: boolean;
}

/** What takes room on the disk and may not be needed. */
export interface MachineStorage {
  /** The sums are of the folders on the disk of the JupyterLab root. */
  trash: { folders: TrashFolder[]; items: number; bytes: number };
  /** The Hugging Face cache, in which tools keep models of the hub. */
  hubCache: { path: string; exists: boolean; bytes: number; onRootDisk: boolean };
  /** Files and folders that could not be looked at; what they hold is not in the sums. */
  unreadable: number;
}
