import type { Iam } from '../../iam';
import type { SandboxState } from '../../state';
import type { ModelStore } from '../ports';
import { validation } from '../refusals';
import { splitS3Uri } from './records';

// Reported words of the real service. It gives them for a role that does not exist, for one that it
// may not assume, and for minutes after a role was created.
const ROLE_INVALID = 'The provided role ARN is invalid.';

export interface RoleCheckInput {
  roleArn: string;
  s3Uri: string;
  jobArn: string;
  region: string;
}

/**
 * What CreateModelImportJob refuses about the role and the bucket.
 *
 * @throws RefusedError ValidationException. Only the words about the role's ARN are known from the
 * real service; those about permissions follow CreateModelCustomizationJob, and those about the
 * bucket could not be checked.
 */
export function checkRoleAndBucket(
  context: { state: SandboxState; iam: Iam; store: ModelStore },
  input: RoleCheckInput
): void {
  const { state, iam, store } = context;
  const role = iam.getRole(input.roleArn);
  if (role === undefined || isTooFresh(state, role.createDate)) {
    throw validation(ROLE_INVALID);
  }
  const source = { 'aws:SourceAccount': state.account, 'aws:SourceArn': input.jobArn };
  if (!iam.mayAssume(role, { service: 'bedrock.amazonaws.com' }, source)) {
    throw validation(ROLE_INVALID);
  }
  const { bucket, prefix } = splitS3Uri(input.s3Uri);
  const found = store.bucket(bucket);
  if (found === undefined) {
    throw validation(`The Amazon S3 bucket ${bucket} does not exist.`);
  }
  const common = {
    'aws:ResourceAccount': found.owner,
    'aws:PrincipalAccount': state.account,
    'aws:PrincipalArn': role.arn,
    'aws:SecureTransport': 'true',
    'aws:RequestedRegion': input.region
  };
  // A bucket of another account would need a bucket policy as well, which the sandbox does not have.
  const permitted = (action: string, resource: string, more: Record<string, string> = {}) =>
    found.owner === state.account &&
    iam.evaluateRole(role, { action, resource, context: { ...common, ...more } }) === 'allowed';
  const bucketArn = `arn:aws:s3:::${bucket}`;
  if (!permitted('s3:ListBucket', bucketArn, { 's3:prefix': prefix })) {
    throw validation(
      `Could not validate ListBucket permissions to access Amazon S3 bucket: ${bucket} with role ${role.arn}`
    );
  }
  if (!permitted('s3:GetObject', `${bucketArn}/${prefix}config.json`)) {
    throw validation(
      `Could not validate GetObject permissions to access Amazon S3 bucket: ${bucket} at key ${prefix} with role ${role.arn}`
    );
  }
  if (found.region !== input.region) {
    throw validation(
      `The Amazon S3 bucket ${bucket} must be in the same Region as the import job, ${input.region}.`
    );
  }
}

function isTooFresh(state: SandboxState, createDate: string): boolean {
  const seconds = state.faults.value('role-not-ready');
  const age = state.now().getTime() - new Date(createDate).getTime();
  return typeof seconds === 'number' && age < seconds * 1000;
}
