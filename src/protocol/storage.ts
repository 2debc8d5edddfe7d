import type { Failure } from './errors';

/** What was deleted or put back, and what the disk says of it. */
export interface FreedSpace {
  /** Files and folders that are gone, those inside of folders counted too. */
  removed: number;
  /** What they took, as it was said before. */
  expectedBytes: number;
  /** What the file systems have more of now; other programs write meanwhile. */
  freedBytes: number;
  /** Of the disk of the JupyterLab root. */
  availableBefore: number;
  availableAfter: number;
  /** What is still there, and why. */
  left: { path: string; failure: Failure }[];
}

/** How far a deletion has come. */
export interface StorageNews {
  removed: number;
  bytes: number;
}

export interface TrashItem {
  /** Names folder and item; it stays while the item is there. */
  id: string;
  /** As it was called before it was deleted. */
  name: string;
  kind: 'file' | 'folder' | 'link' | 'other';
  /** Absolute; missing where the trash does not say it. */
  originalPath?: string;
  /** Local time without a zone, as the trash says it: `2026-11-28T10:15:00`. */
  deletedAt?: string;
  /** What it takes from the disk; names of the same file count once. */
  bytes: number;
  /** Why it cannot be put back. */
  problem?: string;
}

/** A folder of deleted files, with what is in it. */
export interface TrashContents {
  path: string;
  /** Of another user, such as root: deleted from only when it is chosen by itself. */
  foreign: boolean;
  /** Whose it is, by the number in its name or of its owner. */
  userId?: number;
  onRootDisk: boolean;
  /** Items in it, also those that are not listed. */
  totalItems: number;
  /** What all of it takes from the disk. */
  bytes: number;
  /** The largest first; no more than 500. */
  items: TrashItem[];
  /** Why the folder is not looked into or not touched, such as that it is a link. */
  problem?: string;
}

export interface TrashListing {
  folders: TrashContents[];
  /** Set where the file browser moves to the trash: the server setting that ends it, and what it means. */
  setting?: { name: string; line: string; file: string; meaning: string };
  unreadable: number;
}

/** What is to be deleted for good: single items, or all that is in whole trash folders. */
export interface TrashChoice {
  items?: string[];
  /** Paths of the listing. */
  folders?: string[];
  token?: string;
}

export interface RestoredItems {
  restored: { id: string; path: string }[];
  failed: { id: string; failure: Failure }[];
}

export interface CachedRevision {
  id: string;
  commit: string;
  /** Branches and tags. */
  refs: string[];
  files: number;
  /** All its files, also those that other revisions use. */
  bytes: number;
  /** What deleting only this revision frees. */
  freesBytes: number;
  /** ISO time. */
  lastModified?: string;
}

/** A model, dataset or Space in the Hugging Face cache. */
export interface CachedRepository {
  id: string;
  type: 'model' | 'dataset' | 'space';
  /** `org/name` */
  name: string;
  path: string;
  bytes: number;
  freesBytes: number;
  /** ISO time. */
  lastModified?: string;
  revisions: CachedRevision[];
}

/** Something that takes room and can be made or fetched again, or is not needed any more. */
export interface Leftover {
  id: string;
  kind:
    'incomplete' | 'unreferenced' | 'xet' | 'pip' | 'conda' | 'checkpoints' | 'job' | 'temporary';
  /** For people, such as `Incomplete downloads of org/name`. */
  label: string;
  paths: string[];
  bytes: number;
  onRootDisk: boolean;
  /** What deleting it means. */
  meaning: string;
  /** Why it cannot be deleted now, such as that a download writes to it. */
  problem?: string;
}

export interface CacheListing {
  hub: {
    path: string;
    exists: boolean;
    onRootDisk: boolean;
    /** What all of it takes from the disk. */
    bytes: number;
    /** Newer clients keep the files of all repositories in one store. */
    sharedStore: boolean;
    repositories: CachedRepository[];
    /** What cannot be understood, one sentence each. */
    warnings: string[];
  };
  leftovers: Leftover[];
  unreadable: number;
}

/** What deleting parts of the cache does; shown before it is done. */
export interface CacheDeletion {
  paths: string[];
  bytes: number;
  /** Sentences on what it means. */
  notes: string[];
}

export interface LargeFile {
  /** Absolute. */
  path: string;
  bytes: number;
  /** ISO time. */
  modifiedAt: string;
  /** Of a notebook: what its outputs take. */
  outputBytes?: number;
}

export interface LargeFiles {
  files: LargeFile[];
  /** Files that were looked at. */
  looked: number;
  unreadable: number;
}

/** A multipart upload that nobody completed: its parts are billed and shown nowhere. */
export interface UnfinishedUpload {
  key: string;
  uploadId: string;
  /** ISO time. */
  initiatedAt: string;
  parts: number;
  bytes: number;
  /** The job of this machine that it belongs to and that may go on with it. */
  job?: { id: string; title: string; state: string };
}

export interface UploadListing {
  bucket: string;
  uploads: UnfinishedUpload[];
  bytes: number;
  /** Set when there are more than are listed. */
  more: boolean;
}

export interface AbortedUploads {
  aborted: number;
  bytes: number;
  failed: { key: string; uploadId: string; failure: Failure }[];
}

/** One way to make room, with the place where the user does it. */
export interface RoomMaker {
  id: 'trash' | 'cache' | 'leftover' | 'upload';
  label: string;
  path: string;
  bytes: number;
}

/** Whether files of a size fit, what would make them fit, and how a larger volume is made. */
export interface DiskReport {
  sizeBytes: number;
  requiredBytes: number;
  availableBytes: number;
  missingBytes: number;
  fits: boolean;
  explanation: string;
  /** Where the large files would go. */
  folder: string;
  /** What could be freed, the largest first. */
  roomMakers: RoomMaker[];
  /** Enough can be freed to make it fit. */
  fitsAfterFreeing: boolean;
  /** What a volume must have for the files and what is on it now. */
  volume?: {
    /** Whole GB, of 2^30 bytes as EBS counts them. */
    neededGb: number;
    smallestGb: number;
    largestGb?: number;
    /** Why such a volume cannot be had here. */
    problem?: string;
    /** What limits changes, such as `one change in 6 hours`. */
    rules: string[];
  };
  /** Steps of this kind of host, with this machine's own name filled in. */
  steps: VolumeStep[];
}

export interface VolumeStep {
  text: string;
  /** A line for a terminal. */
  command?: string;
  /** A page of the AWS console. */
  url?: string;
}

/** A variable that says where tools keep large files. */
export interface SteeredVariable {
  name: string;
  /** What new kernels and terminals get now; missing: not set. */
  now?: string;
  /** Where the tools write then, whether it is set or not. */
  folderNow: string;
  /** What steering sets; missing: it is unset. */
  steered?: string;
  /** Whether the folder lies on the disk of the JupyterLab root and lasts. */
  lasts: boolean;
  change: 'none' | 'set' | 'unset';
}

export interface Steering {
  on: boolean;
  /** Something would be better elsewhere than it goes now. */
  needed: boolean;
  /** Sentences for this kind of host, such as that the home is the volume already. */
  notes: string[];
  root: string;
  variables: SteeredVariable[];
  /** A Python cell that gives a running kernel the new values. */
  cell: string;
  /** For hosts on which the setting does not last by itself. */
  lifecycleScript?: string;
  /** The file that holds the setting. */
  file: string;
}

/** What moving the hub cache would do. */
export interface CacheMovePlan {
  from: string;
  to: string;
  bytes: number;
  files: number;
  /** On one file system it is a rename and needs no room. */
  sameDisk: boolean;
  availableBytes: number;
  fits: boolean;
  notes: string[];
}
