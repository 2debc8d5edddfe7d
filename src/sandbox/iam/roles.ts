import { randomBytes } from 'node:crypto';

import { SANDBOX_ROLE_NAME, type SandboxState, type StateDocument } from '../state';
import type { NamedPolicy } from './evaluate';
import { parsePolicyDocument } from './policyDocument';

export interface StoredRole {
  name: string;
  /** Begins and ends with a slash. */
  path: string;
  id: string;
  arn: string;
  /** ISO 8601. */
  createDate: string;
  /** The trust policy, as it was sent. */
  trustPolicy: string;
  description?: string;
  maxSessionSeconds: number;
  tags: Array<{ Key: string; Value: string }>;
  /** Inline policies by name, as they were sent. */
  policies: Record<string, string>;
}

interface StoredRoles {
  roles: Record<string, StoredRole>;
}

/** Unique ids of IAM have this form: four letters for the kind, 17 for the thing. */
export function uniqueId(prefix: 'AROA' | 'AIDA'): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return prefix + [...randomBytes(17)].map(byte => letters[byte % 32]).join('');
}

/** The roles of the account, kept in `iam.json`; on first use it holds the role of the sandbox. */
export function openRoles(state: SandboxState): Promise<StateDocument<StoredRoles>> {
  return state.document<StoredRoles>('iam', () => ({
    roles: { [SANDBOX_ROLE_NAME.toLowerCase()]: startRole(state) }
  }));
}

export function trustPolicyOf(role: StoredRole): NamedPolicy {
  return { id: 'trust', document: parsePolicyDocument(role.trustPolicy, 'trust') };
}

export function policiesOf(role: StoredRole): NamedPolicy[] {
  return Object.entries(role.policies).map(([name, text]) => ({
    id: `role_${role.name}_${name}`,
    document: parsePolicyDocument(text, 'permissions')
  }));
}

/**
 * The role of the sandbox, with the policies that the Amazon Bedrock User Guide asks for in "Create
 * a service role for model import". It may read every bucket, since a sandbox user makes new ones.
 */
function startRole(state: SandboxState): StoredRole {
  return {
    name: SANDBOX_ROLE_NAME,
    path: '/',
    id: uniqueId('AROA'),
    arn: state.startRoleArn,
    // A day old, so that the fault `role-not-ready` is about roles that a user creates.
    createDate: new Date(state.now().getTime() - 86_400_000).toISOString(),
    trustPolicy: JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'bedrock.amazonaws.com' },
          Action: 'sts:AssumeRole',
          Condition: {
            StringEquals: { 'aws:SourceAccount': state.account },
            ArnEquals: {
              'aws:SourceArn': `arn:aws:bedrock:*:${state.account}:model-import-job/*`
            }
          }
        }
      ]
    }),
    maxSessionSeconds: 3600,
    tags: [],
    policies: {
      ReadModels: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: ['s3:GetObject', 's3:ListBucket'],
            Resource: ['arn:aws:s3:::*'],
            Condition: { StringEquals: { 'aws:ResourceAccount': state.account } }
          }
        ]
      })
    }
  };
}
