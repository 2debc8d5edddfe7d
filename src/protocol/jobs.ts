import type { CheckFinding } from './checks';
import type { Failure } from './errors';

export type JobStage = 'check' | 'role' | 'copy' | 'import' | 'wait' | 'ask' | 'switch' | 'free';
export type JobState =
  'waiting' | 'running' | 'paused' | 'failed' | 'cancelled' | 'done' | 'interrupted' | 'unreadable';

export interface JobFact {
  id: string;
  /** `move`: of the Hugging Face cache, from folder to folder. */
  kind: 'import' | 'copy' | 'move';
  title: string;
  state: JobState;
  stage?: JobStage;
  /** ISO times. */
  createdAt: string;
  updatedAt: string;
  source: string;
  destination: string;
  progress?: {
    totalBytes: number;
    movedBytes: number;
    bytesPerSecond: number;
    secondsLeft?: number;
  };
  error?: Failure;
  /** Of a waiting job: the one that it waits for. */
  waitsFor?: string;
  /** Another process runs it, such as a command in a terminal. */
  runsElsewhere?: boolean;
}

export interface JobDetails extends JobFact {
  stages: { stage: JobStage; state: string; detail?: string }[];
  files: { path: string; sizeBytes: number }[];
  checks: CheckFinding[];
  modelArn?: string;
  answer?: string;
  /** A follower that has seen all goes on from the next number. */
  lastSeq: number;
  runsElsewhere: boolean;
}

/** What is known of a single file on its way. */
export interface FileProgress {
  path: string;
  sizeBytes: number;
  movedBytes: number;
  state: 'waiting' | 'copying' | 'proving' | 'proved' | 'skipped';
}

export interface CopyProgress {
  phase: 'copy' | 'proof' | 'manifest';
  totalBytes: number;
  movedBytes: number;
  downloadedBytes?: number;
  /** Until the disk of the download is full, at the present rate; missing while the download fits. */
  secondsUntilFull?: number;
  bytesPerSecond: number;
  meanBytesPerSecond: number;
  secondsLeft?: number;
  filesTotal: number;
  filesDone: number;
  filesProved: number;
  retries: number;
  retryCauses: Readonly<Record<string, number>>;
  connections: number;
  /** Those that are on their way; known only where the job runs. */
  files?: readonly FileProgress[];
}

/** One thing that happened in a job. `seq` counts from 1; progress may come with that of the event before. */
export type JobEvent = { seq: number; at: string } &
  /** `fresh`: the job was made anew; what its stages did before counts no longer. */
  (
    | { type: 'state'; state: JobState; error?: Failure; fresh?: boolean }
    | { type: 'stage'; stage: JobStage; state: string; detail?: string; waitsFor?: string }
    | { type: 'progress'; progress: CopyProgress }
    | { type: 'file'; path: string; state: FileProgress['state']; provedBy?: string }
    | { type: 'retry'; path: string; part?: number; cause: string; attempt: number; waitMs: number }
    | { type: 'connections'; connections: number; why: string }
    | { type: 'wait'; reason: string; waitedMs: number; budgetMs?: number }
    | { type: 'import-job'; jobArn: string; status: string }
    | { type: 'answer'; text: string }
    | { type: 'warning'; message: string }
    | { type: 'result'; modelArn?: string; seconds: number }
  );

/** What cancelling a job does; shown before it is done. */
export interface CancelPlan {
  running: boolean;
  uploads: { key: string; bytes?: number }[];
  /** `s3://bucket/prefix/` whose whole objects stay, or the folder whose files do. */
  keeps: string;
  cannotUndo: string[];
}

/** What taking a job off the list does. */
export interface RemovePlan {
  folder: string;
  files: { path: string; sizeBytes: number }[];
  keeps: string;
  uploads: { key: string; bytes?: number }[];
}
