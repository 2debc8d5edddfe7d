import {
  BedrockClient,
  CreateModelImportJobCommand,
  DeleteImportedModelCommand,
  GetImportedModelCommand,
  GetModelImportJobCommand,
  ListImportedModelsCommand,
  ListModelImportJobsCommand,
  type CreateModelImportJobCommandInput,
  type GetModelImportJobCommandOutput
} from '@aws-sdk/client-bedrock';

import { EXPIRED_CREDENTIALS } from '../../sigv4';
import { LLAMA, startTestBedrock, type TestBedrock } from '../testing/testBedrock';

let test: TestBedrock;

afterEach(() => test.close());

async function begin(options: Parameters<typeof startTestBedrock>[0] = {}): Promise<void> {
  test = await startTestBedrock(options);
}

function create(
  jobName: string,
  changes: Partial<CreateModelImportJobCommandInput> & { s3Uri?: string } = {}
) {
  const { s3Uri = `s3://${test.state.startBucket}/m/`, ...input } = changes;
  return test.bedrock.send(
    new CreateModelImportJobCommand({
      jobName,
      importedModelName: `${jobName}-model`,
      roleArn: test.state.startRoleArn,
      modelDataSource: { s3DataSource: { s3Uri } },
      ...input
    })
  );
}

const getJob = (jobIdentifier: string) =>
  test.bedrock.send(new GetModelImportJobCommand({ jobIdentifier }));

/** Moves the clock until the job has ended. */
async function finish(jobIdentifier: string): Promise<GetModelImportJobCommandOutput> {
  test.clock.advance(3000);
  for (;;) {
    const job = await getJob(jobIdentifier);
    if (job.status !== 'InProgress') {
      return job;
    }
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}

async function importModel(jobName: string): Promise<GetModelImportJobCommandOutput> {
  await create(jobName);
  return finish(jobName);
}

describe('an import job', () => {
  it('reads the files, ends Completed and leaves a model', async () => {
    await begin();
    await test.putModel('m');
    const { jobArn, $metadata } = await create('first');
    expect($metadata.httpStatusCode).toBe(201);
    expect(jobArn).toMatch(
      /^arn:aws:bedrock:us-east-1:123456789012:model-import-job\/[a-z0-9]{12}$/
    );
    const running = await getJob('first');
    expect(running).toMatchObject({
      jobArn,
      status: 'InProgress',
      importedModelName: 'first-model',
      roleArn: test.state.startRoleArn
    });
    expect(running.endTime).toBeUndefined();
    test.clock.advance(2999);
    expect((await getJob(jobArn ?? '')).status).toBe('InProgress');
    test.clock.advance(1);
    const done = await finish(jobArn ?? '');
    expect(done).toMatchObject({ status: 'Completed' });
    expect(done.importedModelArn).toMatch(/:imported-model\/[a-z0-9]{12}$/);
    expect(done.endTime).toBeInstanceOf(Date);
    const model = await test.bedrock.send(
      new GetImportedModelCommand({ modelIdentifier: done.importedModelArn })
    );
    expect(model).toMatchObject({
      modelArn: done.importedModelArn,
      modelName: 'first-model',
      jobName: 'first',
      jobArn,
      modelArchitecture: 'LlamaForCausalLM',
      instructSupported: true,
      customModelUnits: { customModelUnitsPerModelCopy: 1, customModelUnitsVersion: 'v1.0' },
      modelDataSource: { s3DataSource: { s3Uri: `s3://${test.state.startBucket}/m/` } }
    });
  });

  it('ends Failed with what is wrong with the files', async () => {
    await begin();
    await test.putModel('m', { 'answer.txt': 'x' });
    const job = await importModel('broken');
    expect(job).toMatchObject({
      status: 'Failed',
      failureMessage: 'The model artifacts do not contain a config.json file.'
    });
    expect(job.importedModelArn).toBeUndefined();
    expect(job.endTime).toBeInstanceOf(Date);
    const { modelSummaries } = await test.bedrock.send(new ListImportedModelsCommand({}));
    expect(modelSummaries).toEqual([]);
  });

  it('fails on demand, with the message asked for', async () => {
    await begin({ faults: { 'import-failure': 'The weights are cursed' } });
    await test.putModel('m');
    expect(await importModel('doomed')).toMatchObject({
      status: 'Failed',
      failureMessage: 'The weights are cursed'
    });
  });

  it('takes as long as asked for and is taken up again after a restart', async () => {
    await begin({ faults: { 'import-seconds': 60 } });
    await test.putModel('m');
    await create('long');
    test.clock.advance(59_000);
    expect((await getJob('long')).status).toBe('InProgress');
    await test.restart();
    expect((await getJob('long')).status).toBe('InProgress');
    test.clock.advance(60_000);
    expect((await finish('long')).status).toBe('Completed');
    await test.restart();
    expect((await getJob('long')).status).toBe('Completed');
  });
});

describe('refusals', () => {
  it('keeps the names of jobs for ever and those of models while they exist', async () => {
    await begin();
    await test.putModel('m');
    await importModel('once');
    await expect(create('once', { importedModelName: 'other' })).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'The provided job name is currently in use.'
    });
    await expect(create('twice', { importedModelName: 'once-model' })).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'The provided imported model name is currently in use.'
    });
    await test.bedrock.send(new DeleteImportedModelCommand({ modelIdentifier: 'once-model' }));
    await create('twice', { importedModelName: 'once-model' });
    await expect(create('once')).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('runs one job at a time and keeps three models', async () => {
    await begin();
    await test.putModel('m');
    await create('one');
    await expect(create('two')).rejects.toMatchObject({
      name: 'ServiceQuotaExceededException',
      message: expect.stringContaining('concurrent model import jobs'),
      $metadata: { httpStatusCode: 400 }
    });
    await finish('one');
    await importModel('two');
    await importModel('three');
    await expect(create('four')).rejects.toMatchObject({
      name: 'ServiceQuotaExceededException',
      message: expect.stringContaining('number of imported models, 3,')
    });
  });

  it('lets no second job through when both are asked for at once', async () => {
    await begin();
    await test.putModel('m');
    const outcomes = await Promise.allSettled([create('a'), create('b'), create('c')]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('gives the same job for the same token, and refuses another request with it', async () => {
    await begin();
    await test.putModel('m');
    const first = await create('tokened', { clientRequestToken: 'token-1' });
    const again = await create('tokened', { clientRequestToken: 'token-1' });
    expect(again.jobArn).toBe(first.jobArn);
    await expect(create('other', { clientRequestToken: 'token-1' })).rejects.toMatchObject({
      name: 'ConflictException'
    });
  });

  it('refuses names and places that the service model forbids', async () => {
    await begin();
    await expect(
      create('bad name', { importedModelName: 'has.dot', s3Uri: 's3://bucket/with space' })
    ).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(/^3 validation errors detected: Value 'bad name' at 'jobName'/)
    });
  });

  it('refuses a role that is not there, does not trust Bedrock, or cannot read the prefix', async () => {
    await begin();
    const invalid = { name: 'ValidationException', message: 'The provided role ARN is invalid.' };
    const nobody = 'arn:aws:iam::123456789012:role/Nobody';
    await expect(create('a', { roleArn: nobody })).rejects.toMatchObject(invalid);
    const role = test.iam.getRole(test.state.startRoleArn)!;
    const { trustPolicy, policies } = role;
    role.trustPolicy = trustPolicy.replace('bedrock.amazonaws.com', 'sagemaker.amazonaws.com');
    await expect(create('a')).rejects.toMatchObject(invalid);
    role.trustPolicy = trustPolicy.replace('arn:aws:bedrock:*:', 'arn:aws:bedrock:eu-central-1:');
    await expect(create('a')).rejects.toMatchObject(invalid);
    role.trustPolicy = trustPolicy;
    role.policies = {
      r: policies.ReadModels!.replace('"arn:aws:s3:::*"', '"arn:aws:s3:::other/*"')
    };
    await expect(create('a')).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('Could not validate ListBucket permissions')
    });
    role.policies = { r: policies.ReadModels!.replace('s3:GetObject', 's3:GetBucketLocation') };
    await expect(create('a')).rejects.toMatchObject({
      message: expect.stringContaining('Could not validate GetObject permissions')
    });
    role.policies = policies;
    await create('a');
  });

  it('refuses a bucket that is missing, somebody else’s, or in another Region', async () => {
    await begin();
    await expect(create('a', { s3Uri: 's3://no-such-bucket/m/' })).rejects.toMatchObject({
      message: 'The Amazon S3 bucket no-such-bucket does not exist.'
    });
    await expect(create('a', { s3Uri: 's3://somebody-elses-bucket/m/' })).rejects.toMatchObject({
      message: expect.stringContaining('permissions')
    });
    await expect(create('a', { s3Uri: 's3://bucket-in-another-region/m' })).rejects.toMatchObject({
      message: expect.stringContaining('must be in the same Region')
    });
  });

  it('refuses a fresh role for as long as asked for, the one from the start not', async () => {
    await begin({ faults: { 'role-not-ready': 30 } });
    await create('seeded');
    await finish('seeded');
    const role = test.iam.getRole(test.state.startRoleArn)!;
    role.createDate = test.state.now().toISOString();
    await expect(create('fresh')).rejects.toMatchObject({
      message: 'The provided role ARN is invalid.'
    });
    test.clock.advance(30_000);
    await create('fresh');
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
    await expect(getJob('nothing')).rejects.toMatchObject({
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

describe('lists', () => {
  it('filters, sorts and pages jobs', async () => {
    await begin();
    await test.putModel('m');
    for (const name of ['llama-a', 'llama-b', 'qwen-c']) {
      await importModel(name);
    }
    await create('llama-d', { s3Uri: `s3://${test.state.startBucket}/bad/` }).catch(
      () => undefined
    );
    const names = async (input: object) => {
      const page = await test.bedrock.send(new ListModelImportJobsCommand(input));
      return {
        names: page.modelImportJobSummaries?.map(({ jobName }) => jobName),
        nextToken: page.nextToken
      };
    };
    expect((await names({})).names).toEqual(['qwen-c', 'llama-b', 'llama-a']);
    expect((await names({ nameContains: 'llama', sortOrder: 'Ascending' })).names).toEqual([
      'llama-a',
      'llama-b'
    ]);
    expect((await names({ statusEquals: 'Failed' })).names).toEqual([]);
    const first = await names({ maxResults: 2 });
    expect(first.names).toEqual(['qwen-c', 'llama-b']);
    expect(await names({ maxResults: 2, nextToken: first.nextToken })).toEqual({
      names: ['llama-a'],
      nextToken: undefined
    });
    const { creationTime } = await getJob('llama-b');
    expect((await names({ creationTimeAfter: creationTime })).names).toEqual(['qwen-c']);
    expect((await names({ creationTimeBefore: creationTime })).names).toEqual(['llama-a']);
    await expect(names({ nextToken: 'nonsense' })).rejects.toMatchObject({
      name: 'ValidationException'
    });
  });

  it('keeps the Regions apart', async () => {
    await begin();
    await test.putModel('m');
    await importModel('here');
    const there = new BedrockClient(test.clientOptions('us-west-2'));
    expect((await there.send(new ListImportedModelsCommand({}))).modelSummaries).toEqual([]);
    const here = await test.bedrock.send(new ListImportedModelsCommand({}));
    expect(here.modelSummaries).toMatchObject([
      { modelName: 'here-model', modelArchitecture: 'LlamaForCausalLM', instructSupported: true }
    ]);
  });

  it('says that Converse is not for Qwen', async () => {
    await begin();
    await test.putModel('m', { 'config.json': LLAMA.replace('Llama', 'Qwen3'), 'answer.txt': 'x' });
    await importModel('qwen');
    const model = await test.bedrock.send(
      new GetImportedModelCommand({ modelIdentifier: 'qwen-model' })
    );
    expect(model.instructSupported).toBe(false);
  });
});
