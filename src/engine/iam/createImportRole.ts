import {
  CreateRoleCommand,
  GetRoleCommand,
  PutRolePolicyCommand,
  type Role
} from '@aws-sdk/client-iam';

import {
  backoffMs,
  readServiceFailure,
  systemClock,
  toAwsError,
  withoutSecrets,
  type AwsClients
} from '../aws';
import { BedrockImportError, throwIfCancelled } from '../errors';
import { importRolePolicy, importRoleTrustPolicy } from './policies';
import { checkRoleName, defaultRoleName } from './roleNames';
import { readTrustPolicy } from './trust';
import type { CreateImportRoleOptions, ImportRole } from './types';

/** Marks a role as ours; one without it is never changed. */
export const IMPORT_ROLE_TAG = 'bedrock-import';
/** The inline policy that holds the access to one bucket; a second bucket gets a second one. */
const POLICY_PREFIX = 'BedrockImport-';
const MAX_POLICY_NAME = 128;
const VISIBLE_MS = 60_000;

/**
 * Creates the role that Bedrock reads the model with, and its inline policy, and waits until IAM
 * shows it. A role of ours whose trust policy fits is used again and gets the policy for this bucket.
 *
 * @throws BedrockImportError ROLE_NAME_INVALID, ROLE_NAME_TAKEN, ROLE_NOT_VISIBLE and those of toAwsError
 */
export async function createImportRole(
  aws: AwsClients,
  options: CreateImportRoleOptions
): Promise<ImportRole> {
  const roleName = options.roleName ?? defaultRoleName(options.bucket);
  checkRoleName(roleName);
  const { signal } = options;
  throwIfCancelled(signal, roleName);
  const existing = await findRole(aws, roleName, signal);
  if (existing !== undefined) {
    checkOurs(existing, roleName, options);
    await putPolicy(aws, roleName, options);
    return { roleArn: existing.Arn ?? '', roleName, created: false };
  }
  const created = await createRole(aws, roleName, options);
  if (created === undefined) {
    // Somebody created it between the look and the call.
    return createImportRole(aws, options);
  }
  await putPolicy(aws, roleName, options);
  await waitUntilVisible(aws, roleName, options);
  return { roleArn: created.Arn ?? '', roleName, created: true };
}

async function findRole(
  aws: AwsClients,
  roleName: string,
  signal: AbortSignal | undefined
): Promise<Role | undefined> {
  try {
    const found = await aws.iam.send(new GetRoleCommand({ RoleName: roleName }), {
      abortSignal: signal
    });
    return found.Role;
  } catch (error) {
    if (isNoSuchEntity(error)) {
      return undefined;
    }
    const typed = toAwsError(error, { action: 'iam:GetRole', subject: roleName });
    if (typed.code === 'ACCESS_DENIED') {
      // Creating may be allowed where looking is not; CreateRole refuses a name that is taken.
      return undefined;
    }
    throw typed;
  }
}

function isNoSuchEntity(error: unknown): boolean {
  const { name } = readServiceFailure(error);
  return name === 'NoSuchEntityException' || name === 'NoSuchEntity';
}

function checkOurs(role: Role, roleName: string, options: CreateImportRoleOptions): void {
  const tagged = role.Tags?.some(tag => tag.Key === IMPORT_ROLE_TAG) ?? false;
  const trust = readTrustPolicy(role.AssumeRolePolicyDocument, options);
  if (tagged && trust.fits) {
    return;
  }
  throw roleNameTaken(
    roleName,
    tagged
      ? `its trust policy does not fit: ${trust.problem ?? 'unknown reason'}`
      : `it was not created by this product (no tag ${IMPORT_ROLE_TAG})`
  );
}

function roleNameTaken(roleName: string, why: string, cause?: unknown): BedrockImportError {
  return new BedrockImportError({
    code: 'ROLE_NAME_TAKEN',
    message: `There is a role named ${roleName} already, and ${why}; it was not changed.`,
    subject: roleName,
    nextStep:
      'Choose that role (in a terminal: --role) if it is meant for imports, or let another name be created.',
    kind: 'blocked',
    cause
  });
}

async function createRole(
  aws: AwsClients,
  roleName: string,
  options: CreateImportRoleOptions
): Promise<Role | undefined> {
  try {
    const created = await aws.iam.send(
      new CreateRoleCommand({
        RoleName: roleName,
        AssumeRolePolicyDocument: JSON.stringify(importRoleTrustPolicy(options)),
        Description: 'Lets Amazon Bedrock read models from S3 to import them.',
        Tags: [
          { Key: IMPORT_ROLE_TAG, Value: 'import-role' },
          { Key: 'bedrock-import:bucket', Value: options.bucket },
          { Key: 'bedrock-import:region', Value: options.region }
        ]
      }),
      { abortSignal: options.signal }
    );
    return (
      created.Role ?? {
        Arn: `arn:${options.partition ?? 'aws'}:iam::${options.account}:role/${roleName}`,
        RoleName: roleName,
        Path: '/',
        RoleId: undefined,
        CreateDate: undefined
      }
    );
  } catch (error) {
    const failure = readServiceFailure(error);
    if (failure.name === 'EntityAlreadyExistsException' || failure.name === 'EntityAlreadyExists') {
      return handleCreatedMeanwhile(aws, roleName, options, error);
    }
    if (failure.name === 'LimitExceededException' || failure.name === 'LimitExceeded') {
      throw new BedrockImportError({
        code: 'ROLE_QUOTA',
        message: `IAM creates no further role: ${withoutSecrets(failure.message)}`,
        subject: roleName,
        nextStep:
          'Choose an existing role (in a terminal: --role), or delete one that nobody needs.',
        cause: error
      });
    }
    throw toAwsError(error, { action: 'iam:CreateRole', subject: roleName });
  }
}

/** Undefined when the role can now be seen and judged; an error when it exists but cannot be seen. */
async function handleCreatedMeanwhile(
  aws: AwsClients,
  roleName: string,
  options: CreateImportRoleOptions,
  cause: unknown
): Promise<undefined> {
  if ((await findRole(aws, roleName, options.signal)) === undefined) {
    throw roleNameTaken(roleName, 'it could not be looked at (iam:GetRole)', cause);
  }
  return undefined;
}

async function putPolicy(
  aws: AwsClients,
  roleName: string,
  options: CreateImportRoleOptions
): Promise<void> {
  try {
    await aws.iam.send(
      new PutRolePolicyCommand({
        RoleName: roleName,
        PolicyName: `${POLICY_PREFIX}${options.bucket}`.slice(0, MAX_POLICY_NAME),
        PolicyDocument: JSON.stringify(importRolePolicy(options))
      }),
      { abortSignal: options.signal }
    );
  } catch (error) {
    throw toAwsError(error, { action: 'iam:PutRolePolicy', subject: roleName });
  }
}

/** IAM is eventually consistent: what was created is not at once seen by every other call. */
async function waitUntilVisible(
  aws: AwsClients,
  roleName: string,
  options: CreateImportRoleOptions
): Promise<void> {
  const clock = options.clock ?? systemClock;
  const { signal } = options;
  const endsAt = clock.now() + (options.visibleMs ?? VISIBLE_MS);
  for (let attempt = 0; ; attempt += 1) {
    try {
      await aws.iam.send(new GetRoleCommand({ RoleName: roleName }), { abortSignal: signal });
      return;
    } catch (error) {
      if (!isNoSuchEntity(error)) {
        const typed = toAwsError(error, { action: 'iam:GetRole', subject: roleName });
        if (typed.code === 'ACCESS_DENIED') {
          return;
        }
        throw typed;
      }
      if (clock.now() >= endsAt) {
        throw new BedrockImportError({
          code: 'ROLE_NOT_VISIBLE',
          message: `The role ${roleName} was created, but IAM does not show it yet.`,
          subject: roleName,
          nextStep: 'Run the same command again in a minute; it uses the role that it created.',
          cause: error
        });
      }
    }
    await clock.sleep(backoffMs(clock, attempt, { firstMs: 1_000, longestMs: 8_000 }), signal);
  }
}
