import { formatBytes } from '../../disk';
import { cancelJob, CancelPlan, Job, pauseJob, removeJob } from '../../jobs';
import { requireConfirmation } from '../confirmation';
import { exitCodeOf, ExitCode } from '../exitCodes';
import { jobDocument, jobTable, printJob } from '../jobs/jobLines';
import { findJob, resumeAll, resumeOne } from '../jobs/resume';
import { Followed, followEvents, followShown } from '../jobs/runShown';
import type { Printer } from '../output';
import type { Outcome, Session } from '../session';
import { counted, tableLines } from '../text/layout';
import { wholeNumber } from './ask';
import type { AddSubcommand } from './command';

const ID = ['<id>', 'id of the job, or its beginning'] as const;

export const addJobsCommand: AddSubcommand = (program, run) => {
  const jobs = program
    .command('jobs')
    .summary('list, follow, pause, resume or end copies and imports')
    .description(
      'Every copy and every import is a job: it is kept on this machine, goes on where it was after ' +
        'a failure or a restart, and can be followed from any terminal.'
    );
  jobs
    .command('list')
    .description('Lists the jobs, the one that changed last first.')
    .action(() => run(list));
  jobs
    .command('show')
    .description(
      'Shows one job: its stages, its progress, its files, and what to do after an error.'
    )
    .argument(...ID)
    .option('--events', 'print its event log instead, one JSON document a line')
    .action((id: string, options: { events?: boolean }) =>
      run(session => show(session, id, options.events === true))
    );
  jobs
    .command('follow')
    .description(
      'Shows a job from its first event on until it rests. With --json: one JSON document a line for ' +
        'each event. Exits with 0 when the job is done or paused, with 130 when it was cancelled, ' +
        'and as the job itself when it failed.'
    )
    .argument(...ID)
    .option('--from <number>', 'begin with the event of this number (seq)', wholeNumber(1), 1)
    .action((id: string, options: { from: number }) =>
      run(session => follow(session, id, options.from))
    );
  jobs
    .command('pause')
    .description('Stops a job so that it can go on later. What has arrived in S3 is kept.')
    .argument(...ID)
    .action((id: string) => run(session => pause(session, id)));
  jobs
    .command('resume')
    .description(
      'Goes on with a job here, in the foreground; one that runs elsewhere is followed instead.'
    )
    .argument('[id]', ID[1])
    .option('--all', 'go on with every job that is paused, interrupted or waiting, one by one')
    .option('--cache-dir <folder>', 'let a job write in this folder, if it was begun with it')
    .action((id: string | undefined, options: { all?: boolean }) =>
      run(session =>
        id === undefined || options.all === true
          ? resumeAll(session, { id, all: options.all === true })
          : resumeOne(session, id)
      )
    );
  jobs
    .command('cancel')
    .description(
      'Gives a job up: stops it and aborts its unfinished uploads. Whole objects stay in S3.'
    )
    .argument(...ID)
    .option('-y, --yes', 'do not ask')
    .action((id: string, options: { yes?: boolean }) =>
      run(session => cancel(session, id, options.yes === true))
    );
  jobs
    .command('remove')
    .description('Deletes what is kept of a job on this machine. Objects and models stay.')
    .argument(...ID)
    .option('-y, --yes', 'do not ask')
    .action((id: string, options: { yes?: boolean }) =>
      run(session => remove(session, id, options.yes === true))
    );
};

async function list(session: Session): Promise<Outcome> {
  const store = await session.jobs();
  const jobs = await store.list();
  return {
    document: { folder: store.stateDirectory, jobs },
    print: to =>
      jobs.length === 0
        ? to.line(`No jobs in ${store.stateDirectory}.`)
        : to.lines(jobTable(jobs, Date.now()))
  };
}

async function show(session: Session, text: string, onlyEvents: boolean): Promise<Outcome> {
  const { store, job } = await findJob(session, text);
  const events = await store.events(job.id);
  if (!onlyEvents) {
    return { document: jobDocument(job, events), print: to => printJob(to, job, events) };
  }
  if (session.json) {
    return { document: { job: jobDocument(job, events), events } };
  }
  events.forEach(event => session.output.jsonLine(event));
  return {};
}

async function follow(session: Session, text: string, from: number): Promise<Outcome> {
  const { job } = await findJob(session, text);
  if (!session.json) {
    const followed = await followShown(session, job, { from });
    return {
      error: isRest(followed) ? undefined : followed.error,
      print: to => to.line(`${job.title}: ${followed.state}`)
    };
  }
  try {
    const followed = await followEvents(session, job, { from, onEvent: session.output.jsonLine });
    return { exitCode: exitCodeOfFollowed(followed) };
  } catch (error) {
    // The lines end here; a document after them would be no line.
    if (session.signal.aborted) {
      return { exitCode: ExitCode.cancelled };
    }
    throw error;
  }
}

function isRest({ state }: Followed): boolean {
  return state === 'done' || state === 'paused';
}

function exitCodeOfFollowed(followed: Followed): number {
  return isRest(followed) || followed.error === undefined
    ? ExitCode.done
    : exitCodeOf(followed.error);
}

async function pause(session: Session, text: string): Promise<Outcome> {
  const { store, job } = await findJob(session, text);
  session.progress.status('Waiting for the job to stop');
  const paused = await pauseJob(store, job.id, { signal: session.signal });
  return {
    document: paused,
    print: to => {
      to.line(`${paused.title}: ${paused.state}`);
      to.line(`Go on with: bedrock-import jobs resume ${paused.id}`);
    }
  };
}

async function cancel(session: Session, text: string, yes: boolean): Promise<Outcome> {
  const { signal } = session;
  const { store, job } = await findJob(session, text);
  const engine = await session.engine();
  session.progress.status('Looking for unfinished uploads');
  const { plan } = await cancelJob(engine, store, job.id, { signal });
  session.progress.clear();
  printCancelPlan(session.words, job, plan);
  const refused = await requireConfirmation(session, {
    yes,
    question: 'Cancel it?',
    what: 'Cancelling a job'
  });
  if (refused) {
    return { document: { cancelled: false, plan }, error: refused };
  }
  session.progress.status('Cancelling');
  const outcome = await cancelJob(engine, store, job.id, { confirmed: true, signal });
  return {
    document: { cancelled: outcome.done, plan: outcome.plan, job: outcome.job },
    print: to => to.line(`${job.title}: ${outcome.job.state}`)
  };
}

function printCancelPlan(to: Printer, job: Job, plan: CancelPlan): void {
  to.line(`This job will be given up: ${job.title}`);
  if (plan.running) {
    to.line('It is running, and will be stopped.');
  }
  if (job.kind === 'move') {
    plan.cannotUndo.forEach(sentence => to.line(sentence));
    return;
  }
  if (plan.uploads.length === 0) {
    to.line('There are no unfinished uploads to abort.');
  } else {
    to.line(`Aborted, and their parts thrown away: ${counted(plan.uploads.length, 'upload')}.`);
    to.lines(
      tableLines(
        plan.uploads.map(({ key, uploadId }) => [key, uploadId]),
        { indent: 2 }
      )
    );
  }
  to.line(`Whole objects under ${plan.keeps} stay.`);
  for (const sentence of plan.cannotUndo) {
    to.line(sentence);
  }
}

async function remove(session: Session, text: string, yes: boolean): Promise<Outcome> {
  const { signal } = session;
  const { store, job } = await findJob(session, text);
  const engine = await session.engine();
  const { plan } = await removeJob(engine, store, job.id, { signal });
  const bytes = plan.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  session.words.line(`Deleted from this machine: ${job.title}`);
  session.words.line(
    `  ${plan.folder} (${counted(plan.files.length, 'file')}, ${formatBytes(bytes)})`
  );
  session.words.line(`${job.kind === 'move' ? 'Files' : 'Objects'} under ${plan.keeps} stay.`);
  if (plan.uploads.length > 0) {
    session.words.line(
      `${counted(plan.uploads.length, 'unfinished upload')} would be left in S3; ` +
        `"bedrock-import jobs cancel ${job.id}" aborts them first.`
    );
  }
  const refused = await requireConfirmation(session, {
    yes,
    question: 'Delete it?',
    what: 'Removing a job'
  });
  if (refused) {
    return { document: { removed: false, plan }, error: refused };
  }
  const outcome = await removeJob(engine, store, job.id, { confirmed: true, signal });
  return {
    document: { removed: outcome.done, plan: outcome.plan },
    print: to => to.line(`Removed ${job.id}.`)
  };
}
