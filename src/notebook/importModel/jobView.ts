import { formatBytes } from '../../engine';
import type { JobStage, JobState } from '../../engine';
import { copyLine, percentOf } from '../../engine/cli/progress/progressLines';
import { formatDuration } from '../../engine/cli/text/layout';
import { badge, bar, heading, note, stack, table } from '../display';
import type { Cell, Tone, View } from '../display';
import type { JobPicture, PicturedStage } from './jobPicture';

const STAGES: Readonly<Record<JobStage, string>> = {
  check: 'Look again at what goes where',
  role: 'Prepare the import role',
  copy: 'Copy to S3 and prove',
  import: 'Start the import',
  wait: 'Bedrock imports the model',
  ask: 'Ask the model',
  switch: 'Lead new kernels to the new place',
  free: 'Delete what was moved'
};

const MARKS: Readonly<Record<PicturedStage['state'], { mark: string; tone: Tone }>> = {
  pending: { mark: '○', tone: 'faint' },
  start: { mark: '●', tone: 'brand' },
  waiting: { mark: '◌', tone: 'warning' },
  done: { mark: '✓', tone: 'ok' },
  failed: { mark: '✗', tone: 'blocker' }
};

const MOST_FILES = 6;

/** How a job stands: its stages, what moves, and what is waited for. */
export function jobView(picture: JobPicture, now = Date.now()): View {
  const { job, current, progress, remark, warnings } = picture;
  const copies = current?.stage === 'copy' && current.state === 'start';
  return stack(
    heading(job.title),
    table(
      picture.stages.map(report => stageRow(report, picture.state, now)),
      { columns: ['left', 'left', 'right', 'left'] }
    ),
    copies && progress !== undefined && copyBar(picture),
    picture.waiting && note(waitText(picture.waiting), { tone: 'faint' }),
    copies && picture.retry !== undefined && note(picture.retry, { tone: 'warning' }),
    ...warnings.map(warning => note(`Warning: ${warning}`, { tone: 'warning' })),
    remark === undefined ? undefined : note(remark, { tone: 'faint' })
  );
}

function stageRow(report: PicturedStage, state: JobState, now: number): Cell[] {
  const { stage, startedAt, endedAt, detail } = report;
  const stopped = report.state === 'start' && state !== 'running';
  const { mark, tone } = stopped ? { mark: '‖', tone: 'warning' as const } : MARKS[report.state];
  const end = endedAt ?? (stopped ? undefined : now);
  const time =
    startedAt === undefined || end === undefined || report.state === 'pending'
      ? ''
      : formatDuration(Math.max(0, end - startedAt) / 1000);
  return [badge(mark, tone), STAGES[stage], time, detail];
}

function copyBar({ progress }: JobPicture): View | undefined {
  if (progress === undefined) {
    return undefined;
  }
  const files = (progress.files ?? []).filter(
    ({ state }) => state === 'copying' || state === 'proving'
  );
  return stack(
    bar(percentOf(progress) / 100, copyLine(progress)),
    files.length > 0 &&
      table(
        files
          .slice(0, MOST_FILES)
          .map(file => [
            file.path,
            `${formatBytes(file.movedBytes)} of ${formatBytes(file.sizeBytes)}`,
            file.state
          ]),
        { columns: ['left', 'right', 'left'] }
      )
  );
}

function waitText(wait: NonNullable<JobPicture['waiting']>): string {
  const { reason, waitedMs, budgetMs } = wait;
  if (waitedMs === undefined || waitedMs === 0) {
    return reason;
  }
  const most = budgetMs === undefined ? '' : ` of at most ${formatDuration(budgetMs / 1000)}`;
  return `${reason} (waited ${formatDuration(waitedMs / 1000)}${most})`;
}
