import type { TranslationBundle } from '@jupyterlab/translation';

import type { CopyProgress, FileProgress, JobFact, JobStage, JobState } from '../../protocol';

export function stateWord(state: JobState, trans: TranslationBundle): string {
  switch (state) {
    case 'waiting':
      return trans.__('Waiting');
    case 'running':
      return trans.__('Running');
    case 'paused':
      return trans.__('Paused');
    case 'failed':
      return trans.__('Failed');
    case 'cancelled':
      return trans.__('Cancelled');
    case 'done':
      return trans.__('Done');
    case 'interrupted':
      return trans.__('Interrupted');
    case 'unreadable':
      return trans.__('Unreadable');
  }
}

/** What a job does in a stage. */
export function stageWord(stage: JobStage, trans: TranslationBundle): string {
  switch (stage) {
    case 'check':
      return trans.__('Checks');
    case 'role':
      return trans.__('Import role');
    case 'copy':
      return trans.__('Copy and proof');
    case 'import':
      return trans.__('Import job');
    case 'wait':
      return trans.__('Wait for Bedrock');
    case 'ask':
      return trans.__('First question');
    case 'switch':
      return trans.__('New kernels look there');
    case 'free':
      return trans.__('Old place freed');
  }
}

export function stageStateWord(state: string, trans: TranslationBundle): string {
  switch (state) {
    case 'start':
      return trans.__('running');
    case 'done':
      return trans.__('done');
    case 'failed':
      return trans.__('failed');
    case 'waiting':
      return trans.__('waiting');
    default:
      return trans.__('to come');
  }
}

export function phaseWord(phase: CopyProgress['phase'], trans: TranslationBundle): string {
  switch (phase) {
    case 'copy':
      return trans.__('Copying');
    case 'proof':
      return trans.__('Proving');
    case 'manifest':
      return trans.__('Writing the manifest');
  }
}

export function fileStateWord(state: FileProgress['state'], trans: TranslationBundle): string {
  switch (state) {
    case 'waiting':
      return trans.__('waiting');
    case 'copying':
      return trans.__('copying');
    case 'proving':
      return trans.__('being proved');
    case 'proved':
      return trans.__('proved');
    case 'skipped':
      return trans.__('was there');
  }
}

/** How a file was compared with its source; ways that this page does not know, as the engine has them. */
export function proofWord(provedBy: string | undefined, trans: TranslationBundle): string {
  switch (provedBy) {
    case 's3-put-checksum':
      return trans.__('checksum at upload');
    case 's3-copy-checksum':
      return trans.__('checksum by S3 after upload');
    case 's3-server-copy':
      return trans.__('copied by S3');
    case 's3-same-checksum':
      return trans.__('same checksum as the source');
    case 's3-stored-checksum':
      return trans.__('checksum that S3 had');
    case 'read-back':
      return trans.__('read back');
    case 'earlier-manifest':
      return trans.__('earlier manifest');
    default:
      return provedBy ?? '';
  }
}

/** State and stage of a job in one line. */
export function jobLine(
  job: JobFact,
  titleOf: (id: string) => string,
  trans: TranslationBundle
): string {
  const state = stateWord(job.state, trans);
  if (job.state === 'waiting' && job.waitsFor !== undefined) {
    return trans.__('Waiting for %1', titleOf(job.waitsFor));
  }
  return job.stage === undefined || job.state === 'done' || job.state === 'cancelled'
    ? state
    : trans.__('%1: %2', state, stageWord(job.stage, trans));
}

/** The sooner somebody has to look at it, the further up it stands. */
const ORDER: readonly JobState[] = [
  'running',
  'waiting',
  'failed',
  'interrupted',
  'paused',
  'unreadable',
  'done',
  'cancelled'
];

/** Running first, what is done last; within a state the newest first. */
export function inOrder(jobs: readonly JobFact[]): JobFact[] {
  return [...jobs].sort(
    (one, other) =>
      ORDER.indexOf(one.state) - ORDER.indexOf(other.state) ||
      (one.createdAt < other.createdAt ? 1 : one.createdAt > other.createdAt ? -1 : 0) ||
      (one.id < other.id ? -1 : 1)
  );
}

/** Whether something happens in it by itself. */
export function isActive({ state }: { state: JobState }): boolean {
  return state === 'running' || state === 'waiting';
}

export type JobAction = 'pause' | 'resume' | 'cancel' | 'remove';

/** What can be done with a job in a state. */
export function actionsFor(state: JobState): readonly JobAction[] {
  switch (state) {
    case 'running':
    case 'waiting':
      return ['pause', 'cancel'];
    case 'paused':
    case 'failed':
    case 'interrupted':
      return ['resume', 'cancel', 'remove'];
    case 'cancelled':
      return ['resume', 'remove'];
    case 'done':
    case 'unreadable':
      return ['remove'];
  }
}
