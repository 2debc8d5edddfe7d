/** What moving the hub cache would do; making it changes nothing. */
export interface CacheMovePlan {
  /** Absolute and without links. */
  from: string;
  to: string;
  /** Of all files, each once. */
  bytes: number;
  /** Names of files and links. */
  files: number;
  /** On one file system it is a rename and needs no room. */
  sameDisk: boolean;
  availableBytes: number;
  fits: boolean;
  /** Sentences on what it means. */
  notes: string[];
}

/** What an entry of the cache is. `other`: a mounted folder, a pipe, or what cannot be looked at. */
export type EntryKind = 'folder' | 'file' | 'link' | 'other';

export interface TreeEntry {
  /** Below the cache, with `/`. */
  path: string;
  kind: EntryKind;
  sizeBytes: number;
  modifiedMs: number;
  mode: number;
  device: bigint;
  inode: bigint;
  /** Names of the same file. */
  names: bigint;
  /** Of a link, as it is written. */
  target?: string;
}

export interface MoveProgress {
  totalBytes: number;
  /** Bytes whose copies were compared. */
  movedBytes: number;
  filesTotal: number;
  filesDone: number;
  /** Over the whole run so far. */
  bytesPerSecond: number;
}

export interface MoveOptions {
  signal: AbortSignal;
  onProgress?: (progress: MoveProgress) => void;
  /** A sentence on what is left where it is, and why. */
  onWarning?: (message: string) => void;
}

export interface MovedTree {
  /** Names of files and links that are in the new place. */
  files: number;
  bytes: number;
  /** Top entries of the old cache that hold something that could not be moved; they stay. */
  kept: ReadonlySet<string>;
}
