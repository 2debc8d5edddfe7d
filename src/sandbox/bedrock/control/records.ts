import { randomBytes } from 'node:crypto';

import type { SandboxState, StateDocument } from '../../state';
import type { Extent } from '../ports';

export interface StoredJob {
  arn: string;
  name: string;
  region: string;
  importedModelName: string;
  importedModelArn?: string;
  roleArn: string;
  s3Uri: string;
  status: 'InProgress' | 'Completed' | 'Failed';
  failureMessage?: string;
  /** ISO 8601, as all times here. */
  creationTime: string;
  lastModifiedTime: string;
  endTime?: string;
  vpcConfig?: unknown;
  kmsKeyArn?: string;
  clientRequestToken?: string;
  /** Tells whether a repeated clientRequestToken asks for the same thing. */
  parameters: string;
}

export interface StoredModel {
  arn: string;
  name: string;
  region: string;
  jobArn: string;
  jobName: string;
  s3Uri: string;
  creationTime: string;
  architecture: string;
  instructSupported: boolean;
  runnable: boolean;
  weightsBytes: number;
  kmsKeyArn?: string;
  /** The files that were imported; the extents are in the model's snapshot folder. */
  files: Array<{ path: string; sizeBytes: number; extents: Extent[] }>;
}

export interface BedrockRecords {
  /** Jobs cannot be deleted: their names are used for ever. */
  jobs: StoredJob[];
  models: StoredModel[];
}

export type RecordsDocument = StateDocument<BedrockRecords>;

/** Kept in `bedrock.json`. */
export function openRecords(state: SandboxState): Promise<RecordsDocument> {
  return state.document<BedrockRecords>('bedrock', () => ({ jobs: [], models: [] }));
}

/** The last part of ARNs: `[a-z0-9]{12}`. */
export function resourceId(): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
  return [...randomBytes(12)].map(byte => letters[byte % 36]).join('');
}

export function bedrockArn(
  place: { region: string; account: string },
  kind: 'model-import-job' | 'imported-model',
  id: string
): string {
  return `arn:aws:bedrock:${place.region}:${place.account}:${kind}/${id}`;
}

/** `s3://bucket/some/prefix` as a bucket and the prefix that all keys of the model begin with. */
export function splitS3Uri(s3Uri: string): { bucket: string; prefix: string } {
  const [, bucket = '', path = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(s3Uri) ?? [];
  return { bucket, prefix: path === '' || path.endsWith('/') ? path : `${path}/` };
}
