import {
  BedrockClient,
  DeleteImportedModelCommand,
  GetImportedModelCommand,
  ListImportedModelsCommand,
  ListModelImportJobsCommand
} from '@aws-sdk/client-bedrock';

import { EXPIRED_CREDENTIALS } from '../../sigv4';
import { startTestJobs, type TestJobs } from '../testing/testJobs';

let test: TestJobs;

afterEach(() => test.close());

async function begin(options: Parameters<typeof startTestJobs>[0] = {}): Promise<void> {
  test = await startTestJobs(options);
}

describe('refusals', () => {
  it('keeps the names of jobs for ever and those of models while they exist', async () => {
    await begin();
    await test.putModel('m');
    await test.importModel('once');
    await expect(test.create('once', { importedModelName: 'other' })).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'The provided job name is currently in use.'
    });
    await expect(test.create('twice', { importedModelName: 'once-model' })).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'The provided imported model name is currently in use.'
    });
    await test.bedrock.send(new DeleteImportedModelCommand({ modelIdentifier: 'once-model' }));
    await test.create('twice', { importedModelName: 'once-model' });
    await expect(test.create('once')).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('runs one job at a time and keeps three models', async () => {
    await begin();
    await test.putModel('m');
    await test.create('one');
    await expect(test.create('two')).rejects.toMatchObject({
      name: 'ServiceQuotaExceededException',
      message: expect.stringContaining('concurrent model import jobs'),
      $metadata: { httpStatusCode: 400 }
    });
    await test.finish('one');
    await test.importModel('two');
    await test.importModel('three');
    await expect(test.create('four')).rejects.toMatchObject({
      name: 'ServiceQuotaExceededException',
      message: expect.stringContaining('number of imported models, 3,')
    });
  });

  it('lets no second job through when both are asked for at once', async () => {
    await begin();
    await test.putModel('m');
    const outcomes = await Promise.allSettled([
      test.create('a'),
      test.create('b'),
      test.create('c')
    ]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('gives the same job for the same token, and refuses another request with it', async () => {
    await begin();
    await test.putModel('m');
    const first = await test.create('tokened', { clientRequestToken: 'token-1' });
    const again = await test.create('tokened', { clientRequestToken: 'token-1' });
    expect(again.jobArn).toBe(first.jobArn);
    await expect(test.create('other', { clientRequestToken: 'token-1' })).rejects.toMatchObject({
      name: 'ConflictException'
    });
  });

  it('refuses names and places that the service model forbids', async () => {
    await begin();
    await expect(
      test.create('bad name', { importedModelName: 'has.dot', s3Uri: 's3://bucket/with space' })
    ).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(/^3 validation errors detected: Value 'bad name' at 'jobName'/)
    });
  });

  it('refuses a role that is not there, does not trust Bedrock, or cannot read the prefix', async () => {
    await begin();
    const invalid = { name: 'ValidationException', message: 'The provided role ARN is invalid.' };
    const nobody = 'arn:aws:iam::123456789012:role/Nobody';
    await expect(test.create('a', { roleArn: nobody })).rejects.toMatchObject(invalid);
    const role = test.iam.getRole(test.state.startRoleArn)!;
    const { trustPolicy, policies } = role;
    role.trustPolicy = trustPolicy.replace('bedrock.amazonaws.com', 'sagemaker.amazonaws.com');
    await expect(test.create('a')).rejects.toMatchObject(invalid);
    role.trustPolicy = trustPolicy.replace('arn:aws:bedrock:*:', 'arn:aws:bedrock:eu-central-1:');
    await expect(test.create('a')).rejects.toMatchObject(invalid);
    role.trustPolicy = trustPolicy;
    role.policies = {
      r: policies.ReadModels!.replace('"arn:aws:s3:::*"', '"arn:aws:s3:::other/*"')
    };
    await expect(test.create('a')).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('Could not validate ListBucket permissions')
    });
    role.policies = { r: policies.ReadModels!.replace('s3:GetObject', 's3:GetBucketLocation') };
    await expect(test.create('a')).rejects.toMatchObject({
      message: expect.stringContaining('Could not validate GetObject permissions')
    });
    role.policies = policies;
    await test.create('a');
  });

  it('refuses a bucket that is missing, somebody else’s, or in another Region', async () => {
    await begin();
    await expect(test.create('a', { s3Uri: 's3://no-such-bucket/m/' })).rejects.toMatchObject({
      message: 'The Amazon S3 bucket no-such-bucket does not exist.'
    });
    await expect(
      test.create('a', { s3Uri: 's3://somebody-elses-bucket/m/' })
    ).rejects.toMatchObject({
      message: expect.stringContaining('permissions')
    });
    await expect(
      test.create('a', { s3Uri: 's3://bucket-in-another-region/m' })
    ).rejects.toMatchObject({
      message: expect.stringContaining('must be in the same Region')
    });
  });

  it('refuses a fresh role for as long as asked for, the one from the start not', async () => {
    await begin({ faults: { 'role-not-ready': 30 } });
    await test.create('seeded');
    await test.finish('seeded');
    const role = test.iam.getRole(test.state.startRoleArn)!;
    role.createDate = test.state.now().toISOString();
    await expect(test.create('fresh')).rejects.toMatchObject({
      message: 'The provided role ARN is invalid.'
    });
    test.clock.advance(30_000);
    await test.create('fresh');
  });

  it('refuses wrong signatures, expired sessions and Regions without model import', async () => {
    await begin();
    const list = (changes: object) =>
      new BedrockClient({ ...test.clientOptions(), ...changes }).send(
        new ListModelImportJobsCommand({})
      );
    const { accessKeyId } = test.state;
    await expect(
      list({ credentials: { accessKeyId, secretAccessKey: 'wrong' } })
    ).rejects.toMatchObject({
      name: 'InvalidSignatureException',
      $metadata: { httpStatusCode: 403 }
    });
    await expect(
      list({ credentials: { accessKeyId: 'SANDBOXUNKNOWN000000', secretAccessKey: 'x' } })
    ).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
      message: 'The security token included in the request is invalid.'
    });
    await expect(list({ credentials: EXPIRED_CREDENTIALS })).rejects.toMatchObject({
      name: 'ExpiredTokenException'
    });
    await expect(list({ region: 'eu-west-1' })).rejects.toMatchObject({
      name: 'UnknownOperationException',
      $metadata: { httpStatusCode: 404 }
    });
  });

  it('lets the session of a role do only what its policies allow', async () => {
    await begin();
    const role = test.iam.getRole(test.state.startRoleArn)!;
    const session = await test.iam.credentials.issue({
      arn: 'arn:aws:sts::123456789012:assumed-role/BedrockImportSandboxRole/s',
      userId: 'AROA:s',
      roleName: role.name,
      seconds: 900
    });
    const client = new BedrockClient({ ...test.clientOptions(), credentials: session });
    await expect(client.send(new ListImportedModelsCommand({}))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message:
        'User: arn:aws:sts::123456789012:assumed-role/BedrockImportSandboxRole/s is not authorized to perform: bedrock:ListImportedModels on resource: * because no identity-based policy allows the bedrock:ListImportedModels action'
    });
    role.policies.Bedrock = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'bedrock:ListImported*', Resource: '*' }]
    });
    expect((await client.send(new ListImportedModelsCommand({}))).modelSummaries).toEqual([]);
  });

  it('knows nothing of jobs and models that never were', async () => {
    await begin();
    await expect(test.getJob('nothing')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      $metadata: { httpStatusCode: 404 }
    });
    const modelIdentifier = 'arn:aws:bedrock:us-east-1:123456789012:imported-model/aaaaaaaaaaaa';
    await expect(
      test.bedrock.send(new GetImportedModelCommand({ modelIdentifier }))
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(
      test.bedrock.send(new DeleteImportedModelCommand({ modelIdentifier }))
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});
