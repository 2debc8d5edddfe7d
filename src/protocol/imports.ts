import type { CheckFinding } from './checks';

/** What the user asks for; what is left out, the engine proposes. */
export interface ImportWish {
  /** `organisation/name[@revision]`, the model's address, a folder, or something in S3. */
  model: string;
  /** The bytes go through the Hugging Face cache on disk, which keeps them. @default false */
  viaDisk?: boolean;
  bucket: string;
  prefix?: string;
  /** Missing: a role is created. */
  roleArn?: string;
  importedModelName?: string;
  /** Replaces the model's own. */
  chatTemplate?: string;
}

export interface ReviewedFile {
  path: string;
  key: string;
  sizeBytes: number;
  /** `skip`: it is in S3 and proved. `write`: rewritten on the way. */
  action: 'copy' | 'write' | 'prove' | 'skip';
}

/** An object at the destination that is not of this product. */
export interface Conflict {
  key: string;
  sizeBytes: number;
  kind: 'would-overwrite' | 'unexpected';
  why: string;
}

/** What an import will do. Making it changes nothing. */
export interface ImportReview {
  /** For `import/start`; known to the engine until it ends or the page is closed. */
  reviewId: string;
  modelId: string;
  /** Commit or fingerprint. */
  version: string;
  s3Uri: string;
  account: string;
  importedModelName: string;
  jobName: string;
  role: { action: 'use' | 'create'; arn?: string; name?: string; policies?: string };
  files: ReviewedFile[];
  /** Path and difference of each file that is rewritten. */
  rewrites: { path: string; difference: string }[];
  totalBytes: number;
  bytesToMove: number;
  alreadyThere: number;
  conflicts: Conflict[];
  checks: CheckFinding[];
  costNotes: string[];
  /** The same thing was imported before: nothing is started again. */
  existing?: { jobName: string; status: string; modelArn?: string };
}

export interface StartWish {
  reviewId: string;
  /** First question to the imported model. */
  ask?: string;
  connections?: number;
  /** The user has seen the conflicts and agreed. @default false */
  allowOverwrite?: boolean;
  /** @default false */
  keepAwake?: boolean;
}

/** A role that Bedrock can take to read the files. */
export interface RoleFact {
  arn: string;
  name: string;
}
