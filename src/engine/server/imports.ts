import { randomUUID } from 'node:crypto';
import process from 'node:process';

import {
  createBucket as createBucketRequest,
  listBuckets as listBucketsRequest,
  listRoles,
  reviewImport as reviewRequest,
  startImport
} from '../../protocol';
import type { ImportReview as ReviewFacts, ImportWish } from '../../protocol';
import { createBucket, listBuckets } from '../aws';
import { hubCacheFolder } from '../cache';
import { getCallerIdentity } from '../environment';
import { BedrockImportError } from '../errors';
import { listImportRoles } from '../iam';
import { createImportJob, reviewImport } from '../jobs';
import type { EngineContext, ImportReview } from '../jobs';
import { planDownload, readSourceText, sourceVersion } from '../transfer';
import type { EngineHost } from './host';
import type { Page } from './page';

/** A page looks at one at a time; those before it may still be open in a tab. */
const MOST_REVIEWS = 16;

export function serveImports(page: Page, host: EngineHost): void {
  const reviews = new Map<string, ImportReview>();
  page.answerPlain(listBucketsRequest, async signal => {
    const { aws } = await host.engine();
    return listBuckets(aws, { signal });
  });
  page.answer(createBucketRequest, async ({ bucket }, signal) => {
    const { aws } = await host.engine();
    await createBucket(aws, bucket, { signal });
    return null;
  });
  page.answerPlain(listRoles, async signal => {
    const { aws } = await host.engine();
    const { account, partition } = await getCallerIdentity(aws, { signal });
    const roles = await listImportRoles(aws, { account, partition, signal });
    return roles.map(({ roleArn, roleName }) => ({ arn: roleArn, name: roleName }));
  });
  page.answer(reviewRequest, async (wish, signal) => {
    const engine = await host.engine();
    const cacheFolder = cacheFolderOf(engine, wish);
    const reviewed = await reviewImport(engine, {
      model: wish.model,
      cacheFolder,
      bucket: wish.bucket,
      prefix: wish.prefix,
      roleArn: wish.roleArn,
      createRole: wish.roleArn === undefined,
      importedModelName: wish.importedModelName,
      chatTemplate: wish.chatTemplate,
      signal
    });
    const review = await withDownloadChecks(engine, reviewed, cacheFolder, signal);
    const reviewId = randomUUID();
    reviews.set(reviewId, review);
    const [oldest = ''] = reviews.size > MOST_REVIEWS ? reviews.keys() : [];
    reviews.delete(oldest);
    return toReviewFacts(reviewId, review);
  });
  page.answer(startImport, async ({ reviewId, ...settings }) => {
    const review = reviews.get(reviewId);
    if (review === undefined) {
      throw new BedrockImportError({
        code: 'REVIEW_UNKNOWN',
        message: 'The engine does not know this review any more.',
        nextStep: 'Review the import again.',
        kind: 'usage'
      });
    }
    const { ask, connections, allowOverwrite, keepAwake } = settings;
    const job = await createImportJob(await host.store(), review, {
      ask,
      connections,
      allowOverwrite,
      keepAwake
    });
    if (job.runningElsewhere !== true) {
      await host.start(job.id);
    }
    return { jobId: job.id };
  });
}

/** Whether the disk has room for what the cache lacks. */
async function withDownloadChecks(
  engine: EngineContext,
  review: ImportReview,
  cacheFolder: string | undefined,
  signal: AbortSignal
): Promise<ImportReview> {
  if (cacheFolder === undefined) {
    return review;
  }
  const { environment } = engine;
  const { checks } = await planDownload(engine, review.plan, { cacheFolder, environment, signal });
  return { ...review, checks: [...review.checks, ...checks] };
}

function cacheFolderOf({ environment }: EngineContext, wish: ImportWish): string | undefined {
  if (wish.viaDisk !== true || readSourceText(wish.model).kind !== 'hub') {
    return undefined;
  }
  const { homeDirectory } = environment;
  return hubCacheFolder({ env: process.env, homeDirectory });
}

function toReviewFacts(reviewId: string, review: ImportReview): ReviewFacts {
  const { plan, role, names, existing } = review;
  return {
    reviewId,
    modelId: plan.source.modelId,
    version: sourceVersion(plan.source),
    s3Uri: review.s3Uri,
    account: review.identity.account,
    importedModelName: names.importedModelName,
    jobName: names.jobName,
    role: {
      action: role.action,
      arn: role.roleArn,
      name: role.roleName,
      policies: role.policies === undefined ? undefined : JSON.stringify(role.policies, null, 2)
    },
    files: plan.files.map(({ path, key, sizeBytes, action }) => ({ path, key, sizeBytes, action })),
    rewrites: plan.rewrites.map(({ path, summary }) => ({ path, difference: summary })),
    totalBytes: plan.totalBytes,
    bytesToMove: plan.bytesToMove,
    alreadyThere: plan.alreadyThere,
    conflicts: plan.conflicts,
    checks: review.checks,
    costNotes: review.costNotes,
    existing:
      existing === undefined
        ? undefined
        : {
            jobName: existing.job.jobName,
            status: existing.job.status,
            modelArn: existing.model?.modelArn
          }
  };
}
