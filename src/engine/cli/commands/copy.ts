import { formatBytes } from '../../disk';
import { CopyPlan, CopyResult, copyModel, parseS3Uri, planCopy } from '../../transfer';
import { refusalOf } from '../blocked';
import { readChatTemplateFile } from '../chatTemplateFile';
import { requireConfirmation } from '../confirmation';
import { overwriteRefusal } from '../overwriting';
import type { Printer } from '../output';
import type { Outcome, Session } from '../session';
import { printChecks } from '../text/checkLines';
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

const MAX_CONNECTIONS = 64;

export const connectionNumber = wholeNumber(1, MAX_CONNECTIONS);

export const addCopyCommand: AddSubcommand = (program, run) => {
  program
    .command('copy')
    .summary('stream a model from the hub to S3 and prove every byte')
    .description(
      'Streams a model from the hub to S3 without the disk, and compares the SHA-256 of every object\n' +
        'with the hub’s. A second run moves nothing that is there and proved. Exits with 3 when a\n' +
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
  const { signal, progress, words } = session;
  const destination = parseS3Uri(destinationText);
  const chatTemplate =
    options.chatTemplate === undefined
      ? undefined
      : await readChatTemplateFile(session.io, options.chatTemplate);
  const engine = await session.engine();
  const inspection = await inspectByName(session, model);
  progress.status('Looking at the destination');
  const plan = await planCopy(engine, { inspection, destination, chatTemplate, signal });
  progress.clear();
  const checks = [...new Set([...inspection.checks, ...plan.checks])];
  const document = { plan: planDocument(plan), checks };
  const refusal = refusalOf(checks, inspection.model.id);
  if (refusal ?? options.planOnly) {
    return {
      document,
      error: refusal,
      print: to => printReview(to, plan, checks)
    };
  }
  const consent = await consentToOverwrite(session, plan, options.overwrite === true);
  if (consent) {
    return { document, error: consent };
  }
  const warnings = checks.filter(check => check.verdict === 'warning');
  printChecks(words, warnings);
  progress.stage(`Copying ${plan.source.modelId} to ${destinationText}`);
  const result = await copyModel(engine, plan, {
    allowOverwrite: overwrites(plan).length > 0,
    connections: options.connections,
    onProgress: progress.copy,
    onRetry: progress.retry,
    signal
  });
  progress.clear();
  return {
    document: { ...result, plan: planDocument(plan), checks },
    print: to => printCopy(to, result)
  };
}

async function consentToOverwrite(
  session: Session,
  plan: CopyPlan,
  allowOverwrite: boolean
): Promise<Outcome['error']> {
  const refusal = overwriteRefusal(plan, allowOverwrite);
  if (!refusal) {
    return undefined;
  }
  printPlan(session.words, plan);
  return session.canAsk
    ? requireConfirmation(session, { yes: false, question: 'Overwrite them?', what: 'Overwriting' })
    : refusal;
}

function printReview(to: Printer, plan: CopyPlan, checks: CopyPlan['checks']): void {
  printPlan(to, plan);
  to.line();
  printChecks(to, checks);
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
  const total = `${counted(result.files.length, 'file')}, ${formatBytes(result.totalBytes)}`;
  if (result.nothingMoved) {
    return `nothing had to move: ${total} are there and proved`;
  }
  const skipped = result.skippedFiles === 0 ? '' : `, ${result.skippedFiles} were there`;
  return `${formatBytes(result.movedBytes)} of ${total}${skipped}`;
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
