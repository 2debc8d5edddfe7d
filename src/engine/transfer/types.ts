import type { AwsClients } from '../aws';
import type { FileRewrite } from '../chatTemplate';
import type { Check } from '../checks';
import type { HubClient } from '../hub';
import type { LeftOutFile } from '../model';
import type { PlanSource } from './planSource';

/** A bucket and a key prefix; the prefix is empty or ends with `/`. */
export interface S3Destination {
  bucket: string;
  prefix: string;
}

/** What a copy talks to. */
export interface TransferContext {
  hub: HubClient;
  aws: AwsClients;
}

/**
 * What a copy does with a file: `copy` its bytes from the source, `write` given content, `prove` an object
 * that an earlier run sent whole but had not proved yet, `skip` one that is there and proved.
 */
export type FileAction = 'copy' | 'write' | 'prove' | 'skip';

export interface PlannedFile {
  /** Path in the source, and under the destination's prefix. */
  path: string;
  /** Key in the destination bucket. */
  key: string;
  sizeBytes: number;
  /** Hex SHA-256 that the object must have; unknown before the copy for files that the hub keeps in git. */
  sha256?: string;
  /** Git blob SHA-1 that the hub publishes for a file it keeps in git. */
  gitOid?: string;
  action: FileAction;
  method: 'single-put' | 'multipart';
  partSizeBytes: number;
  partCount: number;
  /** For `write`: the text that goes to S3 in place of the source's. */
  content?: string;
  /** For `skip`: why nothing has to move. */
  proof?: FileProof;
  /** Of a file in a folder, milliseconds since the epoch: it must be the same when the file is read. */
  modifiedMs?: number;
  /** Of an object in S3, with its quotes: the copy is of this version of it and of no other. */
  sourceEtag?: string;
  /** Of an archive's member: where its bytes begin in the unpacked archive. */
  offset?: number;
}

export interface PlanConflict {
  key: string;
  sizeBytes: number;
  kind: 'would-overwrite' | 'unexpected';
  why: string;
}

/** Plain data: what a copy will do, before it does anything. */
export interface CopyPlan {
  version: 1;
  source: PlanSource;
  destination: S3Destination & { region: string };
  files: PlannedFile[];
  leftOut: LeftOutFile[];
  rewrites: FileRewrite[];
  /** Bytes of all files at the destination. */
  totalBytes: number;
  /** Bytes that this copy has to send. */
  bytesToMove: number;
  /** Files that are there and proved. */
  alreadyThere: number;
  conflicts: PlanConflict[];
  checks: Check[];
}

/**
 * How a file's SHA-256 was established. `earlier-manifest`: the object is unchanged since it was proved.
 * `s3-server-copy`: S3 copied exactly the listed version of an object and computed this SHA-256 of the
 * copy; nobody had stated one before. `s3-same-checksum`: S3 holds the same CRC64NVME of the whole
 * object as of the source, whose SHA-256 was proved before.
 */
export type ProofMethod =
  | 's3-put-checksum'
  | 's3-copy-checksum'
  | 's3-server-copy'
  | 's3-same-checksum'
  | 's3-stored-checksum'
  | 'read-back'
  | 'earlier-manifest';

export interface FileProof {
  path: string;
  key: string;
  sizeBytes: number;
  /** Hex SHA-256 of the object in S3. */
  sha256: string;
  /** Git blob SHA-1 that the bytes were compared with, for files that the hub keeps in git. */
  gitOid?: string;
  /** Of the object in S3 that this is a copy of, with its quotes. */
  sourceEtag?: string;
  provedBy: ProofMethod;
  etag: string;
  /** True when the object is not the source's file but the rewritten one. */
  rewritten: boolean;
}

export interface FileProgress {
  path: string;
  sizeBytes: number;
  movedBytes: number;
  state: 'waiting' | 'copying' | 'proving' | 'proved' | 'skipped';
}

export interface CopyProgress {
  phase: 'copy' | 'proof' | 'manifest';
  totalBytes: number;
  /** Bytes that are in S3, those of skipped files included. */
  movedBytes: number;
  /** Bytes of the model that are in the Hugging Face cache on disk; only where the copy goes through it. */
  downloadedBytes?: number;
  /** Until that disk is full, at the present rate; missing while the download fits. */
  secondsUntilFull?: number;
  /** Over the last seconds. */
  bytesPerSecond: number;
  /** Over the whole copy so far. */
  meanBytesPerSecond: number;
  /** Undefined until enough has moved for an estimate. */
  secondsLeft?: number;
  filesTotal: number;
  filesDone: number;
  filesProved: number;
  retries: number;
  /** How often what was retried for which cause; at most a dozen causes, the rest under `other causes`. */
  retryCauses: Readonly<Record<string, number>>;
  /** Parts that may be on their way at the same time now; it changes while the copy runs. */
  connections: number;
  /** Those on their way: waiting and settled files are in the counts only, however many there are. */
  files: readonly FileProgress[];
}

export interface CopyRetry {
  path: string;
  /** 1-based part number of a multipart upload. */
  part?: number;
  cause: string;
  attempt: number;
  /** Milliseconds until the next try. */
  waitMs: number;
}

export interface CopyOptions {
  /** Replace objects that this product did not write. @default false */
  allowOverwrite?: boolean;
  /** Most parts on their way at the same time, 1 to 64; how many there are follows from what it brings. @default 64 */
  connections?: number;
  /**
   * How long a network that is gone, or credentials that have expired, are waited for, in milliseconds;
   * keys in variables cannot change and are waited for a minute at most. @default 900 000
   */
  outagePatienceMs?: number;
  onProgress?: (progress: CopyProgress) => void;
  onRetry?: (retry: CopyRetry) => void;
  /** Each change of what happens to a file. */
  onFile?: (file: FileEvent) => void;
  /** Each change of the number of parts on their way at the same time. */
  onConnections?: (change: { connections: number; why: string }) => void;
  /** While nothing moves because something is waited for, such as fresh credentials. */
  onWait?: (wait: { reason: string; waitedMs: number; budgetMs?: number }) => void;
  signal?: AbortSignal;
}

export interface FileEvent {
  path: string;
  state: FileProgress['state'];
  provedBy?: ProofMethod;
}

export interface CopyResult {
  /** `s3://bucket/prefix/` */
  destination: string;
  manifestKey: string;
  files: FileProof[];
  totalBytes: number;
  movedBytes: number;
  skippedFiles: number;
  seconds: number;
  /** Over the whole copy, proof included. */
  bytesPerSecond: number;
  retries: number;
  nothingMoved: boolean;
}
