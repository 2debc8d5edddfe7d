import { formatBytes } from '../../engine';
import type { JobState, JobSummary } from '../../engine';
import { ageOf } from './ageOf';
import { badge, table } from '../display';
import type { Tone, View } from '../display';

export const STATE_TONES: Readonly<Record<JobState, Tone>> = {
  waiting: 'faint',
  running: 'brand',
  paused: 'warning',
  failed: 'blocker',
  cancelled: 'faint',
  done: 'ok',
  interrupted: 'warning',
  unreadable: 'blocker'
};

/** The jobs that there are, whoever made them. */
export function jobsView(jobs: readonly JobSummary[], now = Date.now()): View {
  return table(
    jobs.map(({ id, state, stage, progress, updatedAt, title, error }) => [
      id,
      badge(state, STATE_TONES[state]),
      stage,
      progress && `${formatBytes(progress.movedBytes)} of ${formatBytes(progress.totalBytes)}`,
      ageOf(updatedAt, now),
      error === undefined ? title : `${title}. ${error.message}`
    ]),
    {
      head: ['Job', 'State', 'Stage', 'Copied', 'Changed', 'What it does'],
      empty: 'There are no jobs.'
    }
  );
}
