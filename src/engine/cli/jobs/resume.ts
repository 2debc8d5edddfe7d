import { BedrockImportError } from '../../errors';
import { Job, JobResult, JobState, JobStore, JobSummary } from '../../jobs';
import { ExitCode, toCommandError, usageError } from '../exitCodes';
import type { Outcome, Session } from '../session';
import { jobResultDocument, printJobResult } from './jobResult';
import { runShown } from './runShown';

/** A job by its id or the beginning of it. */
export async function findJob(
  session: Session,
  text: string
): Promise<{ store: JobStore; job: Job }> {
  const store = await session.jobs();
  return { store, job: await store.read(await store.resolve(text)) };
}

/** Goes on with one job. */
export async function resumeOne(session: Session, text: string): Promise<Outcome> {
  const { job } = await findJob(session, text);
  if (job.state === 'done' && job.result !== undefined) {
    const { result } = job;
    return {
      document: jobResultDocument(job, result),
      print: to => {
        to.line('This job is done already.');
        printJobResult(to, job, result);
      }
    };
  }
  const result = await resume(session, job);
  return {
    document: jobResultDocument(job, result),
    print: to => printJobResult(to, job, result)
  };
}

/** What somebody who says "all" wants to go on; failed and cancelled jobs are named one by one. */
const UNFINISHED: ReadonlySet<JobState> = new Set(['paused', 'interrupted', 'waiting']);

interface Resumed {
  id: string;
  title: string;
  state: JobState | 'failed';
  error?: BedrockImportError;
}

/**
 * Goes on with every unfinished job, the oldest first. They take turns: a copy uses all the network
 * that there is, and an account imports one model at a time.
 */
export async function resumeAll(
  session: Session,
  options: { id?: string; all: boolean }
): Promise<Outcome> {
  if (!options.all || options.id !== undefined) {
    throw usageError({
      code: 'USAGE',
      message: options.all ? 'Either an id or --all, not both.' : 'No job is named.',
      nextStep:
        '"bedrock-import jobs list" shows the jobs; --all goes on with every unfinished one.'
    });
  }
  const store = await session.jobs();
  const unfinished = (await store.list()).filter(({ state }) => UNFINISHED.has(state));
  unfinished.sort((a, b) => a.createdAt.localeCompare(b.createdAt));
  const resumed: Resumed[] = [];
  for (const summary of unfinished) {
    resumed.push(await resumeInTurn(session, store, summary));
  }
  const failed = resumed.filter(({ error }) => error !== undefined);
  return {
    document: { jobs: resumed },
    exitCode: failed.length === 0 ? ExitCode.done : ExitCode.failed,
    print: to => {
      if (resumed.length === 0) {
        to.line('No job is unfinished.');
      }
      for (const { id, title, state, error } of resumed) {
        to.line(`${title}: ${state}${error === undefined ? '' : ` (${error.code})`}, job ${id}`);
      }
    }
  };
}

async function resumeInTurn(
  session: Session,
  store: JobStore,
  { id, title }: JobSummary
): Promise<Resumed> {
  try {
    await resume(session, await store.read(id));
    return { id, title, state: 'done' };
  } catch (thrown) {
    if (session.signal.aborted) {
      throw thrown;
    }
    // The others have nothing to do with it.
    const error = toCommandError(thrown);
    if (!session.json) {
      session.output.error(error);
    }
    return { id, title, state: error.code === 'JOB_PAUSED' ? 'paused' : 'failed', error };
  }
}

function resume(session: Session, job: Job): Promise<JobResult> {
  session.progress.stage(`${job.title} (job ${job.id})`);
  return runShown(session, job);
}
