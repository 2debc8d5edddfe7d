import { BedrockClient, ListModelImportJobsCommand } from '@aws-sdk/client-bedrock';
import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { HeadBucketCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

import { startSandbox, type StartedSandbox } from '../testing';

let sandbox: StartedSandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ args: ['--region', 'us-west-2'] });
});

afterAll(() => sandbox?.stop());

function configuration(credentials?: {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}) {
  return {
    endpoint: sandbox.awsUrl,
    region: sandbox.env['AWS_REGION'],
    credentials: credentials ?? {
      accessKeyId: sandbox.env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: sandbox.env['AWS_SECRET_ACCESS_KEY'] ?? ''
    }
  };
}

describe('one endpoint for the official clients', () => {
  it('serves S3, with a bucket from the start', async () => {
    const s3 = new S3Client({ ...configuration(), forcePathStyle: true });
    const bucket = sandbox.env['BEDROCK_IMPORT_SANDBOX_BUCKET'];
    expect(bucket).toBe('bedrock-import-sandbox-us-west-2');
    await s3.send(new HeadBucketCommand({ Bucket: bucket }));
    s3.destroy();
  });

  it('serves STS and IAM, with a role from the start', async () => {
    const sts = new STSClient(configuration());
    const identity = await sts.send(new GetCallerIdentityCommand({}));
    expect(identity.Account).toBe('123456789012');
    const iam = new IAMClient(configuration());
    const roleArn = sandbox.env['BEDROCK_IMPORT_SANDBOX_ROLE_ARN'];
    const name = roleArn?.split('/').at(-1);
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: name }));
    expect(Role?.Arn).toBe(roleArn);
    sts.destroy();
    iam.destroy();
  });

  it('serves Bedrock', async () => {
    const bedrock = new BedrockClient(configuration());
    const { modelImportJobSummaries } = await bedrock.send(new ListModelImportJobsCommand({}));
    expect(modelImportJobSummaries).toEqual([]);
    bedrock.destroy();
  });

  it('refuses a wrong secret at every service', async () => {
    const wrong = configuration({
      ...configuration().credentials,
      secretAccessKey: 'not the secret'
    });
    const refusals = await Promise.allSettled([
      new S3Client({ ...wrong, forcePathStyle: true }).send(new ListBucketsCommand({})),
      new STSClient(wrong).send(new GetCallerIdentityCommand({})),
      new IAMClient(wrong).send(new GetRoleCommand({ RoleName: 'x' })),
      new BedrockClient(wrong).send(new ListModelImportJobsCommand({})),
      new STSClient(wrong).send(
        new AssumeRoleCommand({
          RoleArn: 'arn:aws:iam::123456789012:role/x',
          RoleSessionName: 'xx'
        })
      )
    ]);
    expect(
      refusals.map(refusal => refusal.status === 'rejected' && (refusal.reason as Error).name)
    ).toEqual([
      'SignatureDoesNotMatch',
      'SignatureDoesNotMatch',
      'SignatureDoesNotMatch',
      'InvalidSignatureException',
      'SignatureDoesNotMatch'
    ]);
  });
});
