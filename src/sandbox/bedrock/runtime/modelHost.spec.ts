import { setTimeout as delay } from 'node:timers/promises';
import { DeleteImportedModelCommand } from '@aws-sdk/client-bedrock';

import { chat, startTestModel, type TestModel } from '../testing/testModel';

let test: TestModel;

afterEach(() => test.close());

async function begin(...options: Parameters<typeof startTestModel>): Promise<void> {
  test = await startTestModel(...options);
}

describe('cold start', () => {
  const notReady = {
    name: 'ModelNotReadyException',
    message: 'Model is not ready for inference. Wait and try your request again.',
    $metadata: { httpStatusCode: 429 }
  };

  /** The model's files are read in real time, which the test's clock does not tell. */
  async function answered(): Promise<void> {
    for (;;) {
      try {
        await test.invoke(chat('x'));
        return;
      } catch (error) {
        if (!(error instanceof Error) || error.name !== notReady.name) {
          throw error;
        }
        await delay(20);
      }
    }
  }

  it('takes two seconds from the first call, and comes back after five idle minutes', async () => {
    await begin('x', { faults: {} });
    await expect(test.invoke(chat('x'))).rejects.toMatchObject(notReady);
    test.clock.advance(1999);
    await expect(test.invokeStream(chat('x'))).rejects.toMatchObject(notReady);
    test.clock.advance(1);
    await answered();
    test.clock.advance(5 * 60_000);
    await test.invoke(chat('x'));
    test.clock.advance(5 * 60_000 + 1);
    await expect(test.invoke(chat('x'))).rejects.toMatchObject(notReady);
  });

  it('takes as long as asked for', async () => {
    await begin('x', { faults: { 'model-not-ready': 90 } });
    await expect(test.invoke(chat('x'))).rejects.toMatchObject(notReady);
    test.clock.advance(89_999);
    await expect(test.invoke(chat('x'))).rejects.toMatchObject(notReady);
    test.clock.advance(1);
    await answered();
  });

  it('says so when the model cannot be loaded, or not run here', async () => {
    await begin('broken');
    await expect(test.invoke(chat('x'))).rejects.toMatchObject({
      name: 'ModelErrorException',
      message: 'The model could not be loaded: tensor model.norm.weight is missing'
    });
    const modelId = await test.importModel('big', {
      'config.json': '{"architecture":"MixtralForCausalLM","runnable":false}',
      'answer.txt': 'x'
    });
    await expect(test.invoke(chat('x'), { modelId })).rejects.toMatchObject({
      name: 'ModelErrorException',
      message: expect.stringContaining('cannot run')
    });
  });
});

describe('an imported model', () => {
  it('keeps the bytes of its import when S3 changes, over a restart too', async () => {
    await begin('the old answer');
    await test.putModel('m', { 'answer.txt': 'the new answer' });
    expect(await test.invoke({ prompt: 'x' })).toMatchObject({ generation: 'the old answer' });
    await test.restart();
    expect(await test.invoke({ prompt: 'x' })).toMatchObject({ generation: 'the old answer' });
  });

  it('is gone after it was deleted', async () => {
    await begin('x');
    await test.invoke(chat('x'));
    await test.bedrock.send(new DeleteImportedModelCommand({ modelIdentifier: test.modelArn }));
    await expect(test.invoke(chat('x'))).rejects.toMatchObject({
      name: 'ResourceNotFoundException'
    });
  });
});
