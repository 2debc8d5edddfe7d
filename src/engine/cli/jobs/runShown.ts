import { BedrockImportError } from '../../errors';
import { endedByOthers, Job, JobError, JobEvent, JobResult, JobState, runJob } from '../../jobs';
import type { Session } from '../session';
import {
  errorOfJob,
  interruptedError,
  stoppedError,
  stoppedFollowing,
  withCacheFolder
} from './jobErrors';
import { createJobDisplay } from './jobDisplay';

/**
 * Runs a job in the foreground, or follows it where another process runs it already.
 *
 * @returns what the job has brought about; a job that rests without its result is thrown as an error
 */
export async function runShown(session: Session, job: Job): Promise<JobResult> {
  if (job.runningElsewhere === true) {
    return followToResult(session, job);
  }
  const { signal } = session;
  const display = createJobDisplay(session, job, true);
  const store = await session.jobs();
  try {
    const outcome = await runJob(await session.engine(), store, job.id, { ...display, signal });
    if (outcome.state !== 'done') {
      throw signal.aborted
        ? stoppedError(job.id, display.runningImport())
        : outcome.state === 'interrupted'
          ? interruptedError(job.id)
          : endedByOthers(job.id, outcome.state);
    }
    return outcome.result;
  } catch (error) {
    if (error instanceof BedrockImportError && error.code === 'JOB_RUNNING_ELSEWHERE') {
      return await followToResult(session, job);
    }
    throw signal.aborted
      ? stoppedError(job.id, display.runningImport())
      : withCacheFolder(error, job);
  } finally {
    display.end();
    session.progress.clear();
  }
}

async function followToResult(session: Session, job: Job): Promise<JobResult> {
  session.progress.stage(
    `Another process runs this already, as job ${job.id}. Following it; Ctrl-C ends only that.`
  );
  const { result, error } = await followShown(session, job, { from: 1 });
  if (result === undefined) {
    throw error ?? interruptedError(job.id);
  }
  return result;
}

export interface Followed {
  state: JobState;
  /** Of a job that is done. */
  result?: JobResult;
  /** Why there is no result. */
  error?: BedrockImportError;
}

/** Shows a job that runs elsewhere, from the event with the number `from`, until it rests. */
export async function followShown(
  session: Session,
  job: Job,
  options: { from: number }
): Promise<Followed> {
  const display = createJobDisplay(session, job, false);
  try {
    return await followEvents(session, job, { ...options, onEvent: display.onEvent });
  } finally {
    display.end();
    session.progress.clear();
  }
}

/**
 * Hands on the events of a job until it rests.
 *
 * @throws BedrockImportError `CANCELLED` after Ctrl-C
 */
export async function followEvents(
  session: Session,
  job: Job,
  options: { from: number; onEvent: (event: JobEvent) => void }
): Promise<Followed> {
  const { signal } = session;
  const store = await session.jobs();
  let { state } = job;
  let jobError: JobError | undefined;
  for await (const event of store.follow(job.id, { from: options.from, signal })) {
    options.onEvent(event);
    if (event.type === 'state') {
      ({ state, error: jobError } = event);
    }
  }
  if (signal.aborted) {
    throw stoppedFollowing(job.id);
  }
  switch (state) {
    case 'done':
      // Read again: the event with the result may lie before `from`.
      return { state, result: (await store.read(job.id)).result };
    case 'paused':
    case 'cancelled':
      return { state, error: endedByOthers(job.id, state) };
    case 'failed':
      jobError ??= (await store.read(job.id)).error;
      return { state, error: jobError ? errorOfJob(jobError) : interruptedError(job.id) };
    default:
      return { state, error: interruptedError(job.id) };
  }
}
