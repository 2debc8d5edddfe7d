import {
  BedrockClient,
  GetImportedModelCommand,
  ListImportedModelsCommand,
  ListModelImportJobsCommand
} from '@aws-sdk/client-bedrock';

import { LLAMA } from '../testing/testBedrock';
import { startTestJobs, type TestJobs } from '../testing/testJobs';

let test: TestJobs;

afterEach(() => test.close());

async function begin(options: Parameters<typeof startTestJobs>[0] = {}): Promise<void> {
  test = await startTestJobs(options);
}

describe('lists', () => {
  it('filters, sorts and pages jobs', async () => {
    await begin();
    await test.putModel('m');
    for (const name of ['llama-a', 'llama-b', 'qwen-c']) {
      await test.importModel(name);
    }
    await test
      .create('llama-d', { s3Uri: `s3://${test.state.startBucket}/bad/` })
      .catch(() => undefined);
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
    const { creationTime } = await test.getJob('llama-b');
    expect((await names({ creationTimeAfter: creationTime })).names).toEqual(['qwen-c']);
    expect((await names({ creationTimeBefore: creationTime })).names).toEqual(['llama-a']);
    await expect(names({ nextToken: 'nonsense' })).rejects.toMatchObject({
      name: 'ValidationException'
    });
  });

  it('keeps the Regions apart', async () => {
    await begin();
    await test.putModel('m');
    await test.importModel('here');
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
    await test.importModel('qwen');
    const model = await test.bedrock.send(
      new GetImportedModelCommand({ modelIdentifier: 'qwen-model' })
    );
    expect(model.instructSupported).toBe(false);
  });
});
