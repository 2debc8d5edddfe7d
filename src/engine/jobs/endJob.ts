import type { JobSummary } from './jobTypes';
import type { JobStore } from './store';
import type { EngineContext } from './types';

/** What cancelling a job does; making it changes nothing. */
export interface CancelPlan {
  id: string;
  /** Somebody runs the job; it is stopped first. */
  running: boolean;
  /** Unfinished multipart uploads that are aborted, with what they hold. */
  uploads: { key: string; uploadId: string }[];
  /** `s3://bucket/prefix/` whose whole objects stay. */
  keeps: string;
  /** What cannot be undone, a sentence each, such as an import that runs in Bedrock. */
  cannotUndo: string[];
}

export interface CancelOutcome {
  plan: CancelPlan;
  /** False when it was only looked at. */
  done: boolean;
  job: JobSummary;
}

export interface RemovePlan {
  id: string;
  /** The job's folder. */
  folder: string;
  files: { path: string; sizeBytes: number }[];
  /** `s3://bucket/prefix/` whose objects stay. */
  keeps: string;
  /** Unfinished uploads that would be left behind: cancel the job first to abort them. */
  unfinished: boolean;
}

export interface RemoveOutcome {
  plan: RemovePlan;
  done: boolean;
}

export interface EndJobOptions {
  /** Without it nothing is done; the plan says what would be. @default false */
  confirmed?: boolean;
  signal?: AbortSignal;
}

/**
 * Stops a job so that it can go on later; what has arrived in S3 is kept. An import that runs in Bedrock
 * runs on. Returns when the job rests.
 *
 * @throws BedrockImportError `JOB_NOT_FOUND`, `JOB_NOT_RUNNING`, `JOB_DOES_NOT_ANSWER`
 */
export async function pauseJob(
  store: JobStore,
  id: string,
  options: { signal?: AbortSignal } = {}
): Promise<JobSummary> {
  throw new Error(`not yet ${typeof store} ${id} ${typeof options}`);
}

/**
 * Gives a job up: stops it, also in another process, and aborts its unfinished uploads. Whole objects
 * stay in S3. Looks only, unless `confirmed`.
 *
 * @throws BedrockImportError `JOB_NOT_FOUND`, `JOB_FINISHED`, `JOB_DOES_NOT_ANSWER`, and those of AWS
 */
export async function cancelJob(
  context: EngineContext,
  store: JobStore,
  id: string,
  options: EndJobOptions = {}
): Promise<CancelOutcome> {
  throw new Error(`not yet ${typeof context} ${typeof store} ${id} ${typeof options}`);
}

/**
 * Deletes a job's folder; what is in S3 and in Bedrock stays. Looks only, unless `confirmed`.
 *
 * @throws BedrockImportError `JOB_NOT_FOUND`, `JOB_RUNNING_ELSEWHERE`
 */
export async function removeJob(
  context: EngineContext,
  store: JobStore,
  id: string,
  options: EndJobOptions = {}
): Promise<RemoveOutcome> {
  throw new Error(`not yet ${typeof context} ${typeof store} ${id} ${typeof options}`);
}
