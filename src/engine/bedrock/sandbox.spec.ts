import { startSandbox, type StartedSandbox } from '../../sandbox/testing';
import { startTestModel, type TestModel } from '../../sandbox/bedrock/testing/testModel';
import { PutObjectCommand } from '@aws-sdk/client-s3';

import { createAwsClients, describeBucket, systemClock, type AwsClients, type Clock } from '../aws';
import { createImportRole } from '../iam';
import {
  askModel,
  deleteImportedModel,
  followImportJob,
  getImportedModel,
  listImportedModels,
  listImportJobs,
  startImportJob,
  suggestImportNames,
  type WaitEvent
} from '.';

const ACCOUNT = '123456789012';

/** Real waits, a hundredth of their length. */
const hurried: Clock = {
  ...systemClock,
  sleep: (ms, signal) => systemClock.sleep(ms / 100, signal)
};

describe('an import in the sandbox', () => {
  let sandbox: StartedSandbox;
  let aws: AwsClients;
  let bucket: string;

  beforeAll(async () => {
    sandbox = await startSandbox({ args: ['--fault', 'role-not-ready=1'] });
    aws = createAwsClients({ env: sandbox.env });
    bucket = sandbox.env['BEDROCK_IMPORT_SANDBOX_BUCKET'] ?? '';
  });
  afterAll(async () => {
    aws.destroy();
    await sandbox.stop();
  });

  it('waits for a role just created, and ends with the message of the failure', async () => {
    const region = aws.region;
    await expect(describeBucket(aws, bucket, { account: ACCOUNT })).resolves.toEqual({
      region,
      exists: true,
      ownedByCaller: true
    });
    const role = await createImportRole(aws, { account: ACCOUNT, region, bucket });
    expect(role.created).toBe(true);
    await aws.s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'broken/readme.md', Body: 'x' }));
    const names = suggestImportNames('org/Broken', '0123456789');
    const waits: WaitEvent[] = [];
    const request = { ...names, roleArn: role.roleArn, s3Uri: `s3://${bucket}/broken/` };
    const { jobArn } = await startImportJob(aws, {
      ...request,
      clock: hurried,
      onWait: wait => waits.push(wait)
    });
    expect(waits.length).toBeGreaterThan(0);
    expect(waits[0]?.reason).toContain('The provided role ARN is invalid');
    await expect(startImportJob(aws, request)).resolves.toEqual({ jobArn });
    await expect(followImportJob(aws, jobArn, { clock: hurried })).rejects.toMatchObject({
      code: 'IMPORT_FAILED',
      message: expect.stringContaining('config.json')
    });
    const [job] = await listImportJobs(aws);
    expect(job).toMatchObject({ jobArn, status: 'Failed' });
    await expect(
      startImportJob(aws, { ...request, importedModelName: 'another' })
    ).rejects.toMatchObject({ code: 'IMPORT_NAME_TAKEN', subject: names.jobName });
  });

  it('gives up a role that does not exist', async () => {
    const started = startImportJob(aws, {
      ...suggestImportNames('org/NoRole', 'abc'),
      roleArn: `arn:aws:iam::${ACCOUNT}:role/Missing`,
      s3Uri: `s3://${bucket}/broken/`,
      roleRetryMs: 0
    });
    await expect(started).rejects.toMatchObject({ code: 'IMPORT_ROLE_REFUSED' });
  });

  it('tells wrong keys apart from missing permission', async () => {
    const env = { ...sandbox.env, AWS_SECRET_ACCESS_KEY: 'wrong' };
    const wrong = createAwsClients({ env });
    await expect(listImportJobs(wrong)).rejects.toMatchObject({ code: 'CREDENTIALS_REJECTED' });
    await expect(askModel(wrong, 'm', { prompt: 'x' })).rejects.toMatchObject({
      code: 'CREDENTIALS_REJECTED'
    });
    wrong.destroy();
  });

  it('says that a bucket does not exist', async () => {
    await expect(describeBucket(aws, 'no-such-bucket')).rejects.toMatchObject({
      code: 'BUCKET_NOT_FOUND'
    });
  });
});

describe('a model in the sandbox', () => {
  let test: TestModel;
  let aws: AwsClients;

  beforeAll(async () => {
    test = await startTestModel('Paris is the answer to {prompt}', {
      faults: { 'model-not-ready': 40 }
    });
    const { endpoint, region, credentials } = test.clientOptions();
    aws = createAwsClients({
      env: {
        AWS_ENDPOINT_URL: endpoint,
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey
      }
    });
  });
  afterAll(async () => {
    aws.destroy();
    await test.close();
  });

  /** A clock whose sleep moves the sandbox's clock. */
  const together = (): Clock => ({
    now: () => test.clock.now().getTime(),
    random: () => 0.5,
    sleep: async ms => test.clock.advance(ms)
  });

  it('answers by Converse after a visible cold start', async () => {
    const waits: WaitEvent[] = [];
    const pieces: string[] = [];
    const answer = await askModel(aws, test.modelArn, {
      prompt: 'Where?',
      clock: together(),
      onWait: wait => waits.push(wait),
      onText: text => pieces.push(text)
    });
    expect(waits.length).toBeGreaterThan(1);
    expect(answer.coldStartMs).toBeGreaterThanOrEqual(40_000);
    expect(answer.api).toBe('Converse');
    expect(answer.text).toContain('Where?');
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.join('')).toBe(answer.text);
    expect(answer.outputTokens).toBeGreaterThan(0);
  });

  it('answers by InvokeModel where Converse is not for the model', async () => {
    const modelArn = await test.importModel('qwen', {
      'config.json': '{"architecture":"Qwen2ForCausalLM"}',
      'answer.txt': 'From Qwen.'
    });
    const told = await askModel(aws, modelArn, { prompt: 'Who?', clock: together() });
    expect(told).toMatchObject({ text: 'From Qwen.', api: 'InvokeModel (OpenAI chat)' });
    const tried = await askModel(aws, modelArn, {
      prompt: 'Who?',
      instructSupported: true,
      clock: together()
    });
    expect(tried).toMatchObject({
      text: 'From Qwen.',
      fallbackReason: "This action doesn't support the model that you provided."
    });
  });

  it('breaks off visibly when the model does', async () => {
    const modelArn = await test.importModel('crash', {
      'config.json': '{"architecture":"LlamaForCausalLM"}',
      'answer.txt': 'Half of CRASH'
    });
    const asked = askModel(aws, modelArn, { prompt: 'x', clock: together() });
    await expect(asked).rejects.toMatchObject({ code: 'ASK_INTERRUPTED' });
  });

  it('lists, shows and deletes models', async () => {
    const names = (await listImportedModels(aws)).map(model => model.modelName);
    expect(names).toContain('qwen');
    const model = await getImportedModel(aws, 'qwen');
    expect(model).toMatchObject({ jobName: 'qwen', instructSupported: false });
    await deleteImportedModel(aws, model.modelArn);
    await expect(getImportedModel(aws, 'qwen')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    await expect(askModel(aws, model.modelArn, { prompt: 'x' })).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND'
    });
  });
});
