import type { CacheMove } from '../cacheMove';
import type { Check } from '../checks';
import { BedrockImportError } from '../errors';
import type { CopyPlan } from '../transfer';
import { stageReports, stateNow } from './jobFacts';
import type { JobFacts } from './jobFacts';
import type { Job, JobImportTarget, JobKind, JobSettings, JobSummary } from './jobTypes';
import type { LeaseView } from './leaseFile';
import { reasonOf } from './ownFiles';

export const JOB_VERSION = 1;

/** What job.json holds: everything that a later process needs to carry the job out. */
interface StoredJobBase {
  version: number;
  id: string;
  title: string;
  createdAt: string;
  /** When its plan was made; a later one replaces it. */
  plannedAt: string;
  source: string;
  destination: string;
  settings: JobSettings;
  checks: Check[];
}

export interface StoredTransfer extends StoredJobBase {
  kind: 'import' | 'copy';
  plan: CopyPlan;
  import?: JobImportTarget;
}

export interface StoredMove extends StoredJobBase {
  kind: 'move';
  move: CacheMove;
}

export type StoredJob = StoredTransfer | StoredMove;

/** As far as a file can be trusted before it was looked at. */
type StoredFields = { kind?: string } & Partial<Omit<StoredTransfer, 'kind'>> &
  Partial<Pick<StoredMove, 'move'>>;

const KINDS: readonly string[] = ['import', 'copy', 'move'] satisfies JobKind[];

const ID = /^[a-z0-9][a-z0-9._-]{0,99}$/;

export function isJobId(text: string): boolean {
  return ID.test(text);
}

/**
 * The text of job.json. A file of a newer release is understood as far as a list needs it.
 *
 * @throws Error that says what is wrong with it.
 */
export function parseStoredJob(text: string, id: string): StoredJob {
  const value = JSON.parse(text) as StoredFields | null;
  if (typeof value !== 'object' || value === null) {
    throw new Error('job.json does not hold an object.');
  }
  const missing = (['kind', 'title', 'createdAt', 'source', 'destination'] as const).filter(
    name => typeof value[name] !== 'string'
  );
  if (missing.length > 0 || typeof value.version !== 'number') {
    throw new Error(`job.json lacks ${[...missing, 'version'].slice(0, 3).join(', ')}.`);
  }
  if (value.id !== id) {
    throw new Error('job.json belongs to another job.');
  }
  const known = value.version <= JOB_VERSION && KINDS.includes(value.kind ?? '');
  if (known && value.kind === 'move') {
    if (typeof value.move?.from !== 'string' || typeof value.move.to !== 'string') {
      throw new Error('job.json does not say what to move.');
    }
  } else if (known && !Array.isArray(value.plan?.files)) {
    throw new Error('job.json holds no plan.');
  }
  if (known && value.kind === 'import' && typeof value.import !== 'object') {
    throw new Error('job.json does not say what to import.');
  }
  return { settings: {}, checks: [], plannedAt: value.createdAt ?? '', ...value } as StoredJob;
}

export function requireRunnable(job: StoredJob): void {
  if (job.version > JOB_VERSION) {
    throw new BedrockImportError({
      code: 'JOB_TOO_NEW',
      message: 'A newer release of jupyterlab-bedrock-import made this job.',
      subject: job.id,
      nextStep: 'Update jupyterlab-bedrock-import and start the job again.',
      kind: 'blocked'
    });
  }
}

export function summaryOf(job: StoredJob, facts: JobFacts, lease: LeaseView): JobSummary {
  const state = stateNow(facts, lease);
  const { progress } = facts;
  return {
    id: job.id,
    kind: job.kind,
    title: job.title,
    state,
    ...(facts.stage === undefined ? {} : { stage: facts.stage }),
    createdAt: job.createdAt,
    updatedAt: facts.updatedAt ?? job.createdAt,
    source: job.source,
    destination: job.destination,
    ...(progress === undefined
      ? {}
      : {
          progress: {
            totalBytes: progress.totalBytes,
            movedBytes: progress.movedBytes,
            bytesPerSecond: state === 'running' ? progress.bytesPerSecond : 0,
            ...(state === 'running' && progress.secondsLeft !== undefined
              ? { secondsLeft: progress.secondsLeft }
              : {})
          }
        }),
    ...(facts.error === undefined ? {} : { error: facts.error }),
    ...(state === 'waiting' && facts.waitsFor !== undefined ? { waitsFor: facts.waitsFor } : {})
  };
}

export function jobOf(job: StoredJob, facts: JobFacts, lease: LeaseView): Job {
  const common = {
    ...summaryOf(job, facts, lease),
    settings: job.settings,
    checks: job.checks,
    stages: stageReports(job.kind, job.settings, facts),
    ...(facts.result === undefined ? {} : { result: facts.result }),
    lastSeq: facts.lastSeq
  };
  return job.kind === 'move'
    ? { ...common, kind: job.kind, move: job.move }
    : {
        ...common,
        kind: job.kind,
        plan: job.plan,
        ...(job.import === undefined ? {} : { import: job.import })
      };
}

/** What a list shows of a job whose folder is there and cannot be understood. */
export function unreadableSummary(id: string, folder: string, error: unknown): JobSummary {
  const known = error instanceof BedrockImportError ? error : undefined;
  return {
    id,
    kind: 'import',
    title: id,
    state: 'unreadable',
    createdAt: '',
    updatedAt: '',
    source: '',
    destination: '',
    error: known?.toJSON() ?? {
      code: 'JOB_UNREADABLE',
      message: `The job cannot be read: ${reasonOf(error)}.`,
      subject: id,
      nextStep: `Make the folder ${folder} readable, or delete it.`,
      kind: 'failed'
    }
  };
}
