import type { BedrockOptions, ModelFacts } from '../ports';
import {
  bedrockArn,
  resourceId,
  splitS3Uri,
  type RecordsDocument,
  type StoredJob,
  type StoredModel
} from './records';
import { filesInStore, listingOf, removeSnapshot, snapshotFolder, takeSnapshot } from './snapshot';

const DEFAULT_IMPORT_SECONDS = 3;

/** failureMessage holds at most this many characters (service model, "ErrorMessage"). */
const MAX_FAILURE_MESSAGE = 2048;

/**
 * Carries out one import job to its end; never rejects. The job lasts at least the configured time
 * whatever its outcome, as a real one that fails does not fail at once.
 */
export async function runImport(
  options: BedrockOptions,
  records: RecordsDocument,
  job: StoredJob,
  signal: AbortSignal
): Promise<void> {
  const { state } = options;
  const asked = state.faults.value('import-seconds');
  const seconds =
    typeof asked === 'number' ? asked : (options.importSeconds ?? DEFAULT_IMPORT_SECONDS);
  const work = importFiles(options, job).then(
    imported => ({ imported }),
    (error: unknown) => ({ failure: error instanceof Error ? error.message : String(error) })
  );
  try {
    await state.clock.sleep(seconds * 1000, signal);
  } catch {
    // The sandbox is closing; with the same data folder the next one takes the job up again.
    const left = await work;
    if ('imported' in left) {
      await removeSnapshot(state, left.imported.modelId);
    }
    return;
  }
  const outcome = await work;
  const now = state.now().toISOString();
  if ('imported' in outcome) {
    const { facts, files, modelId } = outcome.imported;
    const arn = bedrockArn(
      { region: job.region, account: state.account },
      'imported-model',
      modelId
    );
    records.value.models.push({
      arn,
      name: job.importedModelName,
      region: job.region,
      jobArn: job.arn,
      jobName: job.name,
      s3Uri: job.s3Uri,
      creationTime: now,
      architecture: facts.architecture,
      instructSupported: servesConverse(facts) && options.refuseConverse !== true,
      runnable: facts.runnable,
      weightsBytes: facts.weightsBytes,
      kmsKeyArn: job.kmsKeyArn,
      files
    });
    Object.assign(job, { status: 'Completed', importedModelArn: arn });
  } else {
    const failureMessage = outcome.failure.slice(0, MAX_FAILURE_MESSAGE);
    Object.assign(job, { status: 'Failed', failureMessage });
  }
  job.lastModifiedTime = now;
  job.endTime = now;
  await records.save();
}

/**
 * Amazon Bedrock User Guide, "Import a customized model": Converse is not for Qwen and GPT-OSS; older
 * guides name the Llama and Mistral families for it.
 */
function servesConverse({ architecture, instructSupported }: ModelFacts): boolean {
  return instructSupported && /^(Llama|Mllama|Mistral|Mixtral)/.test(architecture);
}

async function importFiles(
  options: BedrockOptions,
  job: StoredJob
): Promise<{ facts: ModelFacts; files: StoredModel['files']; modelId: string }> {
  const { state, store, inference } = options;
  if (state.faults.roll('import-failure')) {
    const message = state.faults.value('import-failure');
    throw new Error(
      typeof message === 'string'
        ? message
        : 'An internal error occurred while the model was imported. Try again.'
    );
  }
  const { bucket, prefix } = splitS3Uri(job.s3Uri);
  const before = listingOf(store, bucket, prefix);
  const facts = await inference.validateModelFiles(filesInStore(store, bucket, prefix));
  const modelId = resourceId();
  try {
    const files = await takeSnapshot(store, { bucket, prefix }, snapshotFolder(state, modelId));
    if (listingOf(store, bucket, prefix) !== before) {
      throw new Error(`The files in ${job.s3Uri} changed while they were imported.`);
    }
    return { facts, files, modelId };
  } catch (error) {
    await removeSnapshot(state, modelId);
    throw error;
  }
}
