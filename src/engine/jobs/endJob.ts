import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BedrockImportError } from '../errors';
import { formatS3Uri } from '../transfer';
import type { UnfinishedUpload } from '../transfer';
import { systemClock } from '../waiting';
import { abandonJob, lookAtAbandonment } from './abandonJob';
import { runningElsewhere } from './jobErrors';
import { isFinal } from './jobTypes';
import type { Job, JobSummary } from './jobTypes';
import type { LiveJob } from './liveJob';
import { askRunner } from './requests';
import type { JobRequest } from './requests';
import type { JobStore } from './store';
import type { EngineContext } from './types';

/** A runner that is asked stops its requests to S3 and Bedrock first. */
const ANSWER_MS = 90_000;
const POLL_MS = 200;

/** What cancelling a job does; making it changes nothing. */
export interface CancelPlan {
  id: string;
  /** Somebody runs the job; it is stopped first. */
  running: boolean;
  /** Unfinished multipart uploads that are aborted; what they hold is thrown away. */
  uploads: UnfinishedUpload[];
  /** `s3://bucket/prefix/` whose whole objects stay, or the folder whose files do. */
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
  /** `s3://bucket/prefix/` whose objects stay, or the folder whose files do. */
  keeps: string;
  /** Unfinished multipart uploads that would be left behind: cancel the job first to abort them. */
  uploads: UnfinishedUpload[];
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
  const job = await store.read(id);
  if (job.state === 'paused') {
    return job;
  }
  if (isFinal(job.state)) {
    throw new BedrockImportError({
      code: 'JOB_NOT_RUNNING',
      message: `This job does not run: it is ${job.state}.`,
      subject: id,
      nextStep: `"bedrock-import jobs show ${id}" tells how it stands.`,
      kind: 'usage'
    });
  }
  await stopOrHold(store, id, 'pause', options.signal, async live => {
    await live.record({ type: 'state', state: 'paused' });
  });
  return await store.read(id);
}

/**
 * Gives a job up: stops it, also in another process, and aborts its unfinished uploads. Whole objects
 * stay in S3. Looks only, unless `confirmed`. A cancelled job can be cancelled again, to clean up what
 * could not be cleaned up before.
 *
 * @throws BedrockImportError `JOB_NOT_FOUND`, `JOB_FINISHED`, `JOB_DOES_NOT_ANSWER`, and those of AWS
 */
export async function cancelJob(
  context: EngineContext,
  store: JobStore,
  id: string,
  options: EndJobOptions = {}
): Promise<CancelOutcome> {
  const job = await store.read(id);
  if (job.state === 'done') {
    throw new BedrockImportError({
      code: 'JOB_FINISHED',
      message: 'This job is done; there is nothing to cancel.',
      subject: id,
      nextStep: `"bedrock-import jobs remove ${id}" takes it off the list.`,
      kind: 'usage'
    });
  }
  const signal = options.signal ?? new AbortController().signal;
  const { stored, facts } = await store.load(id);
  const plan: CancelPlan = {
    id,
    running: (await store.lookAt(id)).state === 'held',
    ...(await lookAtAbandonment(context, stored, facts, signal))
  };
  if (options.confirmed !== true) {
    return { plan, done: false, job };
  }
  await stopOrHold(store, id, 'cancel', options.signal, live => abandonJob(context, live));
  return { plan, done: true, job: await store.read(id) };
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
  await store.requireThere(id);
  const lease = await store.lookAt(id);
  if (lease.state === 'held') {
    throw runningElsewhere(id, lease);
  }
  // A job that cannot be read can be removed all the same.
  const job = await store.read(id).catch(() => undefined);
  const folder = store.folderOf(id);
  const plan: RemovePlan = {
    id,
    folder,
    files: store.isInMemory(id) ? [] : await filesIn(folder),
    keeps: job === undefined ? '' : keptBy(job),
    uploads: job === undefined ? [] : await leftUploads(context, store, job, options.signal)
  };
  if (options.confirmed !== true) {
    return { plan, done: false };
  }
  await store.remove(id);
  return { plan, done: true };
}

function keptBy(job: Job): string {
  return job.kind === 'move' ? job.move.to : formatS3Uri(job.plan.destination);
}

async function filesIn(folder: string): Promise<RemovePlan['files']> {
  const names = (await readdir(folder)).sort();
  return await Promise.all(
    names.map(async name => {
      const path = join(folder, name);
      return { path, sizeBytes: (await stat(path)).size };
    })
  );
}

/** Removing a job must be possible without AWS; then nothing is known of its uploads. */
async function leftUploads(
  context: EngineContext,
  store: JobStore,
  job: Job,
  signal: AbortSignal | undefined
): Promise<UnfinishedUpload[]> {
  if (job.state === 'done') {
    return [];
  }
  try {
    const { stored, facts } = await store.load(job.id);
    const limit = signal ?? AbortSignal.timeout(15_000);
    return (await lookAtAbandonment(context, stored, facts, limit)).uploads;
  } catch {
    return [];
  }
}

/**
 * Has a job stopped by whoever runs it, and does it here when nobody does, or when the one that was asked
 * dies on the way.
 */
async function stopOrHold(
  store: JobStore,
  id: string,
  request: JobRequest,
  signal: AbortSignal | undefined,
  whenHeld: (live: LiveJob) => Promise<void>
): Promise<void> {
  const wanted = request === 'pause' ? 'paused' : 'cancelled';
  const deadline = Date.now() + ANSWER_MS;
  const before = (await store.read(id)).lastSeq;
  let asked = false;
  for (;;) {
    if ((await store.lookAt(id)).state !== 'held') {
      const { state, lastSeq } = await store.read(id);
      if (asked && lastSeq > before && (state === wanted || state === 'done')) {
        return;
      }
      const live = await hold(store, id, signal);
      if (live !== undefined) {
        try {
          await whenHeld(live);
        } finally {
          await store.letGo(live);
        }
        return;
      }
    }
    const here = store.liveJob(id);
    if (here?.stop !== undefined) {
      here.stop(request);
      asked = true;
    } else if (here === undefined && !asked) {
      await askRunner(store.folderOf(id), request);
      asked = true;
    }
    if (Date.now() > deadline) {
      throw new BedrockImportError({
        code: 'JOB_DOES_NOT_ANSWER',
        message: `The process that runs this job was asked to stop and has not done so in ${ANSWER_MS / 1000} s.`,
        subject: id,
        nextStep: 'Wait a little and look at the job again, or end that process.'
      });
    }
    await systemClock.sleep(POLL_MS, signal);
  }
}

/** `undefined` when somebody else was quicker. */
async function hold(
  store: JobStore,
  id: string,
  signal: AbortSignal | undefined
): Promise<LiveJob | undefined> {
  try {
    return await store.hold(id, { signal });
  } catch (error) {
    if (error instanceof BedrockImportError && error.code === 'JOB_RUNNING_ELSEWHERE') {
      return undefined;
    }
    throw error;
  }
}
