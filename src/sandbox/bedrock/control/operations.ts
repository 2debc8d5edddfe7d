import { createHash } from 'node:crypto';

import type { BedrockOptions } from '../ports';
import { conflict, notFound, quotaExceeded, validation } from '../refusals';
import { runImport } from './importRun';
import { listPage, type ListInput } from './listing';
import {
  bedrockArn,
  resourceId,
  type RecordsDocument,
  type StoredJob,
  type StoredModel
} from './records';
import { checkRoleAndBucket } from './roleChecks';
import { removeSnapshot } from './snapshot';

type Input = Readonly<Record<string, unknown>>;
type Output = Readonly<Record<string, unknown>>;

/** Amazon Bedrock endpoints and quotas: imported models per account and Region (L-45B04988). */
const MAX_IMPORTED_MODELS = 3;

interface CreateInput {
  jobName: string;
  importedModelName: string;
  roleArn: string;
  modelDataSource: { s3DataSource?: { s3Uri: string } };
  jobTags?: Array<{ key: string }>;
  importedModelTags?: Array<{ key: string }>;
  clientRequestToken?: string;
  vpcConfig?: unknown;
  importedModelKmsKeyId?: string;
}

export interface ControlPlane {
  /** @throws RefusedError in the codes of the service model. */
  call(action: string, input: Input, region: string): Promise<Output>;
  /** By name or ARN; undefined when there is none in this Region. */
  readonly findModel: (identifier: string, region: string) => StoredModel | undefined;
  /** Stops the running imports; they go on in the next sandbox with the same data folder. */
  readonly close: () => Promise<void>;
}

/**
 * The operations of Custom Model Import over the stored jobs and models.
 *
 * @param onDelete Told the ARN of a model that is gone.
 */
export function createControlPlane(
  options: BedrockOptions,
  records: RecordsDocument,
  onDelete: (arn: string) => void
): ControlPlane {
  const { state } = options;
  const closing = new AbortController();
  const running = new Set<Promise<void>>();
  const start = (job: StoredJob) => {
    const run = runImport(options, records, job, closing.signal);
    running.add(run);
    void run.finally(() => running.delete(run));
  };
  records.value.jobs.filter(job => job.status === 'InProgress').forEach(start);

  const jobsIn = (region: string) => records.value.jobs.filter(job => job.region === region);
  const modelsIn = (region: string) =>
    records.value.models.filter(model => model.region === region);
  const findModel = (identifier: string, region: string) =>
    modelsIn(region).find(({ arn, name }) => arn === identifier || name === identifier);
  const modelOf = (input: Input, region: string): StoredModel => {
    const identifier = input.modelIdentifier as string;
    const model = findModel(identifier, region);
    if (model === undefined) {
      // Only the code is known.
      throw notFound(`The imported model ${identifier} could not be found.`);
    }
    return model;
  };

  const operations: Readonly<Record<string, (input: Input, region: string) => unknown>> = {
    CreateModelImportJob: async (raw, region) => {
      // The service model has checked these types.
      const input = raw as unknown as CreateInput;
      const parameters = fingerprint(input);
      const repeated = jobsIn(region).find(
        job =>
          input.clientRequestToken !== undefined &&
          job.clientRequestToken === input.clientRequestToken
      );
      if (repeated !== undefined) {
        return repeatedJob(repeated, parameters);
      }
      checkTags(input);
      const s3Uri = s3UriOf(input);
      checkNames(input, jobsIn(region), modelsIn(region));
      checkQuotas(jobsIn(region), modelsIn(region));
      const arn = bedrockArn({ region, account: state.account }, 'model-import-job', resourceId());
      checkRoleAndBucket(options, { roleArn: input.roleArn, s3Uri, jobArn: arn, region });
      const now = state.now().toISOString();
      const job: StoredJob = {
        arn,
        name: input.jobName,
        region,
        importedModelName: input.importedModelName,
        roleArn: input.roleArn,
        s3Uri,
        status: 'InProgress',
        creationTime: now,
        lastModifiedTime: now,
        vpcConfig: input.vpcConfig,
        kmsKeyArn: kmsKeyArn(input.importedModelKmsKeyId, region, state.account),
        clientRequestToken: input.clientRequestToken,
        parameters
      };
      records.value.jobs.push(job);
      await records.save();
      start(job);
      return { jobArn: arn };
    },
    GetModelImportJob: (input, region) => {
      const identifier = input.jobIdentifier as string;
      const job = jobsIn(region).find(({ arn, name }) => arn === identifier || name === identifier);
      if (job === undefined) {
        // Only the code is known.
        throw notFound(`The model import job ${identifier} could not be found.`);
      }
      return {
        ...jobSummary(job),
        roleArn: job.roleArn,
        modelDataSource: { s3DataSource: { s3Uri: job.s3Uri } },
        failureMessage: job.failureMessage,
        vpcConfig: job.vpcConfig,
        importedModelKmsKeyArn: job.kmsKeyArn
      };
    },
    ListModelImportJobs: (input, region) => {
      const wanted = input.statusEquals;
      const jobs = jobsIn(region).filter(job => wanted === undefined || job.status === wanted);
      const { items, nextToken } = listPage(jobs, input as ListInput);
      return { modelImportJobSummaries: items.map(jobSummary), nextToken };
    },
    GetImportedModel: (input, region) => {
      const model = modelOf(input, region);
      return {
        ...modelSummary(model),
        jobName: model.jobName,
        jobArn: model.jobArn,
        modelDataSource: { s3DataSource: { s3Uri: model.s3Uri } },
        modelKmsKeyArn: model.kmsKeyArn,
        customModelUnits: customModelUnits(model.weightsBytes)
      };
    },
    ListImportedModels: (input, region) => {
      const { items, nextToken } = listPage(modelsIn(region), input as ListInput);
      return { modelSummaries: items.map(modelSummary), nextToken };
    },
    DeleteImportedModel: async (input, region) => {
      const model = modelOf(input, region);
      records.value.models = records.value.models.filter(({ arn }) => arn !== model.arn);
      await records.save();
      onDelete(model.arn);
      await removeSnapshot(state, model.arn.slice(model.arn.lastIndexOf('/') + 1));
      return {};
    }
  };
  return {
    call: async (action, input, region) => {
      const operation = operations[action];
      if (operation === undefined) {
        throw new Error(`${action} is in the service model but not served.`);
      }
      return (await operation(input, region)) as Output;
    },
    findModel,
    close: async () => {
      closing.abort();
      await Promise.all(running);
    }
  };
}

/**
 * The API reference says of a repeated token that the request is ignored without an error; what the
 * service answers when the rest differs is not documented. An answer that names another job than
 * the one asked for would hide a mistake, so this refuses it as other services do.
 */
function repeatedJob(job: StoredJob, parameters: string): Output {
  if (job.parameters !== parameters) {
    throw conflict(
      'The provided client request token was already used with different request parameters.'
    );
  }
  return { jobArn: job.arn };
}

function fingerprint(input: CreateInput): string {
  const entries = Object.entries(input).filter(([name]) => name !== 'clientRequestToken');
  return createHash('sha256').update(JSON.stringify(entries.sort())).digest('hex');
}

function s3UriOf(input: CreateInput): string {
  const s3Uri = input.modelDataSource.s3DataSource?.s3Uri;
  if (s3Uri === undefined) {
    throw validation('The modelDataSource must have exactly one member; s3DataSource is missing.');
  }
  return s3Uri;
}

function checkTags(input: CreateInput): void {
  for (const tags of [input.jobTags, input.importedModelTags]) {
    const keys = (tags ?? []).map(({ key }) => key);
    if (new Set(keys).size < keys.length) {
      throw validation('Duplicate tag keys found. Please note that Tag keys are case insensitive.');
    }
  }
}

/**
 * A job's name is used for ever, since jobs cannot be deleted. The code and the words for it are
 * those that aws/sagemaker-python-sdk reports in its pull request 6076 (2026-07): ValidationException,
 * not the ConflictException that the service model would also allow. The model's name follows it.
 */
function checkNames(
  input: CreateInput,
  jobs: readonly StoredJob[],
  models: readonly StoredModel[]
): void {
  if (jobs.some(({ name }) => name === input.jobName)) {
    throw validation('The provided job name is currently in use.');
  }
  const running = jobs.filter(({ status }) => status === 'InProgress');
  if (
    models.some(({ name }) => name === input.importedModelName) ||
    running.some(({ importedModelName }) => importedModelName === input.importedModelName)
  ) {
    throw validation('The provided imported model name is currently in use.');
  }
}

/** The limits are documented; the words are reported only as far as that they suggest a request. */
function checkQuotas(jobs: readonly StoredJob[], models: readonly StoredModel[]): void {
  if (jobs.some(({ status }) => status === 'InProgress')) {
    throw quotaExceeded(
      'You have exceeded the maximum number of concurrent model import jobs, 1, for this account and Region. Wait for the running job to finish or request a quota increase.'
    );
  }
  if (models.length >= MAX_IMPORTED_MODELS) {
    throw quotaExceeded(
      `You have exceeded the maximum number of imported models, ${MAX_IMPORTED_MODELS}, for this account and Region. Delete an imported model or request a quota increase.`
    );
  }
}

function kmsKeyArn(id: string | undefined, region: string, account: string): string | undefined {
  return id === undefined || id.startsWith('arn:') || id.startsWith('alias/')
    ? id
    : `arn:aws:kms:${region}:${account}:key/${id}`;
}

function jobSummary(job: StoredJob): Output {
  return {
    jobArn: job.arn,
    jobName: job.name,
    status: job.status,
    creationTime: job.creationTime,
    lastModifiedTime: job.lastModifiedTime,
    endTime: job.endTime,
    importedModelArn: job.importedModelArn,
    importedModelName: job.importedModelName
  };
}

function modelSummary(model: StoredModel): Output {
  return {
    modelArn: model.arn,
    modelName: model.name,
    creationTime: model.creationTime,
    instructSupported: model.instructSupported,
    modelArchitecture: model.architecture
  };
}

/**
 * How AWS counts is not published: known are 2 units for Llama 3.1 8B (16 GB of weights) and 8 for
 * 70B (141 GB). This is a guess between and beside these points.
 */
function customModelUnits(weightsBytes: number): Output {
  const steps: ReadonlyArray<readonly [upToBytes: number, units: number]> = [
    [8e9, 1],
    [24e9, 2],
    [80e9, 4]
  ];
  const units = steps.find(([upToBytes]) => weightsBytes <= upToBytes)?.[1] ?? 8;
  return { customModelUnitsPerModelCopy: units, customModelUnitsVersion: 'v1.0' };
}
