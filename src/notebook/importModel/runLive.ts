import { BedrockImportError, endedByOthers, isFinal } from '../../engine';
import type { Job, JobRunner } from '../../engine';
import { LiveDisplay, stack } from '../display';
import type { View } from '../display';
import { JobPicture } from './jobPicture';
import { jobView } from './jobView';
import type { NotebookJobs } from './notebookJobs';

/** A clock beside a stage that tells nothing for minutes. */
const REDRAW_MS = 1000;
/** Each is a process that ran the job and ended before the job did. */
const MOST_RUNS = 5;

export interface RunLiveOptions {
  /** False: only looks. @default true */
  start?: boolean;
  /** Ends the showing; the job itself goes on. */
  signal?: AbortSignal;
  /** Shown under the stages of a job that is done. */
  onDone?: (job: Job) => Promise<View | undefined>;
}

/**
 * Shows a job in one display until it comes to its end. Where nobody runs it, this kernel does, in the
 * background: what ends the showing does not end the job.
 *
 * @throws BedrockImportError `DETACHED` after the signal; why the job failed, was paused or cancelled
 */
export async function runLive(
  jobs: NotebookJobs,
  id: string,
  options: RunLiveOptions = {}
): Promise<Job> {
  const picture = new JobPicture(await jobs.store.read(id));
  const display = await LiveDisplay.open(jobView(picture));
  // A display that cannot be drawn is no reason to give up the job.
  const draw = (): void => void display.update(jobView(picture)).catch(() => undefined);
  const ticker = setInterval(draw, REDRAW_MS);
  try {
    const job = await followToEnd(jobs, picture, draw, options);
    picture.state = job.state;
    picture.remark = undefined;
    clearInterval(ticker);
    const more = await options.onDone?.(job);
    await display.finish(more === undefined ? jobView(picture) : stack(jobView(picture), more));
    return job;
  } catch (error) {
    clearInterval(ticker);
    picture.remark = remarkOf(error);
    await display.finish(jobView(picture)).catch(() => undefined);
    throw error;
  } finally {
    clearInterval(ticker);
  }
}

async function followToEnd(
  jobs: NotebookJobs,
  picture: JobPicture,
  draw: () => void,
  { signal, start = true }: RunLiveOptions
): Promise<Job> {
  const { store, runner } = jobs;
  const { id } = picture.job;
  for (let run = 1; ; run += 1) {
    const elsewhere = await runsElsewhere(jobs, id);
    const here = elsewhere || !start ? undefined : await startHere(runner, id, signal);
    picture.remark = elsewhere ? 'Another process runs this job; this cell follows it.' : undefined;
    draw();
    const isStarting = (): boolean => runner.ids.includes(id);
    for await (const event of store.follow(id, { from: picture.nextSeq, signal, isStarting })) {
      picture.add(event);
      draw();
    }
    if (signal?.aborted === true) {
      throw detached(id, await runsElsewhere(jobs, id));
    }
    // Where it runs here, the error that was thrown tells more than the journal.
    const failure = await here?.ended;
    const job = await store.read(id);
    if (job.state === 'done') {
      return job;
    }
    if (failure instanceof Error && !isRunningElsewhere(failure)) {
      throw failure;
    }
    if (isFinal(job.state)) {
      throw endOf(job);
    }
    if (run >= MOST_RUNS || !start) {
      throw interrupted(id);
    }
  }
}

async function runsElsewhere({ store, runner }: NotebookJobs, id: string): Promise<boolean> {
  if (runner.ids.includes(id) || store.liveJob(id) !== undefined) {
    return false;
  }
  return (await store.lookAt(id)).state === 'held';
}

/**
 * Begins the job here, unless it runs here already. Resolves when its first event is there: a journal
 * that ends with an earlier rest would end the following at once.
 *
 * @returns what settles when the run has ended, with why it has failed
 */
async function startHere(
  runner: JobRunner,
  id: string,
  signal: AbortSignal | undefined
): Promise<{ ended: Promise<unknown> }> {
  const runsAlready = runner.ids.includes(id);
  let heard: () => void = () => undefined;
  const first = new Promise<void>(resolve => {
    heard = resolve;
  });
  const unsubscribe = runner.subscribe(of => {
    if (of === id) {
      heard();
    }
  });
  runner.start(id);
  const ended = (runner.outcome(id) ?? Promise.resolve()).then(
    () => undefined,
    (error: unknown) => error
  );
  signal?.addEventListener('abort', heard, { once: true });
  try {
    await (runsAlready ? undefined : Promise.race([first, ended]));
  } finally {
    unsubscribe();
    signal?.removeEventListener('abort', heard);
  }
  return { ended };
}

function isRunningElsewhere(error: unknown): boolean {
  return error instanceof BedrockImportError && error.code === 'JOB_RUNNING_ELSEWHERE';
}

function endOf({ id, state, error }: Job): BedrockImportError {
  if (state === 'failed') {
    return error === undefined ? interrupted(id) : new BedrockImportError(error);
  }
  if (state === 'cancelled') {
    return endedByOthers(id, 'cancelled');
  }
  return new BedrockImportError({
    ...endedByOthers(id, 'paused').toJSON(),
    nextStep: 'Run this cell again to go on; what has arrived in S3 is kept.'
  });
}

function interrupted(id: string): BedrockImportError {
  return new BedrockImportError({
    code: 'JOB_INTERRUPTED',
    message: 'Nobody runs this job, and it has not come to its end.',
    subject: id,
    nextStep: 'Run this cell again to go on; what has arrived in S3 is kept.'
  });
}

function detached(id: string, elsewhere: boolean): BedrockImportError {
  return new BedrockImportError({
    code: 'DETACHED',
    message: `The cell was stopped; the job goes on in ${elsewhere ? 'the process that runs it' : 'this kernel'}.`,
    subject: id,
    nextStep: `Run this cell again to see it. To stop the job itself: const { store } = await notebookJobs(); await pauseJob(store, ${JSON.stringify(id)})`,
    kind: 'cancelled'
  });
}

function remarkOf(error: unknown): string {
  if (!(error instanceof BedrockImportError)) {
    return String(error);
  }
  return `${error.message} ${error.nextStep}`;
}
