import { BedrockImportError } from '../errors';
import { IMPORT_ROLE_PREFIX } from './policies';

const MAX_ROLE_NAME = 64;

/** `BedrockImport-<bucket>`, cut to IAM's 64 characters. */
export function defaultRoleName(bucket: string): string {
  return `${IMPORT_ROLE_PREFIX}${bucket}`.slice(0, MAX_ROLE_NAME).replace(/[-.]+$/, '');
}

/** @throws BedrockImportError ROLE_NAME_INVALID */
export function checkRoleName(roleName: string): void {
  if (!/^[\w+=,.@-]{1,64}$/.test(roleName)) {
    throw new BedrockImportError({
      code: 'ROLE_NAME_INVALID',
      message: `IAM does not accept the role name ${JSON.stringify(roleName.slice(0, 100))}.`,
      subject: roleName.slice(0, 100),
      nextStep: 'Use 1 to 64 letters, digits and the characters + = , . @ _ -',
      kind: 'blocked'
    });
  }
}

/** The last segment of a role's ARN; undefined when it is not the ARN of a role. */
export function roleNameOf(roleArn: string): string | undefined {
  const match = /^arn:aws(?:-[^:\s]+)?:iam::[0-9]{12}:role\/(\S+)$/.exec(roleArn.slice(0, 2048));
  return match?.[1]?.split('/').at(-1);
}

/** The account of a role's ARN. */
export function accountOf(roleArn: string): string | undefined {
  return roleArn.split(':')[4];
}
