import type { Answer, ImportedModel } from '../bedrock';
import type { CacheMove, FreedCache } from '../cacheMove';
import type { Check } from '../checks';
import type { CallerIdentity } from '../environment';
import type { ErrorKind } from '../errors';
import type { ImportRole } from '../iam';
import type { CopyPlan, CopyProgress, CopyResult, CopyRetry, FileEvent } from '../transfer';
import type { ImportReview } from './types';

/** `move`: the Hugging Face cache goes to another folder; the others bring a model to S3. */
export type JobKind = 'import' | 'copy' | 'move';

/**
 * In their order, as `JOB_STAGES` has them for each kind. The proof is the last phase of `copy`. `switch`: new
 * kernels look in the new place; `free`: the old one is deleted.
 */
export type JobStage = 'check' | 'role' | 'copy' | 'import' | 'wait' | 'ask' | 'switch' | 'free';

/**
 * `waiting`: made and not started yet, or waiting for another import to end. `interrupted`: its journal
 * says that it runs, and nobody runs it. `unreadable`: its folder is there and cannot be understood.
 */
export type JobState =
  'waiting' | 'running' | 'paused' | 'failed' | 'cancelled' | 'done' | 'interrupted' | 'unreadable';

/** `waiting`: for another import of this account and Region. */
export type JobStageState = 'start' | 'done' | 'failed' | 'waiting';

/** A `BedrockImportError` as plain data. */
export interface JobError {
  code: string;
  message: string;
  subject?: string;
  nextStep: string;
  kind: ErrorKind;
}

/** Progress of the copy without its single files. */
export type JobProgress = Omit<CopyProgress, 'files'>;

export interface JobSummary {
  id: string;
  kind: JobKind;
  /** For people: what goes where. */
  title: string;
  state: JobState;
  /** The one that runs, failed or comes next. */
  stage?: JobStage;
  /** ISO times. */
  createdAt: string;
  updatedAt: string;
  /** For people. */
  source: string;
  /** `s3://bucket/prefix/`, or a folder. */
  destination: string;
  progress?: Pick<JobProgress, 'totalBytes' | 'movedBytes' | 'bytesPerSecond' | 'secondsLeft'>;
  error?: JobError;
  /** Of a waiting job: the one that it waits for. */
  waitsFor?: string;
}

/** What an import job needs beside the plan of its copy: the review without what only people read. */
export interface JobImportTarget {
  modelId: string;
  /** Commit or fingerprint. */
  version: string;
  identity: CallerIdentity;
  role: ImportReview['role'];
  names: ImportReview['names'];
  s3Uri: string;
  /** The user's own name for the imported model. */
  requestedName?: string;
}

/** How a job is to be run; kept with it, so that any later process runs it the same way. */
export interface JobSettings {
  /** First question to the imported model. */
  ask?: string;
  /** Parts on their way at the same time at most. */
  connections?: number;
  /** The user has agreed that objects are replaced. @default false */
  allowOverwrite?: boolean;
  /** Milliseconds that the import may take. */
  importTimeLimitMs?: number;
  /** The user has agreed that the host is kept awake while the job runs. @default false */
  keepAwake?: boolean;
}

/** How far a stage has come since the job was last made anew. */
export interface JobStageReport {
  stage: JobStage;
  state: JobStageState | 'pending';
  detail?: string;
}

interface JobInFull extends JobSummary {
  settings: JobSettings;
  checks: Check[];
  stages: JobStageReport[];
  result?: JobResult;
  /** Of the last event; a follower that has seen all goes on from the next number. */
  lastSeq: number;
  /** Somebody runs it now, so nothing about it was changed. */
  runningElsewhere?: boolean;
}

/** Brings a model to S3. */
export interface TransferJob extends JobInFull {
  kind: 'import' | 'copy';
  plan: CopyPlan;
  import?: JobImportTarget;
}

/** Brings the Hugging Face cache to another folder. */
export interface MoveJob extends JobInFull {
  kind: 'move';
  move: CacheMove;
}

export type Job = TransferJob | MoveJob;

/** What a copy has brought about, without the proofs of its single files: the manifest holds those. */
export type JobCopyResult = Omit<CopyResult, 'files'> & { files?: CopyResult['files'] };

/** Plain data, as the journal holds it. */
export type JobModel = Omit<ImportedModel, 'creationTime'>;

/** What a job has brought about so far; complete when it is done. */
export interface JobResult {
  copy?: JobCopyResult;
  role?: ImportRole;
  importJob?: { jobArn: string; jobName: string };
  model?: JobModel;
  answer?: Answer;
  /** Of a move: what was deleted in the old place. */
  freed?: FreedCache;
  /** From the start of the run that ended the job to its end. */
  seconds: number;
}

/** What later stages and later runs need from a stage that is done. */
export interface JobStageResult {
  role?: ImportRole;
  copy?: JobCopyResult;
  importJob?: { jobArn: string; jobName: string };
  model?: JobModel;
  answer?: Answer;
  freed?: FreedCache;
}

export type JobEventBody =
  | {
      type: 'state';
      state: JobState;
      error?: JobError;
      /** The job was made anew: what its stages did before counts no longer. */
      fresh?: boolean;
    }
  | {
      type: 'stage';
      stage: JobStage;
      state: JobStageState;
      detail?: string;
      result?: JobStageResult;
      /** Of the stage `import`, before Bedrock is asked: the job name that finds what was started. */
      jobName?: string;
      /** Of a waiting stage: the job that holds it up. */
      waitsFor?: string;
    }
  /** The files that are on their way are told while it runs, and kept nowhere. */
  | { type: 'progress'; progress: JobProgress & Partial<Pick<CopyProgress, 'files'>> }
  | ({ type: 'file' } & FileEvent)
  | { type: 'retry'; retry: CopyRetry }
  | { type: 'connections'; connections: number; why: string }
  | { type: 'wait'; reason: string; waitedMs: number; budgetMs?: number }
  | { type: 'import-job'; jobArn: string; status: string }
  | { type: 'answer'; text: string }
  | { type: 'warning'; message: string }
  | { type: 'result'; result: JobResult };

/**
 * One thing that happened. `seq` counts from 1 within a job. In the process that runs the job there is
 * more progress than in the journal; such an event has the `seq` of the one before it.
 */
export type JobEvent = { seq: number; at: string } & JobEventBody;

export interface JobOutcome {
  id: string;
  /** A failure is thrown instead. */
  state: 'done' | 'paused' | 'cancelled' | 'interrupted';
  result: JobResult;
}

/** The stages of each kind, in order. */
export const JOB_STAGES: Readonly<Record<JobKind, readonly JobStage[]>> = {
  import: ['check', 'role', 'copy', 'import', 'wait', 'ask'],
  copy: ['check', 'copy'],
  move: ['check', 'copy', 'switch', 'free']
};

/** States in which nothing more happens by itself. */
export function isFinal(state: JobState): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled' || state === 'paused';
}
