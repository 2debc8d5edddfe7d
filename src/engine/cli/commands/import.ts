import { Option } from 'commander';
import { createImportJob, ImportOptions, Job, jobId, reviewImport } from '../../jobs';
import type { ImportReview } from '../../jobs';
import { refusalOf } from '../blocked';
import { readChatTemplateFile } from '../chatTemplateFile';
import { requireConfirmation } from '../confirmation';
import { executionRefusal } from '../executionRefusal';
import { jobResultDocument, printJobResult } from '../jobs/jobResult';
import { runShown } from '../jobs/runShown';
import type { Printer } from '../output';
import type { Outcome, Session } from '../session';
import { archiveStatus, cacheFolderOf, DiskOptions, SOURCE_ARGUMENT } from '../source';
import { printDownload } from '../text/downloadLines';
import { overwrites } from '../text/planLines';
import { printReview, reviewDocument } from '../text/reviewLines';
import type { AddSubcommand } from './command';
import {
  CACHE_DIR_OPTION,
  CHAT_TEMPLATE_OPTION,
  CONNECTIONS_OPTION,
  downloadOf,
  KEEP_AWAKE_OPTION,
  VIA_DISK_OPTION
} from './copy';

interface ImportCommandOptions extends DiskOptions {
  bucket: string;
  prefix?: string;
  role?: string;
  createRole?: boolean;
  name?: string;
  chatTemplate?: string;
  ask?: string;
  connections?: number;
  keepAwake?: boolean;
  overwrite?: boolean;
  review?: boolean;
  yes?: boolean;
}

export const addImportCommand: AddSubcommand = (program, run) => {
  program
    .command('import')
    .summary('the whole job: copy, prove, import, ask')
    .description(
      'The whole job: looks at the model, copies it to S3, proves every byte, imports it into Amazon ' +
        'Bedrock and asks it a first question. Shows what will happen and asks before it changes ' +
        'anything. What is done already is not done again; one that runs already is followed. Exits ' +
        'with 3 when a check blocks.'
    )
    .argument('<source>', SOURCE_ARGUMENT)
    .requiredOption('--bucket <bucket>', 'bucket for the model’s files')
    .option('--prefix <prefix>', 'key prefix (default: made from the model and its commit)')
    .addOption(
      new Option('--role <arn>', 'role that Bedrock takes to read the files').conflicts(
        'createRole'
      )
    )
    .option('--create-role', 'create that role, with no more than it needs')
    .option('--name <name>', 'name of the imported model (default: made from the model’s)')
    .option(...CHAT_TEMPLATE_OPTION)
    .option(...VIA_DISK_OPTION)
    .option(...CACHE_DIR_OPTION)
    .option('--ask <question>', 'ask the imported model this question')
    .option(...CONNECTIONS_OPTION)
    .option(...KEEP_AWAKE_OPTION)
    .option('--overwrite', 'replace objects that this command did not write')
    .option('--review', 'show what would happen and change nothing')
    .option('-y, --yes', 'do not ask')
    .action((model: string, options: ImportCommandOptions) =>
      run(session => importModel(session, model, options))
    );
};

async function importModel(
  session: Session,
  model: string,
  options: ImportCommandOptions
): Promise<Outcome> {
  const { signal, progress } = session;
  const importOptions: ImportOptions = {
    model,
    cacheFolder: await cacheFolderOf(session, model, options),
    bucket: options.bucket,
    prefix: options.prefix,
    roleArn: options.role,
    createRole: options.createRole,
    importedModelName: options.name,
    ask: options.ask,
    onArchive: archiveStatus(session, model),
    signal
  };
  if (options.chatTemplate !== undefined) {
    importOptions.chatTemplate = await readChatTemplateFile(session.io, options.chatTemplate);
  }
  const engine = await session.engine();
  progress.status('Looking at the model, the destination and the role');
  const review = await reviewImport(engine, importOptions);
  const download = await downloadOf(session, review.plan, importOptions.cacheFolder);
  progress.clear();
  const document = {
    review: reviewDocument(review),
    ...(download === undefined ? {} : { download })
  };
  const running = options.review === true ? undefined : await runningImport(session, review);
  if (running !== undefined) {
    // Nothing is begun or changed, so there is nothing to agree to.
    return runImportShown(session, running, document);
  }
  const print = (to: Printer): void => {
    printReview(to, review);
    if (download !== undefined) {
      printDownload(to, download);
      to.line();
    }
  };
  const refusal =
    refusalOf([...review.checks, ...(download?.checks ?? [])], review.inspection.model.id) ??
    executionRefusal(review.plan, options.overwrite === true || (session.canAsk && !options.yes));
  if (refusal ?? options.review) {
    return { document, error: refusal, print };
  }
  print(session.words);
  const refused = await requireConfirmation(session, {
    yes: options.yes === true,
    question: `Import ${review.inspection.model.id} as ${review.names.importedModelName}?`,
    what: 'An import'
  });
  if (refused) {
    return { document, error: refused };
  }
  const job = await createImportJob(await session.jobs(), review, {
    ask: options.ask,
    connections: options.connections,
    allowOverwrite: overwrites(review.plan).length > 0,
    keepAwake: options.keepAwake
  });
  progress.stage(`${job.title}, as job ${job.id}`);
  return runImportShown(session, job, document);
}

/** The same import, where another process is at it. */
async function runningImport(session: Session, review: ImportReview): Promise<Job | undefined> {
  const store = await session.jobs();
  const { plan, identity, requestedName } = review;
  const id = jobId({ kind: 'import', plan, account: identity.account, requestedName });
  return (await store.lookAt(id)).state === 'held'
    ? { ...(await store.read(id)), runningElsewhere: true }
    : undefined;
}

async function runImportShown(session: Session, job: Job, document: object): Promise<Outcome> {
  const result = await runShown(session, job);
  return {
    document: { ...jobResultDocument(job, result), ...document },
    print: to => printJobResult(to, job, result)
  };
}
