import { CreateModelImportJobCommand } from '@aws-sdk/client-bedrock';

import {
  readServiceFailure,
  systemClock,
  toAwsError,
  withoutSecrets,
  type AwsClients,
  type ServiceFailure
} from '../aws';
import { BedrockImportError, throwIfCancelled } from '../errors';
import { getImportJob, listImportJobs } from './importJobs';
import { checkImportRequest, importRequestToken } from './importRequest';
import { Patience } from './patience';
import type { ImportJob, StartImportJobOptions } from './types';

const ROLE_RETRY_MS = 300_000;
/** Waits for a quota whose reason cannot be seen. */
const MAX_BLIND_WAITS = 3;

/**
 * Starts an import, or finds the one that an equal call started before. A fresh role is refused for
 * minutes, so that refusal is retried with growing waits, each told to `onWait`; so is the quota of
 * one running import per account and Region, when `waitForQuotaMs` allows it.
 *
 * @throws BedrockImportError IMPORT_NAME_INVALID, IMPORT_ROLE_INVALID, IMPORT_SOURCE_INVALID,
 *   IMPORT_NAME_TAKEN, IMPORT_QUOTA, IMPORT_ROLE_REFUSED, IMPORT_REFUSED and those of toAwsError
 */
export async function startImportJob(
  aws: AwsClients,
  options: StartImportJobOptions
): Promise<{ jobArn: string }> {
  checkImportRequest(options);
  const { signal, onWait } = options;
  throwIfCancelled(signal, options.jobName);
  const clock = options.clock ?? systemClock;
  const shared = { clock, onWait, signal };
  const roleBudgetMs = options.roleRetryMs ?? ROLE_RETRY_MS;
  const forRole = new Patience({
    ...shared,
    budgetMs: roleBudgetMs,
    firstMs: 5_000,
    longestMs: 30_000
  });
  const forQuota = new Patience({
    ...shared,
    budgetMs: options.waitForQuotaMs ?? 0,
    firstMs: 15_000,
    longestMs: 60_000
  });
  const clientRequestToken = options.clientRequestToken ?? (await importRequestToken(options));
  let blindWaits = 0;
  for (;;) {
    try {
      return await create(aws, options, clientRequestToken);
    } catch (error) {
      const failure = readServiceFailure(error);
      if (isRoleRefusal(failure)) {
        const reason = `Bedrock does not accept the role yet (a new role takes some minutes): ${withoutSecrets(failure.message)}`;
        if (!(await forRole.waitFor(reason))) {
          throw roleRefused(options.roleArn, forRole.waitedMs, failure, error);
        }
      } else if (failure.name === 'ServiceQuotaExceededException') {
        const running = await runningJob(aws, signal);
        const reason = `The import job ${running?.jobName ?? ''} is running, and Bedrock runs one at a time.`;
        // The other job may have ended between the refusal and the look, or may not be looked at.
        const blind = running === undefined && !/imported models/i.test(failure.message);
        blindWaits += blind ? 1 : 0;
        if (
          (running === undefined && (!blind || blindWaits > MAX_BLIND_WAITS)) ||
          !(await forQuota.waitFor(
            running === undefined
              ? 'Bedrock says that a quota is reached, and no running import is to be seen.'
              : reason
          ))
        ) {
          throw quotaReached(running, options, failure, error);
        }
      } else if (isNameTaken(failure)) {
        const same = await findSameJob(aws, options);
        if (same !== undefined) {
          return { jobArn: same.jobArn };
        }
        throw nameTaken(options, failure, error);
      } else if (failure.name === 'ValidationException') {
        throw refused(options, failure, error);
      } else {
        throw toAwsError(error, {
          action: 'bedrock:CreateModelImportJob',
          subject: options.jobName
        });
      }
    }
  }
}

async function create(
  aws: AwsClients,
  options: StartImportJobOptions,
  clientRequestToken: string
): Promise<{ jobArn: string }> {
  const { jobName, importedModelName, roleArn, s3Uri, signal } = options;
  const answer = await aws.bedrock.send(
    new CreateModelImportJobCommand({
      jobName,
      importedModelName,
      roleArn,
      modelDataSource: { s3DataSource: { s3Uri } },
      clientRequestToken
    }),
    { abortSignal: signal }
  );
  return { jobArn: answer.jobArn ?? jobName };
}

/**
 * A new role and its policy reach Bedrock after some minutes; until then it says one of these.
 * iam:PassRole is refused for good, and by another error.
 */
function isRoleRefusal({ name, message }: ServiceFailure): boolean {
  return (
    (name === 'ValidationException' || name === 'AccessDeniedException') &&
    !message.includes('iam:PassRole') &&
    /provided role arn is invalid|(could not|unable to|cannot|not authorized to) assume|role .*(cannot be assumed|does not exist)|could not validate \w+ permissions/i.test(
      message.slice(0, 2048)
    )
  );
}

function isNameTaken({ name, message }: ServiceFailure): boolean {
  return (
    name === 'ConflictException' ||
    (name === 'ValidationException' &&
      /\bname\b/i.test(message) &&
      /currently in use|already (in use|exists|been used)/i.test(message))
  );
}

async function runningJob(aws: AwsClients, signal?: AbortSignal): Promise<ImportJob | undefined> {
  try {
    const jobs = await listImportJobs(aws, { status: 'InProgress', signal });
    return jobs.find(job => job.status === 'InProgress');
  } catch (error) {
    if (error instanceof BedrockImportError && error.kind === 'cancelled') {
      throw error;
    }
    // Only the name of the other job is lost; the refusal itself is what the user has to hear.
    return undefined;
  }
}

/** The earlier answer may have been lost, or its token forgotten: the same job is not a conflict. */
async function findSameJob(
  aws: AwsClients,
  options: StartImportJobOptions
): Promise<ImportJob | undefined> {
  try {
    const job = await getImportJob(aws, options.jobName, { signal: options.signal });
    const same =
      job.status !== 'Failed' &&
      job.importedModelName === options.importedModelName &&
      job.roleArn === options.roleArn &&
      job.s3Uri === options.s3Uri;
    return same ? job : undefined;
  } catch (error) {
    if (error instanceof BedrockImportError && error.kind === 'cancelled') {
      throw error;
    }
    return undefined;
  }
}

function nameTaken(
  options: StartImportJobOptions,
  failure: ServiceFailure,
  cause: unknown
): BedrockImportError {
  const ofModel = /model ?name/i.test(failure.message) && !/job ?name/i.test(failure.message);
  const name = ofModel ? options.importedModelName : options.jobName;
  return new BedrockImportError({
    code: 'IMPORT_NAME_TAKEN',
    message: ofModel
      ? `An imported model named ${name} exists already.`
      : `The name ${name} is in use: ${withoutSecrets(failure.message)}`,
    subject: name,
    nextStep: ofModel
      ? `Choose another name with --name, or delete the old model with "bedrock-import models delete ${name}".`
      : 'Choose another name: those of import jobs can never be used again, also after a failure.',
    kind: 'blocked',
    cause
  });
}

function quotaReached(
  running: ImportJob | undefined,
  options: StartImportJobOptions,
  failure: ServiceFailure,
  cause: unknown
): BedrockImportError {
  return new BedrockImportError({
    code: 'IMPORT_QUOTA',
    message:
      running === undefined
        ? `A quota of Bedrock stops the import: ${withoutSecrets(failure.message)}`
        : `The import job ${running.jobName} is running, and Bedrock runs one at a time for each account and Region.`,
    subject: running?.jobName ?? options.jobName,
    nextStep:
      running === undefined
        ? 'Delete an imported model that is no longer needed, or ask for more in Service Quotas ("Imported models per account", L-45B04988).'
        : 'Wait until it ends (the copy in S3 is kept), and run the import again.',
    cause
  });
}

function roleRefused(
  roleArn: string,
  waitedMs: number,
  failure: ServiceFailure,
  cause: unknown
): BedrockImportError {
  const minutes = Math.round(waitedMs / 60_000);
  return new BedrockImportError({
    code: 'IMPORT_ROLE_REFUSED',
    message: `Bedrock does not accept the role${minutes > 0 ? `, also after ${minutes} min` : ''}: ${withoutSecrets(failure.message)}`,
    subject: roleArn,
    nextStep:
      'Check that the role exists in this account and that its trust policy lets bedrock.amazonaws.com assume it for this Region, and that it may read the bucket ("bedrock-import iam policies" prints it).',
    cause
  });
}

function refused(
  options: StartImportJobOptions,
  failure: ServiceFailure,
  cause: unknown
): BedrockImportError {
  return new BedrockImportError({
    code: 'IMPORT_REFUSED',
    message: `Bedrock refused to start the import: ${withoutSecrets(failure.message)}`,
    subject: options.jobName,
    nextStep: 'Correct what the message names; the copy in S3 is kept.',
    cause
  });
}
