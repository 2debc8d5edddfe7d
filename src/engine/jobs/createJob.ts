import { createHash } from 'node:crypto';
import { basename } from 'node:path';

import type { CacheMove } from '../cacheMove';
import { describeSource, formatS3Uri, sourceVersion } from '../transfer';
import type { CopyPlan } from '../transfer';
import { JOB_VERSION } from './jobFile';
import type { StoredJob, StoredMove, StoredTransfer } from './jobFile';
import { jobId } from './jobIdentity';
import type { Job, JobSettings } from './jobTypes';
import type { JobStore } from './store';
import type { ImportReview } from './types';

/**
 * Keeps a reviewed import as a job. What is imported makes its id, so the same import is the same job:
 * one that rests is made anew with this review, and what it has done already shows when it runs; one
 * that somebody runs is returned as it is, with `runningElsewhere`.
 */
export async function createImportJob(
  store: JobStore,
  review: ImportReview,
  settings: JobSettings = {}
): Promise<Job> {
  const { plan } = review;
  const id = jobId({
    kind: 'import',
    plan,
    account: review.identity.account,
    requestedName: review.requestedName
  });
  return await keep(store, {
    ...stored(id, plan, settings),
    kind: 'import',
    title: `Import ${plan.source.modelId} as ${review.names.importedModelName}`,
    import: {
      modelId: plan.source.modelId,
      version: sourceVersion(plan.source),
      identity: review.identity,
      role: review.role,
      names: review.names,
      s3Uri: review.s3Uri,
      ...(review.requestedName === undefined ? {} : { requestedName: review.requestedName })
    },
    checks: review.checks
  });
}

/** Keeps a copy as a job, in the same way. */
export async function createCopyJob(
  store: JobStore,
  plan: CopyPlan,
  settings: JobSettings & { account?: string } = {}
): Promise<Job> {
  const { account, ...rest } = settings;
  const id = jobId({ kind: 'copy', plan, account });
  return await keep(store, {
    ...stored(id, plan, rest),
    kind: 'copy',
    title: `Copy ${plan.source.modelId} to ${formatS3Uri(plan.destination)}`,
    checks: plan.checks
  });
}

/**
 * Keeps the move of a Hugging Face cache as a job, in the same way: the same folders are the same job, which
 * goes on with what is on the disk.
 */
export async function createMoveJob(
  store: JobStore,
  { from, to }: CacheMove,
  settings: Pick<JobSettings, 'keepAwake'> = {}
): Promise<Job> {
  const now = new Date().toISOString();
  const hash = createHash('sha256')
    .update(JSON.stringify([from, to]))
    .digest('hex')
    .slice(0, 8);
  const job: StoredMove = {
    version: JOB_VERSION,
    id: `move-cache-${hash}`,
    kind: 'move',
    title: `Move the Hugging Face cache (${basename(from)}) to ${to}`,
    createdAt: now,
    plannedAt: now,
    source: from,
    destination: to,
    move: { from, to },
    settings,
    checks: []
  };
  return await keep(store, job);
}

function stored(
  id: string,
  plan: CopyPlan,
  settings: JobSettings
): Omit<StoredTransfer, 'kind' | 'title' | 'checks'> {
  const now = new Date().toISOString();
  return {
    version: JOB_VERSION,
    id,
    createdAt: now,
    plannedAt: now,
    source: describeSource(plan.source),
    destination: formatS3Uri(plan.destination),
    plan,
    settings
  };
}

async function keep(store: JobStore, job: StoredJob): Promise<Job> {
  const { job: kept, running } = await store.put(job);
  return running ? { ...kept, runningElsewhere: true } : kept;
}
