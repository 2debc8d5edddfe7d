import { BedrockImportError } from '../errors';
import { validateImportedModelName, validateJobName } from './names';
import type { StartImportJobOptions } from './types';

type ImportRequest = Pick<
  StartImportJobOptions,
  'jobName' | 'importedModelName' | 'roleArn' | 's3Uri'
>;

/**
 * The token that makes a repeated CreateModelImportJob the same job: a SHA-256 in hexadecimal over
 * everything that tells one import from another.
 */
export async function importRequestToken(request: ImportRequest): Promise<string> {
  const text = JSON.stringify([
    request.jobName,
    request.importedModelName,
    request.roleArn,
    request.s3Uri
  ]);
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), byte => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * What can be refused without asking Bedrock, in clearer words than its own.
 *
 * @throws BedrockImportError IMPORT_NAME_INVALID, IMPORT_ROLE_INVALID, IMPORT_SOURCE_INVALID
 */
export function checkImportRequest(request: ImportRequest): void {
  validateJobName(request.jobName);
  validateImportedModelName(request.importedModelName);
  checkRoleArn(request.roleArn);
  checkModelUri(request.s3Uri);
}

function checkRoleArn(roleArn: string): void {
  if (roleArn.length > 2048 || !/^arn:aws(-[^:\s]+)?:iam::[0-9]{12}:role\/\S+$/.test(roleArn)) {
    throw new BedrockImportError({
      code: 'IMPORT_ROLE_INVALID',
      message: `${JSON.stringify(roleArn.slice(0, 200))} is not the ARN of an IAM role.`,
      subject: roleArn.slice(0, 200),
      nextStep:
        'Give the ARN that the IAM console shows, such as arn:aws:iam::123456789012:role/BedrockImport-models.',
      kind: 'blocked'
    });
  }
}

const URI_PUNCTUATION = "-!_*'().";

/** `s3://bucket/prefix/` as CreateModelImportJob takes it: fewer characters than S3 keys may have. */
function checkModelUri(s3Uri: string): void {
  const fail = (fault: string): BedrockImportError =>
    new BedrockImportError({
      code: 'IMPORT_SOURCE_INVALID',
      message: `Bedrock cannot import from ${JSON.stringify(s3Uri.slice(0, 200))}: ${fault}.`,
      subject: s3Uri.slice(0, 200),
      nextStep: `Use a prefix of letters, digits, slashes and ${URI_PUNCTUATION} only, for example s3://bucket/models/name/`,
      kind: 'blocked'
    });
  if (!s3Uri.startsWith('s3://')) {
    throw fail('it does not begin with s3://');
  }
  if (s3Uri.length > 1024) {
    throw fail('it is longer than 1024 characters');
  }
  const [bucket = '', ...segments] = s3Uri.slice('s3://'.length).split('/');
  if (!/^[a-z0-9][-.a-z0-9]{1,61}[a-z0-9]$/.test(bucket)) {
    throw fail('its bucket name is not valid');
  }
  segments.forEach((segment, index) => {
    if (segment === '' && index < segments.length - 1) {
      throw fail('it holds an empty path segment');
    }
    for (const character of segment) {
      if (!/[a-zA-Z0-9]/.test(character) && !URI_PUNCTUATION.includes(character)) {
        throw fail(`it holds ${JSON.stringify(character)}, which Bedrock does not accept there`);
      }
    }
  });
}
