import { askModel, followImportJob, startImportJob } from '../bedrock';
import type { ImportJob } from '../bedrock';
import type { ImportRole } from '../iam';
import { copyModel } from '../transfer';
import { requireNoBlocker } from './stages/check';
import { provideRole } from './stages/role';
import { importedModel } from './stages/wait';
import { DEFAULT_TIME_LIMIT_MS, NAMED_ROLE_RETRY_MS } from './stages/waiting';
import type {
  EngineContext,
  ImportResult,
  ImportReview,
  ImportRunOptions,
  ImportStage
} from './types';

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
  requireNoBlocker(review.checks, review.plan.source.modelId);
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
    () =>
      provideRole(
        context,
        {
          role: review.role,
          identity: review.identity,
          bucket: review.plan.destination.bucket
        },
        signal
      ),
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
    () => importJob(context, review, role, options),
    ({ jobArn }) => jobArn
  );
  const model = await stage(
    'model',
    async () =>
      review.existing?.model ??
      (await importedModel(context, job, review.names.importedModelName, signal)),
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

async function importJob(
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
