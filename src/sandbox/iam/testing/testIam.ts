import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { STSClient } from '@aws-sdk/client-sts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { listen } from '../../bedrock/testing/listen';
import {
  createManualClock,
  createSandboxState,
  type ManualClock,
  type SandboxState
} from '../../state';
import { createIam, createSts, type Iam } from '..';

/** Everybody in the account may assume the role. */
export const TRUST_ACCOUNT = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::123456789012:root' },
      Action: 'sts:AssumeRole'
    }
  ]
});
export const READ_BUCKET = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: 's3:Get*', Resource: 'arn:aws:s3:::models/*' },
    { Effect: 'Deny', Action: 's3:GetObject', Resource: 'arn:aws:s3:::models/secret/*' }
  ]
});

/** IAM and STS in this process, with a clock that the spec moves. */
export interface TestIam {
  folder: string;
  clock: ManualClock;
  state: SandboxState;
  handler: Iam;
  iam: IAMClient;
  sts: STSClient;
  clientOptions(): {
    endpoint: string;
    region: string;
    credentials: { accessKeyId: string; secretAccessKey: string };
    maxAttempts: number;
  };
  createRole(name: string, trustPolicy?: string): Promise<unknown>;
  close(): Promise<void>;
}

export async function startTestIam(): Promise<TestIam> {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-iam-'));
  const clock = createManualClock(new Date());
  const state = createSandboxState({ dataDirectory: folder, clock });
  const handler = await createIam(state);
  const stsHandler = await createSts(state);
  const server = await listen((request, connection) =>
    /\/sts\/aws4_request/.test(request.headers.get('authorization') ?? '')
      ? stsHandler(request, connection)
      : handler(request, connection)
  );
  const clientOptions = () => ({
    endpoint: server.url,
    region: 'us-east-1',
    credentials: { accessKeyId: state.accessKeyId, secretAccessKey: state.secretAccessKey },
    maxAttempts: 1
  });
  const iam = new IAMClient(clientOptions());
  const sts = new STSClient(clientOptions());
  return {
    folder,
    clock,
    state,
    handler,
    iam,
    sts,
    clientOptions,
    createRole: (RoleName, AssumeRolePolicyDocument = TRUST_ACCOUNT) =>
      iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument })),
    close: async () => {
      iam.destroy();
      sts.destroy();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    }
  };
}
