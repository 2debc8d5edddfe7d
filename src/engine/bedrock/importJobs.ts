import {
  GetModelImportJobCommand,
  paginateListModelImportJobs,
  type GetModelImportJobResponse,
  type ModelImportJobSummary
} from '@aws-sdk/client-bedrock';

import { readServiceFailure, toAwsError, type AwsClients } from '../aws';
import { BedrockImportError } from '../errors';
import type { CallOptions, ImportJob, ImportJobStatus, ListImportJobsOptions } from './types';

const PAGE_SIZE = 100;

/**
 * Import jobs of the account and Region, newest first.
 *
 * @throws BedrockImportError those of toAwsError
 */
export async function listImportJobs(
  aws: AwsClients,
  options: ListImportJobsOptions = {}
): Promise<ImportJob[]> {
  const jobs: ImportJob[] = [];
  try {
    const pages = paginateListModelImportJobs(
      { client: aws.bedrock, pageSize: PAGE_SIZE, stopOnSameToken: true },
      {
        sortBy: 'CreationTime',
        sortOrder: 'Descending',
        ...(options.nameContains === undefined ? {} : { nameContains: options.nameContains }),
        ...(options.status === undefined ? {} : { statusEquals: options.status })
      },
      { abortSignal: options.signal }
    );
    for await (const page of pages) {
      jobs.push(...(page.modelImportJobSummaries ?? []).map(readJob));
    }
  } catch (error) {
    throw toAwsError(error, { action: 'bedrock:ListModelImportJobs' });
  }
  return jobs;
}

/**
 * One import job, by name or ARN.
 *
 * @throws BedrockImportError IMPORT_JOB_NOT_FOUND and those of toAwsError
 */
export async function getImportJob(
  aws: AwsClients,
  jobIdentifier: string,
  options: CallOptions = {}
): Promise<ImportJob> {
  try {
    const found = await aws.bedrock.send(new GetModelImportJobCommand({ jobIdentifier }), {
      abortSignal: options.signal
    });
    return readJob(found);
  } catch (error) {
    if (readServiceFailure(error).name === 'ResourceNotFoundException') {
      throw new BedrockImportError({
        code: 'IMPORT_JOB_NOT_FOUND',
        message: `There is no import job ${jobIdentifier} in ${aws.region}.`,
        subject: jobIdentifier,
        nextStep: 'Check the name, the account and the Region.',
        cause: error
      });
    }
    throw toAwsError(error, { action: 'bedrock:GetModelImportJob', subject: jobIdentifier });
  }
}

function readJob(found: GetModelImportJobResponse | ModelImportJobSummary): ImportJob {
  const job: ImportJob = {
    jobArn: found.jobArn ?? '',
    jobName: found.jobName ?? '',
    status: readStatus(found.status)
  };
  copyIfSet(job, 'importedModelName', found.importedModelName);
  copyIfSet(job, 'importedModelArn', found.importedModelArn);
  copyIfSet(job, 'creationTime', found.creationTime);
  copyIfSet(job, 'endTime', found.endTime);
  if ('failureMessage' in found) {
    copyIfSet(job, 'failureMessage', found.failureMessage);
  }
  if ('roleArn' in found) {
    copyIfSet(job, 'roleArn', found.roleArn);
  }
  if ('modelDataSource' in found) {
    copyIfSet(job, 's3Uri', found.modelDataSource?.s3DataSource?.s3Uri);
  }
  return job;
}

function copyIfSet<K extends keyof ImportJob>(
  job: ImportJob,
  key: K,
  value: ImportJob[K] | undefined
): void {
  if (value !== undefined) {
    job[key] = value;
  }
}

/** The user guide once calls the last state "Complete"; the service model says "Completed". */
function readStatus(status: string | undefined): ImportJobStatus {
  if (status === 'Failed') {
    return 'Failed';
  }
  return status === 'Completed' || status === 'Complete' ? 'Completed' : 'InProgress';
}
