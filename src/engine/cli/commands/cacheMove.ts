import { resolve } from 'node:path';

import type { Command } from 'commander';

import { planCacheMove } from '../../cacheMove';
import type { CacheMovePlan } from '../../cacheMove';
import { formatBytes } from '../../disk';
import { BedrockImportError } from '../../errors';
import { createMoveJob } from '../../jobs';
import type { Job, JobState } from '../../jobs';
import { requireConfirmation } from '../confirmation';
import { ExitCode } from '../exitCodes';
import { jobResultDocument, printJobResult } from '../jobs/jobResult';
import { runShown } from '../jobs/runShown';
import type { Printer } from '../output';
import type { Outcome, Session } from '../session';
import { fieldLines, pointLines } from '../text/layout';
import type { RunSubcommand } from './command';

const WIDEST_TEXT = 100;

interface MoveOptions {
  to?: string;
  yes?: boolean;
}

/** Those that the same words go on with. */
const UNFINISHED: ReadonlySet<JobState> = new Set(['waiting', 'paused', 'interrupted', 'failed']);

/** Adds `move` to the group `cache`. */
export function addCacheMoveCommand(cache: Command, run: RunSubcommand): void {
  cache
    .command('move')
    .summary('move the Hugging Face cache to the disk that lasts')
    .description(
      'Moves the Hugging Face cache as a job: copies, compares, leads new kernels there, and only then ' +
        'deletes the old one. It can be stopped at any point; the same command goes on with it.'
    )
    .option('--to <folder>', 'where it goes (default: under the JupyterLab root)')
    .option('-y, --yes', 'do not ask')
    .action((options: MoveOptions) => run(session => move(session, options)));
}

async function move(session: Session, { to, yes }: MoveOptions): Promise<Outcome> {
  const environment = await session.environment();
  const begun = await unfinishedMove(session, to);
  const plan = await planCacheMove({ environment }, { to, signal: session.signal }).catch(
    (error: unknown) => {
      // The last thing that a move does leaves nothing that could be planned.
      if (begun !== undefined && error instanceof BedrockImportError) {
        return undefined;
      }
      throw error;
    }
  );
  if (plan === undefined) {
    session.words.line(`Going on with ${begun?.id ?? ''}.`);
  } else {
    printPlan(session.words, plan);
  }
  const document = { plan, jobId: begun?.id };
  if (plan?.fits === false) {
    return {
      document,
      exitCode: ExitCode.blocked,
      print: to => to.line('It does not fit. Nothing was changed.')
    };
  }
  const refused = await requireConfirmation(session, {
    yes: yes === true,
    question: begun === undefined ? 'Move it?' : `Go on with the job ${begun.id}?`,
    what: 'Moving the cache'
  });
  if (refused) {
    return { document, error: refused };
  }
  const job = begun ?? (await newJob(session, plan));
  session.progress.stage(`${job.title}, as job ${job.id}`);
  const result = await runShown(session, job);
  return {
    document: jobResultDocument(job, result),
    print: to => printJobResult(to, job, result)
  };
}

async function newJob(session: Session, plan: CacheMovePlan | undefined): Promise<Job> {
  if (plan === undefined) {
    throw new Error('There is neither a job nor a plan.');
  }
  return createMoveJob(await session.jobs(), plan);
}

async function unfinishedMove(session: Session, to: string | undefined): Promise<Job | undefined> {
  const store = await session.jobs();
  for (const { id, kind, state } of await store.list()) {
    if (kind === 'move' && UNFINISHED.has(state)) {
      const job = await store.read(id);
      if (job.kind === 'move' && (to === undefined || job.move.to === resolve(to))) {
        return job;
      }
    }
  }
  return undefined;
}

function printPlan(to: Printer, plan: CacheMovePlan): void {
  to.lines(
    fieldLines([
      ['From', plan.from],
      ['To', plan.to],
      ['Size', `${formatBytes(plan.bytes)} in ${plan.files} files and links`],
      ['Available there', plan.sameDisk ? undefined : formatBytes(plan.availableBytes)]
    ])
  );
  to.line();
  for (const note of plan.notes) {
    to.lines(pointLines(note, Math.min(to.columns, WIDEST_TEXT)));
  }
}
