import {
  DeleteImportedModelCommand,
  GetImportedModelCommand,
  paginateListImportedModels,
  type GetImportedModelResponse
} from '@aws-sdk/client-bedrock';

import { readServiceFailure, toAwsError, withoutSecrets, type AwsClients } from '../aws';
import { BedrockImportError } from '../errors';
import type { CallOptions, ImportedModel, ListImportedModelsOptions } from './types';

const PAGE_SIZE = 100;

/**
 * Imported models of the account and Region, newest first; without the facts that only
 * getImportedModel tells (job, source, custom model units).
 *
 * @throws BedrockImportError those of toAwsError
 */
export async function listImportedModels(
  aws: AwsClients,
  options: ListImportedModelsOptions = {}
): Promise<ImportedModel[]> {
  const models: ImportedModel[] = [];
  try {
    const pages = paginateListImportedModels(
      { client: aws.bedrock, pageSize: PAGE_SIZE, stopOnSameToken: true },
      {
        sortBy: 'CreationTime',
        sortOrder: 'Descending',
        ...(options.nameContains === undefined ? {} : { nameContains: options.nameContains })
      },
      { abortSignal: options.signal }
    );
    for await (const page of pages) {
      models.push(...(page.modelSummaries ?? []).map(readModel));
    }
  } catch (error) {
    throw toAwsError(error, { action: 'bedrock:ListImportedModels' });
  }
  return models;
}

/**
 * One imported model, by name or ARN.
 *
 * @throws BedrockImportError MODEL_NOT_FOUND, MODEL_OTHER_REGION and those of toAwsError
 */
export async function getImportedModel(
  aws: AwsClients,
  identifier: string,
  options: CallOptions = {}
): Promise<ImportedModel> {
  checkRegionOf(aws, identifier);
  try {
    const found = await aws.bedrock.send(
      new GetImportedModelCommand({ modelIdentifier: identifier }),
      { abortSignal: options.signal }
    );
    return readModel(found);
  } catch (error) {
    throw readModelError(aws, identifier, 'bedrock:GetImportedModel', error);
  }
}

/**
 * Deletes the model from Bedrock; what was copied to S3 stays.
 *
 * @throws BedrockImportError MODEL_NOT_FOUND, MODEL_OTHER_REGION, MODEL_IN_USE and those of toAwsError
 */
export async function deleteImportedModel(
  aws: AwsClients,
  identifier: string,
  options: CallOptions = {}
): Promise<void> {
  checkRegionOf(aws, identifier);
  try {
    await aws.bedrock.send(new DeleteImportedModelCommand({ modelIdentifier: identifier }), {
      abortSignal: options.signal
    });
  } catch (error) {
    const failure = readServiceFailure(error);
    if (failure.name === 'ConflictException') {
      throw new BedrockImportError({
        code: 'MODEL_IN_USE',
        message: `Bedrock does not delete ${identifier} now: ${withoutSecrets(failure.message)}`,
        subject: identifier,
        nextStep: 'Wait until no job and no request uses the model, and repeat.',
        cause: error
      });
    }
    throw readModelError(aws, identifier, 'bedrock:DeleteImportedModel', error);
  }
}

/** The error of a call that names a model; also used for the runtime's refusals. */
export function modelNotFound(
  aws: AwsClients,
  identifier: string,
  cause?: unknown
): BedrockImportError {
  return new BedrockImportError({
    code: 'MODEL_NOT_FOUND',
    message: `There is no imported model ${identifier.slice(0, 200)} in ${aws.region}.`,
    subject: identifier.slice(0, 200),
    nextStep:
      'List the models with "bedrock-import models list"; check the account and the Region, too.',
    cause
  });
}

/** @throws BedrockImportError MODEL_OTHER_REGION */
export function checkRegionOf(aws: AwsClients, identifier: string): void {
  const [arn, , service, region] = identifier.split(':');
  if (arn === 'arn' && service === 'bedrock' && region !== undefined && region !== aws.region) {
    throw new BedrockImportError({
      code: 'MODEL_OTHER_REGION',
      message: `The model is in ${region}, but the Region in use is ${aws.region}.`,
      subject: identifier,
      nextStep: `Set AWS_REGION=${region} and repeat.`,
      kind: 'blocked'
    });
  }
}

function readModelError(
  aws: AwsClients,
  identifier: string,
  action: string,
  error: unknown
): BedrockImportError {
  const { name } = readServiceFailure(error);
  // An identifier that is neither a name nor an ARN fails validation: it names no model either.
  return name === 'ResourceNotFoundException' || name === 'ValidationException'
    ? modelNotFound(aws, identifier, error)
    : toAwsError(error, { action, subject: identifier });
}

function readModel(found: GetImportedModelResponse): ImportedModel {
  const units = found.customModelUnits;
  return {
    modelArn: found.modelArn ?? '',
    modelName: found.modelName ?? '',
    ...(found.creationTime === undefined ? {} : { creationTime: found.creationTime }),
    ...(found.modelArchitecture === undefined
      ? {}
      : { modelArchitecture: found.modelArchitecture }),
    ...(found.instructSupported === undefined
      ? {}
      : { instructSupported: found.instructSupported }),
    ...(found.jobArn === undefined ? {} : { jobArn: found.jobArn }),
    ...(found.jobName === undefined ? {} : { jobName: found.jobName }),
    ...(found.modelDataSource?.s3DataSource?.s3Uri === undefined
      ? {}
      : { s3Uri: found.modelDataSource.s3DataSource.s3Uri }),
    ...(units === undefined
      ? {}
      : {
          customModelUnits: {
            ...(units.customModelUnitsPerModelCopy === undefined
              ? {}
              : { perModelCopy: units.customModelUnitsPerModelCopy }),
            ...(units.customModelUnitsVersion === undefined
              ? {}
              : { version: units.customModelUnitsVersion })
          }
        })
  };
}
