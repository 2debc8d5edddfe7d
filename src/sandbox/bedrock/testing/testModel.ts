import { CreateModelImportJobCommand, GetModelImportJobCommand } from '@aws-sdk/client-bedrock';
import {
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
  type BedrockRuntimeClient
} from '@aws-sdk/client-bedrock-runtime';

import { LLAMA, startTestBedrock, type TestBedrock } from './testBedrock';

/** A sandbox with an imported model that says what the spec wants. */
export interface TestModel extends TestBedrock {
  modelArn: string;
  /** Imports one more and gives its ARN. */
  importModel(name: string, files: Readonly<Record<string, string>>): Promise<string>;
  invoke(body: unknown, how?: HowToCall): Promise<Record<string, unknown>>;
  /** The chunks of a streamed answer. */
  invokeStream(body: unknown, how?: HowToCall): Promise<Array<Record<string, unknown>>>;
}

interface HowToCall {
  client?: BedrockRuntimeClient;
  modelId?: string;
}

export const user = (text: string) => ({ role: 'user' as const, content: [{ text }] });

/** The body of an OpenAI chat request. */
export const chat = (content: string) => ({
  messages: [{ role: 'user', content }],
  max_tokens: 20
});

/** Without a cold start, unless `options.faults` is given. */
export async function startTestModel(
  answer: string,
  options: Parameters<typeof startTestBedrock>[0] = {},
  config = LLAMA
): Promise<TestModel> {
  const test = await startTestBedrock({ faults: { 'model-not-ready': 0 }, ...options });
  const importModel: TestModel['importModel'] = async (name, files) => {
    const s3Uri = await test.putModel(name, files);
    await test.bedrock.send(
      new CreateModelImportJobCommand({
        jobName: name,
        importedModelName: name,
        roleArn: test.state.startRoleArn,
        modelDataSource: { s3DataSource: { s3Uri } }
      })
    );
    test.clock.advance(3000);
    for (;;) {
      const job = await test.bedrock.send(new GetModelImportJobCommand({ jobIdentifier: name }));
      if (job.status !== 'InProgress') {
        return job.importedModelArn ?? '';
      }
      await new Promise(resolve => setTimeout(resolve, 10));
    }
  };
  const modelArn = await importModel('m', { 'config.json': config, 'answer.txt': answer });
  const { runtime } = test;
  return Object.assign(test, {
    modelArn,
    importModel,
    invoke: async (body: unknown, { client = runtime, modelId = modelArn }: HowToCall = {}) => {
      const response = await client.send(
        new InvokeModelCommand({
          modelId,
          body: typeof body === 'string' ? body : JSON.stringify(body),
          contentType: 'application/json'
        })
      );
      return JSON.parse(new TextDecoder().decode(response.body)) as Record<string, unknown>;
    },
    invokeStream: async (
      body: unknown,
      { client = runtime, modelId = modelArn }: HowToCall = {}
    ) => {
      const response = await client.send(
        new InvokeModelWithResponseStreamCommand({ modelId, body: JSON.stringify(body) })
      );
      expect(response.contentType).toBe('application/json');
      const chunks: Array<Record<string, unknown>> = [];
      for await (const event of response.body ?? []) {
        const text = new TextDecoder().decode(event.chunk?.bytes);
        chunks.push(JSON.parse(text) as Record<string, unknown>);
      }
      return chunks;
    }
  });
}
