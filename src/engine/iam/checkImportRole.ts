import { GetRoleCommand, type Role } from '@aws-sdk/client-iam';

import { readServiceFailure, toAwsError, type AwsClients } from '../aws';
import type { Check } from '../checks';
import { accountOf, roleNameOf } from './roleNames';
import { readTrustPolicy } from './trust';
import type { PolicyInputs } from './types';

const SOURCE =
  'Amazon Bedrock User Guide, "Create a service role for importing pre-trained models" (2026-11)';
const POLICIES = 'Run "bedrock-import iam policies" to see the policies it needs.';

/**
 * A quick look at a role the user named: an ARN of this account, it exists, Bedrock may assume it.
 * What cannot be looked at is a warning; Bedrock itself judges when the import starts.
 *
 * @throws BedrockImportError CANCELLED and what makes every call fail (credentials, network)
 */
export async function checkImportRole(
  aws: AwsClients,
  options: PolicyInputs & { roleArn: string; signal?: AbortSignal }
): Promise<Check[]> {
  const { roleArn, account, signal } = options;
  const roleName = roleNameOf(roleArn);
  if (roleName === undefined) {
    return [
      {
        id: 'import-role-arn',
        verdict: 'blocker',
        found: `${JSON.stringify(roleArn.slice(0, 200))} is not the ARN of an IAM role.`,
        why: 'Bedrock reads the model with a role, named by its ARN.',
        source: SOURCE,
        nextStep: `Give an ARN such as arn:aws:iam::${account}:role/BedrockImport-models.`
      }
    ];
  }
  if (accountOf(roleArn) !== account) {
    return [
      {
        id: 'import-role-account',
        verdict: 'blocker',
        found: `The role belongs to the account ${accountOf(roleArn)}, the credentials to ${account}.`,
        why: 'A role can be passed to a service only within its own account.',
        source: 'IAM User Guide, "Grant a user permissions to pass a role to an AWS service"',
        nextStep: `Use a role of the account ${account}.`
      }
    ];
  }
  const found = await lookAt(aws, roleName, signal);
  if ('check' in found) {
    return [found.check];
  }
  const exists: Check = {
    id: 'import-role-exists',
    verdict: 'ok',
    found: `The role ${roleName} exists.`,
    why: 'Bedrock reads the model with it.'
  };
  if (found.role.Arn !== undefined && found.role.Arn !== roleArn) {
    return [
      {
        ...exists,
        verdict: 'blocker',
        found: `The ARN of the role ${roleName} is ${found.role.Arn}.`,
        nextStep: 'Give the whole ARN, with the path between "role/" and the name.'
      }
    ];
  }
  return [exists, trustCheck(found.role, roleName, options)];
}

async function lookAt(
  aws: AwsClients,
  roleName: string,
  signal: AbortSignal | undefined
): Promise<{ role: Role } | { check: Check }> {
  try {
    const { Role: role } = await aws.iam.send(new GetRoleCommand({ RoleName: roleName }), {
      abortSignal: signal
    });
    if (role !== undefined) {
      return { role };
    }
    return { check: unreadable(roleName, 'IAM answered without the role') };
  } catch (error) {
    const { name } = readServiceFailure(error);
    if (name === 'NoSuchEntityException' || name === 'NoSuchEntity') {
      return {
        check: {
          id: 'import-role-exists',
          verdict: 'blocker',
          found: `There is no role named ${roleName} in this account.`,
          why: 'Bedrock reads the model with this role.',
          source: SOURCE,
          nextStep: `Correct the ARN, or let a role be created (in a terminal: --create-role). ${POLICIES}`
        }
      };
    }
    const typed = toAwsError(error, { action: 'iam:GetRole', subject: roleName });
    if (typed.code === 'ACCESS_DENIED') {
      return { check: unreadable(roleName, 'iam:GetRole is not allowed here') };
    }
    throw typed;
  }
}

function unreadable(roleName: string, reason: string): Check {
  return {
    id: 'import-role-exists',
    verdict: 'warning',
    found: `The role ${roleName} could not be looked at: ${reason}.`,
    why: 'Whether Bedrock may assume it shows only when the import starts.',
    source: SOURCE,
    nextStep: `Make sure that it exists and trusts bedrock.amazonaws.com. ${POLICIES}`
  };
}

function trustCheck(role: Role, roleName: string, options: PolicyInputs): Check {
  const trust = readTrustPolicy(role.AssumeRolePolicyDocument, options);
  const base = {
    id: 'import-role-trust',
    why: 'Bedrock must be allowed to assume the role, for import jobs of this account and Region.',
    source: SOURCE
  };
  if (trust.fits) {
    return { ...base, verdict: 'ok', found: `Bedrock may assume the role ${roleName}.` };
  }
  return {
    ...base,
    // Conditions can be written in more ways than are read here; who is not named is not trusted.
    verdict: trust.readable && !trust.namesBedrock ? 'blocker' : 'warning',
    found: `The trust policy of ${roleName} does not fit: ${trust.problem ?? 'unknown reason'}.`,
    nextStep: `Correct the trust policy of the role. ${POLICIES}`
  };
}
