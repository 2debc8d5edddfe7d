import { followImportJob, getImportedModel } from '../../bedrock';
import type { ImportedModel, ImportJob } from '../../bedrock';
import { BedrockImportError } from '../../errors';
import type { EngineContext } from '../types';
import type { StageRun } from './stageRun';
import { DEFAULT_TIME_LIMIT_MS, showWait } from './waiting';

/** Follows the import to its end; Bedrock goes on with it whether anybody follows or not. */
export async function waitStage(run: StageRun): Promise<string> {
  const { importJob } = run.results;
  const target = run.stored.import;
  if (importJob === undefined || target === undefined) {
    throw new Error('There is no import to wait for.');
  }
  // As the stage before has told it.
  let status = 'InProgress';
  const job = await followImportJob(run.context.aws, importJob.jobArn, {
    timeLimitMs: run.stored.settings.importTimeLimitMs ?? DEFAULT_TIME_LIMIT_MS,
    onStatus: seen => {
      if (seen.status !== status) {
        status = seen.status;
        run.emit({ type: 'import-job', jobArn: seen.jobArn, status });
      }
    },
    onWait: wait => showWait(run, wait),
    signal: run.signal
  });
  const { importedModelName } = target.names;
  const model = await importedModel(run.context, job, importedModelName, run.signal);
  const { creationTime: _, ...facts } = model;
  run.results.model = facts;
  return model.modelArn;
}

/** The model that an import has made. */
async function importedModel(
  context: EngineContext,
  job: ImportJob,
  expectedName: string,
  signal: AbortSignal | undefined
): Promise<ImportedModel> {
  const modelName = job.importedModelName ?? expectedName;
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
