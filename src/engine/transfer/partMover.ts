import type { BytePipe } from './bytes';
import type { CopyMeter } from './meter';
import type { Outages } from './outages';
import type { ProvedObject } from './readBack';
import type { CopyPlan, CopyRetry, PlannedFile, ProofMethod, TransferContext } from './types';

/** One part of a multipart upload: bytes `[start, end)` of its file. */
export interface PartTarget {
  uploadId: string;
  /** From 1. */
  partNumber: number;
  start: number;
  end: number;
}

export interface MovedObject {
  etag: string;
  /** Hex SHA-256 of what was sent, where it is known. */
  sha256?: string;
  /** Whether S3 itself compared its SHA-256 of the object with `sha256`. */
  confirmed: boolean;
  /** How S3 did so. @default 's3-put-checksum' */
  provedBy?: ProofMethod;
}

/**
 * Carries the files of one kind of source to S3. It repeats what passes by itself; what it throws ends
 * the copy.
 */
export interface PartMover {
  /** Parts that this source can usefully serve at the same time, where that is less than the user allows. */
  readonly maxConnections?: number;
  /** True where files must be asked for in the order of the plan, as an archive has to be read. */
  readonly inOrder?: boolean;
  /** A file whose method is `single-put`. */
  moveObject(file: PlannedFile): Promise<MovedObject>;
  movePart(file: PlannedFile, part: PartTarget): Promise<{ etag: string }>;
  /** This part (0-based) is in S3 already; a source that is read in order has to pass over it. */
  skipPart?(file: PlannedFile, index: number): void;
  /** Hex SHA-256 of the source's bytes, asked for after all of a file's parts have gone, where the plan has none. */
  hashOf?(file: PlannedFile): Promise<string | undefined>;
  /** What the upload of a file in parts has to be begun with. */
  uploadWish?(file: PlannedFile): Promise<UploadWish>;
  /** Proves an object that went in parts by what this source knows of it; `undefined` where that is too little. */
  proveParts?(file: PlannedFile, etag: string): Promise<ProvedObject | undefined>;
  close(): Promise<void>;
}

export interface UploadWish {
  /** A checksum of the whole object that S3 shall keep. */
  checksum?: 'CRC64NVME';
  /** Parts of an earlier run are not used. */
  anew?: boolean;
}

export interface PartMoverInputs {
  context: TransferContext;
  plan: CopyPlan;
  bytes: BytePipe;
  meter: CopyMeter;
  /** Ends everything: fired by the user or by the first error. */
  stop: AbortController;
  onRetry: (retry: CopyRetry) => void;
  /** Where all requests wait together while the network or the credentials are gone. */
  outages?: Outages;
  /** Something is overloaded: fewer connections, then. */
  onBusy?: (why: string) => void;
}
