import type { Job, JobCopyResult, JobResult, MoveJob } from '../../jobs';
import { formatBytes } from '../../disk';
import { answerSummary } from '../commands/ask';
import { printModel } from '../commands/models';
import type { Printer } from '../output';
import { plannedFiles } from './jobDisplay';
import { counted, fieldLines, formatDuration } from '../text/layout';

/** What a job has brought about, for `--json`: flat, as `import` and `copy` print it. */
export function jobResultDocument(job: Job, result: JobResult): object {
  const { copy, importJob, ...rest } = result;
  if (job.kind === 'move') {
    return { jobId: job.id, ...job.move, ...rest };
  }
  return job.kind === 'copy'
    ? { jobId: job.id, ...copy }
    : {
        jobId: job.id,
        copy,
        // It left a model, so it ended well.
        ...(importJob === undefined ? {} : { job: { ...importJob, status: 'Completed' } }),
        ...rest
      };
}

/** The same in words. The answer itself stands above, where it arrived. */
export function printJobResult(to: Printer, job: Job, result: JobResult): void {
  if (result.copy) {
    if (job.kind === 'import') {
      to.line();
    }
    printCopy(to, result.copy, plannedFiles(job).length);
  }
  if (job.kind === 'move') {
    printMove(to, job, result);
  }
  if (result.model) {
    to.line();
    printModel(to, result.model);
  }
  if (result.answer) {
    to.line();
    to.line(answerSummary(result.answer));
  }
  if (job.kind === 'import') {
    to.line();
    to.lines(fieldLines([['Whole job', formatDuration(result.seconds)]]));
  }
}

function printMove(to: Printer, { move }: MoveJob, { freed, seconds }: JobResult): void {
  to.lines(
    fieldLines([
      ['Cache', move.to],
      ['Freed', `${formatBytes(freed?.bytes ?? 0)} in ${move.from}`],
      ['Left there', freed?.left.join(', ')],
      ['Time', formatDuration(seconds)]
    ])
  );
}

export function printCopy(to: Printer, result: JobCopyResult, files: number): void {
  to.lines(
    fieldLines([
      ['Copied', copiedText(result, files)],
      ['To', result.destination],
      ['Proved', proofText(result, files)],
      ['Manifest', result.manifestKey],
      ['Time', timeText(result)]
    ])
  );
}

function copiedText(result: JobCopyResult, files: number): string {
  const total = `${formatBytes(result.totalBytes)} in ${counted(files, 'file')}`;
  if (result.nothingMoved) {
    return `nothing had to move: ${total} were there and proved`;
  }
  return result.movedBytes === result.totalBytes
    ? total
    : `${formatBytes(result.movedBytes)} of ${total}, the rest was there`;
}

/** How each file was proved is in the manifest, and here where the copy ran in this process. */
function proofText(result: JobCopyResult, files: number): string {
  const all = `${files} of ${files} by SHA-256`;
  if (result.files === undefined) {
    return all;
  }
  const counts = new Map<string, number>();
  for (const proof of result.files) {
    counts.set(proof.provedBy, (counts.get(proof.provedBy) ?? 0) + 1);
  }
  return `${all} (${[...counts].map(([way, count]) => `${count} by ${way}`).join(', ')})`;
}

function timeText(result: JobCopyResult): string {
  const rate = result.nothingMoved ? '' : `, ${formatBytes(result.bytesPerSecond)}/s`;
  const retries = result.retries === 0 ? '' : `, ${counted(result.retries, 'retry', 'retries')}`;
  return `${formatDuration(result.seconds)}${rate}${retries}`;
}
