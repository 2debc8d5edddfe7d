import { cancelledError } from '../errors';
import { createImportJob } from './createJob';
import { endedByOthers } from './jobErrors';
import type { JobResult, JobSettings, JobStage, JobStageState } from './jobTypes';
import { runJob } from './runJob';
import type { RunJobOptions } from './runJobOptions';
import { requireNoBlocker } from './stages/check';
import { JobStore } from './store';
import type { EngineContext, ImportReview } from './types';

export interface RunImportOptions extends JobSettings, Omit<RunJobOptions, 'onAbort'> {
  /** Where the job is kept. @default the state folder of the context */
  store?: JobStore;
  /** Each change of a stage; `onEvent` tells of all else. */
  onStage?: (stage: JobStage, state: JobStageState, detail?: string) => void;
}

export type ImportResult = Required<Pick<JobResult, 'copy' | 'role' | 'importJob' | 'model'>> &
  Pick<JobResult, 'answer' | 'seconds'> & { jobId: string };

/**
 * Carries out a reviewed import from its role to the first question, in one call: it is kept as a job,
 * so a later call for the same import, or `bedrock-import jobs resume`, goes on where this one ended.
 *
 * @throws BedrockImportError `CHECK_BLOCKS` before anything is changed, `CANCELLED` after `signal`,
 *   `JOB_PAUSED` and `JOB_CANCELLED` when somebody else asked for that, and those of `runJob`.
 */
export async function runImport(
  context: EngineContext,
  review: ImportReview,
  options: RunImportOptions = {}
): Promise<ImportResult> {
  const { ask, connections, allowOverwrite, importTimeLimitMs, keepAwake, ...running } = options;
  requireNoBlocker(review.checks, review.plan.source.modelId);
  const store = options.store ?? (await JobStore.open(context.environment.stateDirectory));
  const settings = { ask, connections, allowOverwrite, importTimeLimitMs, keepAwake };
  const { id } = await createImportJob(store, review, settings);
  const outcome = await runJob(context, store, id, {
    ...running,
    onEvent: event => {
      options.onEvent?.(event);
      if (event.type === 'stage') {
        options.onStage?.(event.stage, event.state, event.detail);
      }
    }
  });
  if (outcome.state !== 'done') {
    throw options.signal?.aborted === true
      ? cancelledError(id)
      : endedByOthers(id, outcome.state === 'cancelled' ? 'cancelled' : 'paused');
  }
  const { copy, role, importJob, model, answer, seconds } = outcome.result;
  if (copy === undefined || role === undefined || importJob === undefined || model === undefined) {
    throw new Error(`The job ${id} is done and has not told all that it brought about.`);
  }
  return {
    jobId: id,
    copy,
    role,
    importJob,
    model,
    ...(answer === undefined ? {} : { answer }),
    seconds
  };
}
