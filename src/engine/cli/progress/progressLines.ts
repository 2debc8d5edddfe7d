import { formatBytes } from '../../disk';
import type { JobProgress } from '../../jobs';
import type { Printer } from '../output';
import { counted, formatClock, formatDuration } from '../text/layout';
import { retriesText, retryText } from './retryText';
import type { ProgressClock, ProgressView, Wait } from './types';

const SHORTEST_GAP_MS = 1000;
const STEP_PERCENT = 5;
const STATUS_GAP_MS = 30_000;
const RETRY_GAP_MS = 5000;
const CONNECTIONS_GAP_MS = 30_000;

/** For logs and pipes: a line each 5 %, never more than one in a second. */
export function createProgressLines(printer: Printer, clock: ProgressClock): ProgressView {
  let phase: JobProgress['phase'] | undefined;
  let lastCopy = { at: -Infinity, percent: -Infinity };
  let lastStatus = { at: -Infinity, reason: '', text: '' };
  let lastRetryAt = -Infinity;
  let lastConnections: { at: number; connections: number } | undefined;
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
    connections: ({ connections, why }) => {
      const now = clock.now();
      // The level is found in many steps; a log needs those that lead down, and some of the others.
      const down = lastConnections !== undefined && connections < lastConnections.connections;
      const due = down ? RETRY_GAP_MS : CONNECTIONS_GAP_MS;
      if (lastConnections !== undefined && (closed || now - lastConnections.at < due)) {
        return;
      }
      // Where it begins is no news: each line of progress says it.
      if (lastConnections !== undefined) {
        printer.line(connectionsText(connections, why));
      }
      lastConnections = { at: now, connections };
    },
    clear: () => undefined,
    close: () => {
      closed = true;
    }
  };
}

export function connectionsText(connections: number, why: string): string {
  return `Now up to ${counted(connections, 'connection')}: ${why}`;
}

/** Rounded to whole units, so that a log does not get a line for each second. */
function waitText(reason: string, { waitedMs, budgetMs }: Wait): string {
  const most = budgetMs === undefined ? '' : ` of at most ${formatDuration(budgetMs / 1000)}`;
  return `${reason} (waited ${formatDuration(waitedMs / 1000)}${most})`;
}

/** Whole percent of the phase: bytes while copying, files while proving. */
export function percentOf(progress: JobProgress): number {
  const [part, whole] =
    progress.phase === 'copy'
      ? [progress.movedBytes, progress.totalBytes]
      : [progress.filesProved, progress.filesTotal];
  return whole === 0 ? 100 : Math.floor((100 * part) / whole);
}

/** Empty while too little has moved for an estimate. */
export function timeLeft(progress: JobProgress): string {
  return progress.secondsLeft === undefined || percentOf(progress) === 0
    ? ''
    : `${formatClock(progress.secondsLeft)} left`;
}

/** Of a copy that goes through the disk: what is there, and when the disk will be full. */
export function onDisk({ downloadedBytes, secondsUntilFull }: JobProgress): string {
  const full =
    secondsUntilFull === undefined ? '' : `, full in ${formatDuration(secondsUntilFull)}`;
  return downloadedBytes === undefined ? '' : `${formatBytes(downloadedBytes)} on disk${full}`;
}

export function copyLine(progress: JobProgress): string {
  const files = `${progress.filesProved} of ${counted(progress.filesTotal, 'file')} proved`;
  if (progress.phase === 'manifest') {
    return `Writing the manifest; ${files}.`;
  }
  if (progress.phase === 'proof') {
    return `Proving: ${files}.`;
  }
  const rate = `${formatBytes(progress.bytesPerSecond)}/s`;
  return [
    `Copying: ${percentOf(progress)} %`,
    `${formatBytes(progress.movedBytes)} of ${formatBytes(progress.totalBytes)}`,
    onDisk(progress),
    `${rate} (mean ${formatBytes(progress.meanBytesPerSecond)}/s)`,
    timeLeft(progress),
    files,
    progress.connections === 0 ? '' : counted(progress.connections, 'connection'),
    progress.retries === 0 ? '' : retriesText(progress)
  ]
    .filter(text => text !== '')
    .join(', ');
}
