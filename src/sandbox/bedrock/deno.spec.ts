import { BedrockRuntimeClient, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { FetchHttpHandler } from '@smithy/fetch-http-handler';

import { startSandbox, type StartedSandbox } from '../testing';

let sandbox: StartedSandbox;

beforeAll(async () => {
  sandbox = await startSandbox();
});

afterAll(() => sandbox.stop());

// The default handler speaks HTTP/2 and signs `:authority` where HTTP/1.1 has `host`.
it.each([
  ['HTTP/2, its default', {}],
  ['HTTP/1.1', { requestHandler: new FetchHttpHandler() }]
])('believes the runtime client over %s, served by Deno', async (_, handler) => {
  const { env } = sandbox;
  const options = (secretAccessKey: string) => ({
    endpoint: sandbox.awsUrl,
    region: env['AWS_REGION'],
    credentials: { accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '', secretAccessKey },
    maxAttempts: 1,
    ...handler
  });
  const invoke = async (secretAccessKey: string) => {
    const client = new BedrockRuntimeClient(options(secretAccessKey));
    const modelId = 'arn:aws:bedrock:us-east-1:123456789012:imported-model/aaaaaaaaaaaa';
    try {
      return await client.send(new InvokeModelCommand({ modelId, body: '{"prompt":"x"}' }));
    } finally {
      client.destroy();
    }
  };
  await expect(invoke(env['AWS_SECRET_ACCESS_KEY'] ?? '')).rejects.toMatchObject({
    name: 'ResourceNotFoundException'
  });
  await expect(invoke('wrong')).rejects.toMatchObject({ name: 'InvalidSignatureException' });
});
