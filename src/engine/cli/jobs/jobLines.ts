import { formatBytes } from '../../disk';
import type { Job, JobEvent, JobStage, JobStageReport, JobSummary } from '../../jobs';
import type { Printer } from '../output';
import { percentOf } from '../progress/progressLines';
import { retriesText } from '../progress/retryText';
import {
  counted,
  fieldLines,
  formatClock,
  formatDuration,
  formatMinute,
  tableLines
} from '../text/layout';
import { planDocument } from '../text/planLines';
import { plannedFiles } from './jobDisplay';

/** One line a job: what it is, how it stands, and when something last happened. */
export function jobTable(jobs: readonly JobSummary[], now: number): string[] {
  return tableLines(
    jobs.map(job => [
      job.id,
      job.state,
      job.stage ?? '',
      donePercent(job),
      job.progress && job.state === 'running'
        ? `${formatBytes(job.progress.bytesPerSecond)}/s`
        : '',
      ageOf(job.updatedAt, now),
      job.state === 'unreadable' ? (job.error?.message ?? '') : job.title
    ]),
    {
      head: ['Job', 'State', 'Stage', 'Copied', 'Rate', 'Changed', 'Title'],
      columns: ['left', 'left', 'left', 'right', 'right', 'right', 'left']
    }
  );
}

function donePercent({ progress }: JobSummary): string {
  if (progress === undefined) {
    return '';
  }
  const { movedBytes, totalBytes } = progress;
  return `${totalBytes === 0 ? 100 : Math.floor((100 * movedBytes) / totalBytes)} %`;
}

/** `12 s ago`, `5 min ago`, `3 h ago`, `2 d ago`. */
export function ageOf(time: string, now: number): string {
  const seconds = (now - Date.parse(time)) / 1000;
  if (!Number.isFinite(seconds)) {
    return '';
  }
  const units: ReadonlyArray<readonly [name: string, seconds: number]> = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60]
  ];
  const [name, size] = units.find(([, unit]) => seconds >= 2 * unit) ?? ['s', 1];
  return `${Math.max(0, Math.floor(seconds / size))} ${name} ago`;
}

/** A job's stages with the times at which they began and ended, as far as its events tell. */
export interface TimedStage extends JobStageReport {
  startedAt?: string;
  endedAt?: string;
}

export function timedStages(job: Job, events: readonly JobEvent[]): TimedStage[] {
  const times = new Map<JobStage, { startedAt?: string; endedAt?: string }>();
  for (const event of events) {
    if (event.type === 'state' && event.fresh === true) {
      times.clear();
    } else if (event.type === 'stage') {
      const { stage, state, at } = event;
      times.set(
        stage,
        state === 'start'
          ? { startedAt: times.get(stage)?.startedAt ?? at }
          : { ...times.get(stage), ...(state === 'waiting' ? {} : { endedAt: at }) }
      );
    }
  }
  return job.stages.map(report => ({ ...report, ...times.get(report.stage) }));
}

/** How many files of the copy are in which state. */
export function fileCounts(job: Job, events: readonly JobEvent[]): Record<string, number> {
  const states = new Map<string, string>(
    plannedFiles(job).map(({ path, action }) => [path, action === 'skip' ? 'skipped' : 'waiting'])
  );
  for (const event of events) {
    if (event.type === 'file') {
      states.set(event.path, event.state);
    }
  }
  const counts: Record<string, number> = {};
  for (const state of states.values()) {
    counts[state] = (counts[state] ?? 0) + 1;
  }
  return counts;
}

/** The job for `--json`: without the texts of rewritten files. */
export function jobDocument(job: Job, events: readonly JobEvent[]): object {
  return {
    ...job,
    ...(job.kind === 'move' ? {} : { plan: planDocument(job.plan) }),
    stages: timedStages(job, events),
    files: fileCounts(job, events)
  };
}

export function printJob(to: Printer, job: Job, events: readonly JobEvent[]): void {
  to.lines(
    fieldLines([
      ['Job', job.id],
      ['Title', job.title],
      ['State', job.waitsFor === undefined ? job.state : `${job.state}, for ${job.waitsFor}`],
      ['From', job.source],
      ['To', job.destination],
      ['Made', formatMinute(new Date(job.createdAt))],
      ['Changed', formatMinute(new Date(job.updatedAt))],
      [
        'Files',
        job.kind === 'move' ? undefined : filesText(fileCounts(job, events), job.plan.files.length)
      ],
      ...progressFields(job, events)
    ])
  );
  to.line();
  to.lines(
    tableLines(
      timedStages(job, events).map(stage => [
        stage.stage,
        stage.state === 'start' ? job.state : stage.state,
        stage.startedAt?.slice(11, 19) ?? '',
        durationOf(stage),
        stage.detail ?? ''
      ]),
      { head: ['Stage', 'State', 'From (UTC)', 'Took', ''], columns: stageColumns }
    )
  );
  if (job.error !== undefined) {
    to.line();
    to.line(`Error ${job.error.code}: ${job.error.message}`);
    to.lines(
      fieldLines([
        ['  About:', job.error.subject],
        ['  Next step:', job.error.nextStep]
      ])
    );
  }
  const next = nextCommand(job);
  if (next !== undefined) {
    to.line();
    to.line(next);
  }
}

const stageColumns = ['left', 'left', 'left', 'right', 'left'] as const;

function durationOf({ startedAt, endedAt }: TimedStage): string {
  return startedAt === undefined || endedAt === undefined
    ? ''
    : formatDuration((Date.parse(endedAt) - Date.parse(startedAt)) / 1000);
}

function filesText(counts: Record<string, number>, total: number): string {
  const parts = Object.entries(counts).map(([state, count]) => `${count} ${state}`);
  return `${total} (${parts.join(', ')})`;
}

function progressFields(
  job: Job,
  events: readonly JobEvent[]
): Array<readonly [string, string | undefined]> {
  const last = events.findLast(event => event.type === 'progress');
  if (last?.type !== 'progress') {
    return [];
  }
  const { progress } = last;
  const moved = `${formatBytes(progress.movedBytes)} of ${formatBytes(progress.totalBytes)}`;
  const running = job.state === 'running';
  const left = running && progress.secondsLeft !== undefined;
  return [
    ['Copied', `${percentOf({ ...progress, phase: 'copy' })} %, ${moved}`],
    ['Rate', running ? `${formatBytes(progress.bytesPerSecond)}/s` : undefined],
    [
      'Mean rate',
      progress.meanBytesPerSecond > 0 ? `${formatBytes(progress.meanBytesPerSecond)}/s` : undefined
    ],
    ['Time left', left ? formatClock(progress.secondsLeft ?? 0) : undefined],
    [
      'Connections',
      running && job.kind !== 'move' ? counted(progress.connections, 'connection') : undefined
    ],
    ['Retries', retriesText(progress)]
  ];
}

/** What can be done with a job that stands like this. */
function nextCommand({ id, state }: JobSummary): string | undefined {
  switch (state) {
    case 'running':
      return `Follow it with: bedrock-import jobs follow ${id}`;
    case 'paused':
    case 'interrupted':
    case 'waiting':
      return `Go on with: bedrock-import jobs resume ${id}`;
    case 'failed':
      return `Try again with: bedrock-import jobs resume ${id}`;
    default:
      return undefined;
  }
}
