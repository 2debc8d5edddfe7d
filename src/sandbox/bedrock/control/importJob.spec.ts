import { GetImportedModelCommand, ListImportedModelsCommand } from '@aws-sdk/client-bedrock';

import { startTestJobs, type TestJobs } from '../testing/testJobs';

let test: TestJobs;

afterEach(() => test.close());

async function begin(options: Parameters<typeof startTestJobs>[0] = {}): Promise<void> {
  test = await startTestJobs(options);
}

describe('an import job', () => {
  it('reads the files, ends Completed and leaves a model', async () => {
    await begin();
    await test.putModel('m');
    const { jobArn, $metadata } = await test.create('first');
    expect($metadata.httpStatusCode).toBe(201);
    expect(jobArn).toMatch(
      /^arn:aws:bedrock:us-east-1:123456789012:model-import-job\/[a-z0-9]{12}$/
    );
    const running = await test.getJob('first');
    expect(running).toMatchObject({
      jobArn,
      status: 'InProgress',
      importedModelName: 'first-model',
      roleArn: test.state.startRoleArn
    });
    expect(running.endTime).toBeUndefined();
    test.clock.advance(2999);
    expect((await test.getJob(jobArn ?? '')).status).toBe('InProgress');
    test.clock.advance(1);
    const done = await test.finish(jobArn ?? '');
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
    const job = await test.importModel('broken');
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
    expect(await test.importModel('doomed')).toMatchObject({
      status: 'Failed',
      failureMessage: 'The weights are cursed'
    });
  });

  it('takes as long as asked for and is taken up again after a restart', async () => {
    await begin({ faults: { 'import-seconds': 60 } });
    await test.putModel('m');
    await test.create('long');
    test.clock.advance(59_000);
    expect((await test.getJob('long')).status).toBe('InProgress');
    await test.restart();
    expect((await test.getJob('long')).status).toBe('InProgress');
    test.clock.advance(60_000);
    expect((await test.finish('long')).status).toBe('Completed');
    await test.restart();
    expect((await test.getJob('long')).status).toBe('Completed');
  });
});
