import { askModel, followImportJob, getImportedModel, startImportJob } from '../bedrock';
import type { ImportedModel, ImportJob } from '../bedrock';
import { BedrockImportError } from '../errors';
import { createImportRole } from '../iam';
import type { ImportRole } from '../iam';
import { copyModel } from '../transfer';
import type {
  EngineContext,
  ImportResult,
  ImportReview,
  ImportRunOptions,
  ImportStage
} from './types';

/** How long an import may wait for another one of the account to end, and how long it may itself take. */
const DEFAULT_TIME_LIMIT_MS = 6 * 3600 * 1000;
const NAMED_ROLE_RETRY_MS = 120_000;

/**
 * Carries out a reviewed import: role, copy, import job, imported model, first question. Each step
 * recognises what an earlier run has done, so that the same import can be run again after a failure.
 *
 * @throws BedrockImportError `CHECK_BLOCKS` before anything is changed, and those of each step.
 */
export async function runImport(
  context: EngineContext,
  review: ImportReview,
  options: ImportRunOptions = {}
): Promise<ImportResult> {
  requireNoBlocker(review);
  const startedAt = Date.now();
  const { signal } = options;
  const stage = async <T>(
    name: ImportStage,
    work: () => Promise<T>,
    describe: (result: T) => string | undefined
  ): Promise<T> => {
    options.onStage?.(name, 'start');
    const result = await work();
    options.onStage?.(name, 'done', describe(result));
    return result;
  };

  // Before the copy: IAM takes a while to spread a new role, and the copy takes longer.
  const role = await stage(
    'role',
    () => provideRole(context, review, signal),
    ({ roleArn, created }) => `${roleArn}${created ? ' (created)' : ''}`
  );
  const copy = await stage(
    'copy',
    () =>
      copyModel(context, review.plan, {
        allowOverwrite: options.allowOverwrite,
        connections: options.connections,
        onProgress: options.onCopyProgress,
        onRetry: options.onRetry,
        signal
      }),
    result => (result.nothingMoved ? 'nothing to move, all proved' : result.destination)
  );
  const job = await stage(
    'import',
    () => runJob(context, review, role, options),
    ({ jobArn }) => jobArn
  );
  const model = await stage(
    'model',
    () => importedModel(context, review, job, signal),
    ({ modelArn }) => modelArn
  );
  const prompt = options.ask;
  const answer =
    prompt === undefined
      ? undefined
      : await stage(
          'ask',
          () =>
            askModel(context.aws, model.modelArn, {
              prompt,
              instructSupported: model.instructSupported,
              onText: options.onText,
              onWait: options.onWait,
              signal
            }),
          ({ api }) => api
        );
  return {
    copy,
    role,
    job,
    model,
    ...(answer === undefined ? {} : { answer }),
    seconds: (Date.now() - startedAt) / 1000
  };
}

function requireNoBlocker(review: ImportReview): void {
  const blockers = review.checks.filter(({ verdict }) => verdict === 'blocker');
  const first = blockers[0];
  if (first !== undefined) {
    throw new BedrockImportError({
      code: 'CHECK_BLOCKS',
      message: `${first.found} ${first.why}`,
      subject: `${review.plan.source.modelId} (${blockers.map(({ id }) => id).join(', ')})`,
      nextStep: first.nextStep ?? 'Choose another model.',
      kind: 'blocked'
    });
  }
}

async function provideRole(
  context: EngineContext,
  review: ImportReview,
  signal: AbortSignal | undefined
): Promise<ImportRole> {
  const { roleArn, roleName } = review.role;
  if (review.role.action === 'use' && roleArn !== undefined) {
    return { roleArn, roleName: roleArn.slice(roleArn.lastIndexOf('/') + 1), created: false };
  }
  return createImportRole(context.aws, {
    account: review.identity.account,
    partition: review.identity.partition,
    region: context.aws.region,
    bucket: review.plan.destination.bucket,
    roleName,
    signal
  });
}

async function runJob(
  context: EngineContext,
  review: ImportReview,
  role: ImportRole,
  options: ImportRunOptions
): Promise<ImportJob> {
  const timeLimitMs = options.importTimeLimitMs ?? DEFAULT_TIME_LIMIT_MS;
  const earlier = review.existing?.job;
  if (earlier?.status === 'Completed') {
    return earlier;
  }
  const { jobArn } =
    earlier ??
    (await startImportJob(context.aws, {
      jobName: review.names.jobName,
      importedModelName: review.names.importedModelName,
      roleArn: role.roleArn,
      s3Uri: review.s3Uri,
      waitForQuotaMs: timeLimitMs,
      // A role that the user named is rarely fresh, so a wrong one should not keep them waiting long.
      ...(role.created ? {} : { roleRetryMs: NAMED_ROLE_RETRY_MS }),
      onWait: options.onWait,
      signal: options.signal
    }));
  return followImportJob(context.aws, jobArn, {
    timeLimitMs,
    onStatus: options.onJobStatus,
    onWait: options.onWait,
    signal: options.signal
  });
}

async function importedModel(
  context: EngineContext,
  review: ImportReview,
  job: ImportJob,
  signal: AbortSignal | undefined
): Promise<ImportedModel> {
  const known = review.existing?.model;
  if (known !== undefined) {
    return known;
  }
  const modelName = job.importedModelName ?? review.names.importedModelName;
  const modelArn = job.importedModelArn;
  try {
    return await getImportedModel(context.aws, modelArn ?? modelName, { signal });
  } catch (error) {
    const denied = error instanceof BedrockImportError && error.code === 'ACCESS_DENIED';
    if (denied && modelArn !== undefined) {
      // The import is done; only what else Bedrock knows of the model stays unknown.
      return { modelArn, modelName };
    }
    throw error;
  }
}
