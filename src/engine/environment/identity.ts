import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';

import { type AwsClients, toAwsError } from '../aws';
import { BedrockImportError, cancelledError, throwIfCancelled } from '../errors';
import type { CallerIdentity } from './types';

const ACTION = 'sts:GetCallerIdentity';

/**
 * Asks STS whose credentials are in use; nobody needs a permission for that.
 *
 * @throws BedrockImportError what `toAwsError` makes of the failure, such as `CREDENTIALS_MISSING`
 */
export async function getCallerIdentity(
  aws: AwsClients,
  options: { signal?: AbortSignal } = {}
): Promise<CallerIdentity> {
  throwIfCancelled(options.signal);
  let answer: { Account?: string; Arn?: string };
  try {
    answer = await aws.sts.send(new GetCallerIdentityCommand({}), { abortSignal: options.signal });
  } catch (error) {
    throw options.signal?.aborted ? cancelledError() : toAwsError(error, { action: ACTION });
  }
  return identityOf(answer.Account, answer.Arn);
}

/** @throws BedrockImportError `AWS_ERROR` when the answer names no account or no valid ARN */
export function identityOf(account: string | undefined, arn: string | undefined): CallerIdentity {
  const parts = /^arn:([a-z0-9-]+):(?:sts|iam)::(\d{12}):(.+)$/.exec(arn ?? '');
  const partition = parts?.[1];
  if (!arn || !account || partition === undefined || account !== parts?.[2]) {
    throw new BedrockImportError({
      code: 'AWS_ERROR',
      message: 'STS answered without a valid account and ARN.',
      subject: ACTION,
      nextStep: 'Check AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_STS, or unset them.'
    });
  }
  const roleName = /^assumed-role\/([^/]+)\//.exec(parts?.[3] ?? '')?.[1];
  return roleName === undefined
    ? { account, arn, partition }
    : {
        account,
        arn,
        partition,
        roleName,
        roleArn: `arn:${partition}:iam::${account}:role/${roleName}`
      };
}
