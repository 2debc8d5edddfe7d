import { GetRoleCommand, paginateListRoles, type Role } from '@aws-sdk/client-iam';

import { readServiceFailure, toAwsError, type AwsClients } from '../aws';
import type { ImportRole } from './types';
import { readTrustPolicy } from './trust';

/**
 * Roles that Bedrock may assume for imports of this account and Region, judged by their trust
 * policies. A role whose policy may not be read is left out.
 *
 * @throws BedrockImportError ACCESS_DENIED (iam:ListRoles) and others of toAwsError
 */
export async function listImportRoles(
  aws: AwsClients,
  options: { account: string; partition?: string; signal?: AbortSignal }
): Promise<ImportRole[]> {
  const roles: ImportRole[] = [];
  const expected = { ...options, region: aws.region };
  try {
    const pages = paginateListRoles(
      { client: aws.iam, pageSize: 200, stopOnSameToken: true },
      {},
      { abortSignal: options.signal }
    );
    for await (const page of pages) {
      for (const role of page.Roles ?? []) {
        if (
          role.Arn !== undefined &&
          role.RoleName !== undefined &&
          readTrustPolicy(await trustPolicyOf(aws, role, options.signal), expected).fits
        ) {
          roles.push({ roleArn: role.Arn, roleName: role.RoleName, created: false });
        }
      }
    }
  } catch (error) {
    throw toAwsError(error, { action: 'iam:ListRoles' });
  }
  return roles;
}

/** ListRoles returns the trust policy with each role; where it does not, the role is asked for. */
async function trustPolicyOf(
  aws: AwsClients,
  role: Role,
  signal: AbortSignal | undefined
): Promise<string | undefined> {
  if (role.AssumeRolePolicyDocument !== undefined) {
    return role.AssumeRolePolicyDocument;
  }
  try {
    const found = await aws.iam.send(new GetRoleCommand({ RoleName: role.RoleName }), {
      abortSignal: signal
    });
    return found.Role?.AssumeRolePolicyDocument;
  } catch (error) {
    const { name, status } = readServiceFailure(error);
    // Deleted meanwhile, or not ours to look at: no reason to lose the whole list.
    if (status === 403 || name.startsWith('NoSuchEntity')) {
      return undefined;
    }
    throw error;
  }
}
