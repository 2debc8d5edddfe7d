import type { BedrockImportError } from '../../errors';
import { CopyPlan, MAX_CONNECTIONS, parseS3Uri, planCopy, planDownload } from '../../transfer';
import type { DownloadPlan } from '../../transfer';
import { refusalOf } from '../blocked';
import { readChatTemplateFile } from '../chatTemplateFile';
import { executionRefusal } from '../executionRefusal';
import { usageError } from '../exitCodes';
import { consentToOverwrite, ownAccount, runCopy } from '../jobs/runCopy';
import type { Printer } from '../output';
import type { Outcome, Session } from '../session';
import { cacheFolderOf, DiskOptions, openModel, SOURCE_ARGUMENT } from '../source';
import { printChecks, printConcerns } from '../text/checkLines';
import { printDownload } from '../text/downloadLines';
import { planDocument, printPlan } from '../text/planLines';
import { wholeNumber } from './ask';
import type { AddSubcommand } from './command';
import { copyPlanFile } from './copyPlanFile';

export interface CopyCommandOptions extends DiskOptions {
  chatTemplate?: string;
  overwrite?: boolean;
  connections?: number;
  keepAwake?: boolean;
  planOnly?: boolean;
  plan?: string;
  share?: string;
}

export const connectionNumber = wholeNumber(1, MAX_CONNECTIONS);

/** Options of everything that copies, as arguments of commander's `option`. */
export const CONNECTIONS_OPTION = [
  '--connections <number>',
  `parts on their way at the same time at most, 1 to ${MAX_CONNECTIONS} ` +
    `(default: ${MAX_CONNECTIONS}); how many there are follows from what it brings`,
  connectionNumber
] as const;
export const KEEP_AWAKE_OPTION = [
  '--keep-awake',
  'keep a Studio space from its idle shutdown meanwhile'
] as const;
export const VIA_DISK_OPTION = [
  '--via-disk',
  'keep the hub’s files on this machine too, in the Hugging Face cache'
] as const;
export const CACHE_DIR_OPTION = [
  '--cache-dir <folder>',
  'the cache folder of --via-disk (default: HF_HUB_CACHE and its usual place)'
] as const;
export const CHAT_TEMPLATE_OPTION = [
  '--chat-template <file>',
  'put this chat template in place of the model’s (- reads stdin)'
] as const;

export const addCopyCommand: AddSubcommand = (program, run) => {
  program
    .command('copy')
    .summary('copy a model to S3 and prove every byte')
    .description(
      'Copies a model to S3: from the hub without the disk, from a folder, inside S3, or out of a ' +
        'model.tar.gz in S3. Proves the SHA-256 of every object. A second run moves nothing that is ' +
        'there and proved. Exits with 3 when a check blocks or objects of others would be overwritten.'
    )
    .argument('[source]', SOURCE_ARGUMENT)
    .argument('[destination]', 's3://BUCKET/PREFIX')
    .option(...CHAT_TEMPLATE_OPTION)
    .option(...VIA_DISK_OPTION)
    .option(...CACHE_DIR_OPTION)
    .option('--overwrite', 'replace objects that this command did not write')
    .option(...CONNECTIONS_OPTION)
    .option(...KEEP_AWAKE_OPTION)
    .option('--plan-only', 'show what would happen and change nothing; with --json, the whole plan')
    .option('--plan <file>', 'carry out such a plan instead (- reads stdin)')
    .option('--share <k/n>', 'do one of n equal shares of --plan, as one of n machines')
    .action(
      (source: string | undefined, destination: string | undefined, options: CopyCommandOptions) =>
        run(session =>
          options.plan === undefined
            ? copy(session, requireBoth(source, destination, options), options)
            : copyPlanFile(session, options.plan, requireNeither(source, destination, options))
        )
    );
};

interface FromTo {
  source: string;
  destination: string;
}

function requireBoth(
  source: string | undefined,
  destination: string | undefined,
  options: CopyCommandOptions
): FromTo {
  if (source === undefined || destination === undefined) {
    throw wrongUse('A source and a destination are needed.');
  }
  if (options.share !== undefined) {
    throw wrongUse('--share is of a plan that several machines have: it needs --plan.');
  }
  return { source, destination };
}

function requireNeither(
  source: string | undefined,
  destination: string | undefined,
  options: CopyCommandOptions
): CopyCommandOptions {
  if ((source ?? destination) !== undefined) {
    throw wrongUse('--plan says what goes where: give no source and no destination with it.');
  }
  const { planOnly, chatTemplate, viaDisk, cacheDir } = options;
  if (planOnly ?? chatTemplate ?? viaDisk) {
    throw wrongUse('With --plan, what is copied and how is settled.');
  }
  if (cacheDir === '') {
    throw wrongUse('--cache-dir names no folder.');
  }
  return options;
}

function wrongUse(message: string): BedrockImportError {
  return usageError({
    code: 'USAGE',
    message,
    nextStep: '"bedrock-import copy --help" shows what can be given.'
  });
}

async function copy(
  session: Session,
  { source: sourceText, destination: destinationText }: FromTo,
  options: CopyCommandOptions
): Promise<Outcome> {
  const { signal, progress } = session;
  const destination = parseS3Uri(destinationText);
  const cacheFolder = await cacheFolderOf(session, sourceText, options);
  const chatTemplate =
    options.chatTemplate === undefined
      ? undefined
      : await readChatTemplateFile(session.io, options.chatTemplate);
  const engine = await session.engine();
  // Meanwhile the model is read, and what goes wrong there is told first.
  const asked = ownAccount(session);
  asked.catch(() => undefined);
  const { source, inspection } = await openModel(session, sourceText, cacheFolder);
  progress.status('Looking at the destination');
  const account = await asked;
  const plan = await planCopy(engine, {
    inspection,
    source,
    destination,
    chatTemplate,
    account,
    onRead: ({ path }) => progress.status(`Reading ${path}, to compare it with what is in S3`),
    signal
  });
  const download = await downloadOf(session, plan, cacheFolder);
  progress.clear();
  const checks = [...inspection.checks, ...plan.checks, ...(download?.checks ?? [])];
  const document = {
    // A worker on another machine needs the texts that are written, too.
    plan: options.planOnly ? plan : planDocument(plan),
    ...(download === undefined ? {} : { download }),
    checks
  };
  const refusal =
    refusalOf(checks, inspection.model.id) ??
    executionRefusal(
      plan,
      options.overwrite === true || (session.canAsk && options.planOnly !== true)
    );
  if (refusal ?? options.planOnly) {
    return {
      document,
      error: refusal,
      print: to => printReview(to, { plan, download, checks })
    };
  }
  if (download !== undefined) {
    printDownload(session.words, download);
  }
  printChecks(
    session.words,
    checks.filter(check => check.verdict === 'warning')
  );
  const refused = await consentToOverwrite(session, plan, options.overwrite === true);
  if (refused) {
    return { document, error: refused };
  }
  return runCopy(session, plan, { ...options, account, document });
}

/** What a copy through the disk leaves there; nothing for one that is streamed. */
export async function downloadOf(
  session: Session,
  plan: CopyPlan,
  cacheFolder: string | undefined
): Promise<DownloadPlan | undefined> {
  if (cacheFolder === undefined) {
    return undefined;
  }
  session.progress.status(`Looking at ${cacheFolder}`);
  const { hub, environment } = await session.engine();
  return planDownload({ hub }, plan, { cacheFolder, environment, signal: session.signal });
}

function printReview(
  to: Printer,
  review: { plan: CopyPlan; download?: DownloadPlan; checks: CopyPlan['checks'] }
): void {
  printPlan(to, review.plan);
  if (review.download !== undefined) {
    to.line();
    printDownload(to, review.download);
  }
  to.line();
  printConcerns(to, review.checks);
}
