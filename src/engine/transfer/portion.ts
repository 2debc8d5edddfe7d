import type { FileProof, PlannedFile } from './types';
import type { OpenUpload } from './uploads';

/**
 * What one of several workers does of a plan. The parts of a file may come from all of them; one opens
 * its upload, completes it and proves the object.
 */
export interface CopyPortion {
  /** Files that an earlier run of this worker proved and that are still the same. */
  readonly earlier: readonly FileProof[];
  /** The parts (0-based) that this worker sends; a file that goes in one request is part 0. */
  parts(file: PlannedFile): readonly number[];
  /** Whether this worker completes and proves the file. It then also sends its first part. */
  settles(file: PlannedFile): boolean;
  /** The upload that the parts go to, with those that S3 has; `undefined` when the file is whole already. */
  upload(file: PlannedFile): Promise<OpenUpload | undefined>;
  /** Adds the ETags of the others' parts, when all have arrived. */
  gather(file: PlannedFile, upload: OpenUpload): Promise<void>;
  /** A file is whole and proved. */
  proved(proof: FileProof): void;
  /** Takes the place of the manifest, which one worker writes: that one gets the proofs of all files. */
  finish(proofs: readonly FileProof[]): Promise<FileProof[] | undefined>;
}
