import { formatBytes } from '../../disk';
import { getCallerIdentity } from '../../environment';
import {
  CopyPlan,
  CopyResult,
  MAX_CONNECTIONS,
  copyModel,
  formatS3Uri,
  parseS3Uri,
  planCopy
} from '../../transfer';
import { refusalOf } from '../blocked';
import { readChatTemplateFile } from '../chatTemplateFile';
import { requireConfirmation } from '../confirmation';
import { executionRefusal } from '../executionRefusal';
import type { Printer } from '../output';
import { probe } from '../probe';
import type { Outcome, Session } from '../session';
import { printChecks, printConcerns } from '../text/checkLines';
import { counted, fieldLines, formatDuration } from '../text/layout';
import { overwrites, planDocument, printPlan } from '../text/planLines';
import { wholeNumber } from './ask';
import type { AddSubcommand } from './command';
import { inspectByName } from './inspect';

interface CopyCommandOptions {
  chatTemplate?: string;
  overwrite?: boolean;
  connections?: number;
  planOnly?: boolean;
}

export const connectionNumber = wholeNumber(1, MAX_CONNECTIONS);

export const addCopyCommand: AddSubcommand = (program, run) => {
  program
    .command('copy')
    .summary('stream a model from the hub to S3 and prove every byte')
    .description(
      'Streams a model from the hub to S3 without the disk, and compares the SHA-256 of every object ' +
        'with the hub’s. A second run moves nothing that is there and proved. Exits with 3 when a ' +
        'check blocks or objects of others would be overwritten.'
    )
    .argument(
      '<model>',
      'organisation/name, with @revision if you want one, or the model’s address'
    )
    .argument('<destination>', 's3://BUCKET/PREFIX')
    .option(
      '--chat-template <file>',
      'put this chat template in place of the model’s (- reads stdin)'
    )
    .option('--overwrite', 'replace objects that this command did not write')
    .option(
      '--connections <number>',
      `parts on their way at the same time, 1 to ${MAX_CONNECTIONS} (default: 16)`,
      connectionNumber
    )
    .option('--plan-only', 'show what would happen and change nothing')
    .action((model: string, destination: string, options: CopyCommandOptions) =>
      run(session => copy(session, model, destination, options))
    );
};

async function copy(
  session: Session,
  model: string,
  destinationText: string,
  options: CopyCommandOptions
): Promise<Outcome> {
  const { signal, progress } = session;
  const destination = parseS3Uri(destinationText);
  const chatTemplate =
    options.chatTemplate === undefined
      ? undefined
      : await readChatTemplateFile(session.io, options.chatTemplate);
  const engine = await session.engine();
  const inspection = await inspectByName(session, model);
  progress.status('Looking at the destination');
  const account = await ownAccount(session);
  const plan = await planCopy(engine, { inspection, destination, chatTemplate, account, signal });
  progress.clear();
  const checks = [...inspection.checks, ...plan.checks];
  const document = { plan: planDocument(plan), checks };
  const mayAsk = session.canAsk && !options.planOnly;
  const refusal =
    refusalOf(checks, inspection.model.id) ??
    executionRefusal(plan, options.overwrite === true || mayAsk);
  if (refusal ?? options.planOnly) {
    return { document, error: refusal, print: to => printReview(to, plan, checks) };
  }
  printChecks(
    session.words,
    checks.filter(check => check.verdict === 'warning')
  );
  const refused = await consentToOverwrite(session, plan, options.overwrite === true);
  if (refused) {
    return { document, error: refused };
  }
  progress.stage(`Copying ${plan.source.modelId} to ${formatS3Uri(plan.destination)}`);
  const result = await copyModel(engine, plan, {
    allowOverwrite: true,
    connections: options.connections,
    onProgress: progress.copy,
    onRetry: progress.retry,
    signal
  });
  progress.clear();
  return { document: { ...result, ...document }, print: to => printCopy(to, result) };
}

/** Where STS cannot be asked, S3 still refuses what the credentials do not allow. */
async function ownAccount(session: Session): Promise<string | undefined> {
  const { aws } = await session.engine();
  const asked = await probe(session.signal, signal => getCallerIdentity(aws, { signal }));
  return 'value' in asked ? asked.value.account : undefined;
}

async function consentToOverwrite(
  session: Session,
  plan: CopyPlan,
  allowed: boolean
): Promise<Outcome['error']> {
  if (executionRefusal(plan, allowed) === undefined) {
    return undefined;
  }
  printPlan(session.words, plan);
  return requireConfirmation(session, {
    yes: false,
    question: `Overwrite ${counted(overwrites(plan).length, 'object')}?`,
    what: 'Overwriting'
  });
}

function printReview(to: Printer, plan: CopyPlan, checks: CopyPlan['checks']): void {
  printPlan(to, plan);
  to.line();
  printConcerns(to, checks);
}

export function printCopy(to: Printer, result: CopyResult): void {
  to.lines(
    fieldLines([
      ['Copied', copiedText(result)],
      ['To', result.destination],
      ['Proved', proofText(result)],
      ['Manifest', result.manifestKey],
      ['Time', timeText(result)]
    ])
  );
}

function copiedText(result: CopyResult): string {
  const total = `${formatBytes(result.totalBytes)} in ${counted(result.files.length, 'file')}`;
  if (result.nothingMoved) {
    return `nothing had to move: ${total} were there and proved`;
  }
  return result.movedBytes === result.totalBytes
    ? total
    : `${formatBytes(result.movedBytes)} of ${total}, the rest was there`;
}

function proofText(result: CopyResult): string {
  const counts = new Map<string, number>();
  for (const proof of result.files) {
    counts.set(proof.provedBy, (counts.get(proof.provedBy) ?? 0) + 1);
  }
  const ways = [...counts].map(([way, count]) => `${count} by ${way}`).join(', ');
  return `${result.files.length} of ${result.files.length} by SHA-256 (${ways})`;
}

function timeText(result: CopyResult): string {
  const rate = result.nothingMoved ? '' : `, ${formatBytes(result.bytesPerSecond)}/s`;
  const retries = result.retries === 0 ? '' : `, ${counted(result.retries, 'retry', 'retries')}`;
  return `${formatDuration(result.seconds)}${rate}${retries}`;
}
