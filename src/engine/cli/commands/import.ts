import { Option } from 'commander';
import { BedrockImportError } from '../../errors';
import { ImportOptions, ImportResult, ImportReview, reviewImport, runImport } from '../../jobs';
import { refusalOf } from '../blocked';
import { readChatTemplateFile } from '../chatTemplateFile';
import { requireConfirmation } from '../confirmation';
import { executionRefusal } from '../executionRefusal';
import type { Printer } from '../output';
import type { Outcome, Session } from '../session';
import { fieldLines, formatDuration } from '../text/layout';
import { overwrites } from '../text/planLines';
import { printReview, reviewDocument } from '../text/reviewLines';
import { answerSummary, createAnswerStream } from './ask';
import type { AddSubcommand } from './command';
import { connectionNumber, printCopy } from './copy';
import { printModel } from './models';

interface ImportCommandOptions {
  bucket: string;
  prefix?: string;
  role?: string;
  createRole?: boolean;
  name?: string;
  chatTemplate?: string;
  ask?: string;
  connections?: number;
  overwrite?: boolean;
  review?: boolean;
  yes?: boolean;
}

const STAGES: Readonly<Record<string, string>> = {
  inspect: 'Looking at the model',
  plan: 'Looking at the destination',
  role: 'Preparing the import role',
  copy: 'Copying to S3',
  import: 'Importing into Bedrock',
  model: 'Reading the imported model',
  ask: 'Asking the model'
};

export const addImportCommand: AddSubcommand = (program, run) => {
  program
    .command('import')
    .summary('the whole job: copy, prove, import, ask')
    .description(
      'The whole job: looks at the model, streams it to S3, proves every byte, imports it into Amazon ' +
        'Bedrock and asks it a first question. Shows what will happen and asks before it changes ' +
        'anything. What is done already is not done again. Exits with 3 when a check blocks.'
    )
    .argument(
      '<model>',
      'organisation/name, with @revision if you want one, or the model’s address'
    )
    .requiredOption('--bucket <bucket>', 'bucket for the model’s files')
    .option('--prefix <prefix>', 'key prefix (default: made from the model and its commit)')
    .addOption(
      new Option('--role <arn>', 'role that Bedrock takes to read the files').conflicts(
        'createRole'
      )
    )
    .option('--create-role', 'create that role, with no more than it needs')
    .option('--name <name>', 'name of the imported model (default: made from the model’s)')
    .option(
      '--chat-template <file>',
      'put this chat template in place of the model’s (- reads stdin)'
    )
    .option('--ask <question>', 'ask the imported model this question')
    .option(
      '--connections <number>',
      'parts on their way at the same time, 1 to 64 (default: 16)',
      connectionNumber
    )
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
    bucket: options.bucket,
    prefix: options.prefix,
    roleArn: options.role,
    createRole: options.createRole,
    importedModelName: options.name,
    ask: options.ask,
    signal
  };
  if (options.chatTemplate !== undefined) {
    importOptions.chatTemplate = await readChatTemplateFile(session.io, options.chatTemplate);
  }
  const engine = await session.engine();
  progress.status('Looking at the model, the destination and the role');
  const review = await reviewImport(engine, importOptions);
  progress.clear();
  const document = { review: reviewDocument(review) };
  const refusal =
    refusalOf(review.checks, review.inspection.model.id) ??
    executionRefusal(review.plan, options.overwrite === true || (session.canAsk && !options.yes));
  if (refusal ?? options.review) {
    return { document, error: refusal, print: to => printReview(to, review) };
  }
  printReview(session.words, review);
  const refused = await requireConfirmation(session, {
    yes: options.yes === true,
    question: `Import ${review.inspection.model.id} as ${review.names.importedModelName}?`,
    what: 'An import'
  });
  if (refused) {
    return { document, error: refused };
  }
  const result = await runShown(session, review, options);
  return {
    document: { ...result, ...document },
    print: to => printResult(to, result)
  };
}

async function runShown(
  session: Session,
  review: ImportReview,
  options: ImportCommandOptions
): Promise<ImportResult> {
  const { progress, signal } = session;
  const stream = createAnswerStream(session);
  let runningJob: string | undefined;
  try {
    return await runImport(await session.engine(), review, {
      ask: options.ask,
      connections: options.connections,
      allowOverwrite: overwrites(review.plan).length > 0,
      signal,
      onStage: (stage, state, detail) => {
        if (stage === 'ask' && state === 'done') {
          stream.end();
        } else if (state === 'start') {
          progress.stage(`${STAGES[stage] ?? stage}${detail ? `: ${detail}` : ''}`);
        } else if (detail) {
          progress.stage(`  ${detail}`);
        }
      },
      onCopyProgress: progress.copy,
      onRetry: progress.retry,
      onJobStatus: job => {
        runningJob = job.status === 'InProgress' ? job.jobName : undefined;
        progress.status(`Import job ${job.jobName}: ${job.status}`);
      },
      onWait: wait => progress.status(wait.reason, wait),
      onText: stream.onText
    });
  } catch (error) {
    progress.clear();
    throw runningJob !== undefined && isCancelled(error) ? jobGoesOn(runningJob, error) : error;
  }
}

function isCancelled(error: unknown): error is BedrockImportError {
  return error instanceof BedrockImportError && error.kind === 'cancelled';
}

function jobGoesOn(jobName: string, cause: BedrockImportError): BedrockImportError {
  return new BedrockImportError({
    code: cause.code,
    message: 'Stopped following the import; the import job itself goes on in Bedrock.',
    subject: jobName,
    nextStep: 'Run the same command again to follow it to the end.',
    kind: 'cancelled',
    cause
  });
}

function printResult(to: Printer, result: ImportResult): void {
  to.line();
  printCopy(to, result.copy);
  to.line();
  printModel(to, result.model);
  if (result.answer) {
    // The answer itself stands above, where it arrived.
    to.line();
    to.line(answerSummary(result.answer));
  }
  to.line();
  to.lines(fieldLines([['Whole job', formatDuration(result.seconds)]]));
}
