import { formatBytes } from '../../disk';
import type { CopyProgress } from '../../transfer';
import type { Printer } from '../output';
import { formatClock, formatDuration } from '../text/layout';
import { retryText } from './retryText';
import type { ProgressClock, ProgressView, Wait } from './types';

const SHORTEST_GAP_MS = 1000;
const STEP_PERCENT = 5;
const STATUS_GAP_MS = 30_000;
const RETRY_GAP_MS = 5000;

/** For logs and pipes: a line each 5 %, never more than one in a second. */
export function createProgressLines(printer: Printer, clock: ProgressClock): ProgressView {
  let phase: CopyProgress['phase'] | undefined;
  let lastCopy = { at: -Infinity, percent: -Infinity };
  let lastStatus = { at: -Infinity, reason: '', text: '' };
  let lastRetryAt = -Infinity;
  let closed = false;
  return {
    stage: text => printer.line(text),
    status: (reason, wait) => {
      const text = wait ? waitText(reason, wait) : reason;
      const now = clock.now();
      // Something new is said at once, how long it has been going on now and then.
      const news = reason !== lastStatus.reason;
      const due = text !== lastStatus.text && now - lastStatus.at >= STATUS_GAP_MS;
      if (!closed && (news || due)) {
        lastStatus = { at: now, reason, text };
        printer.line(text);
      }
    },
    copy: progress => {
      const now = clock.now();
      const percent = percentOf(progress);
      const newPhase = progress.phase !== phase;
      const due =
        now - lastCopy.at >= SHORTEST_GAP_MS && percent - lastCopy.percent >= STEP_PERCENT;
      const ended = percent === 100 && lastCopy.percent < 100;
      if (!closed && (newPhase || due || ended)) {
        phase = progress.phase;
        lastCopy = { at: now, percent };
        printer.line(copyLine(progress));
      }
    },
    retry: retry => {
      const now = clock.now();
      if (!closed && now - lastRetryAt >= RETRY_GAP_MS) {
        lastRetryAt = now;
        printer.line(retryText(retry));
      }
    },
    clear: () => undefined,
    close: () => {
      closed = true;
    }
  };
}

/** Rounded to whole units, so that a log does not get a line for each second. */
function waitText(reason: string, wait: Wait): string {
  const waited = formatDuration(wait.waitedMs / 1000);
  return `${reason} (waited ${waited} of at most ${formatDuration(wait.budgetMs / 1000)})`;
}

/** Whole percent of the phase: bytes while copying, files while proving. */
export function percentOf(progress: CopyProgress): number {
  const [part, whole] =
    progress.phase === 'copy'
      ? [progress.movedBytes, progress.totalBytes]
      : [progress.filesProved, progress.filesTotal];
  return whole === 0 ? 100 : Math.floor((100 * part) / whole);
}

/** Empty while too little has moved for an estimate. */
export function timeLeft(progress: CopyProgress): string {
  return progress.secondsLeft === undefined || percentOf(progress) === 0
    ? ''
    : `${formatClock(progress.secondsLeft)} left`;
}

export function copyLine(progress: CopyProgress): string {
  const files = `${progress.filesProved} of ${progress.filesTotal} files proved`;
  if (progress.phase === 'manifest') {
    return `Writing the manifest; ${files}.`;
  }
  if (progress.phase === 'proof') {
    return `Proving: ${files}.`;
  }
  const left = timeLeft(progress);
  const retries = progress.retries === 0 ? '' : `, ${progress.retries} retries`;
  return (
    `Copying: ${percentOf(progress)} %, ${formatBytes(progress.movedBytes)} of ` +
    `${formatBytes(progress.totalBytes)}, ${formatBytes(progress.bytesPerSecond)}/s${left && `, ${left}`}, ` +
    `${files}${retries}`
  );
}
