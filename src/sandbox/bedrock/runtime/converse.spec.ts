import { ConverseCommand } from '@aws-sdk/client-bedrock-runtime';

import { findViolations, serviceModel } from '../serviceModel';
import { LLAMA } from '../testing/testBedrock';
import { chat, startTestModel, user, type TestModel } from '../testing/testModel';

let test: TestModel;

afterEach(() => test.close());

async function begin(...options: Parameters<typeof startTestModel>): Promise<void> {
  test = await startTestModel(...options);
}

describe('Converse', () => {
  const converse = (input: Partial<ConstructorParameters<typeof ConverseCommand>[0]>) =>
    test.runtime.send(
      new ConverseCommand({ modelId: test.modelArn, messages: [user('hi')], ...input })
    );

  it('answers with the system text, the turns and the limits given', async () => {
    await begin('{prompt} and more');
    const answer = await converse({
      system: [{ text: 'Be brief.' }],
      messages: [user('a'), { role: 'assistant', content: [{ text: 'b' }] }, user('c')],
      inferenceConfig: { maxTokens: 3 }
    });
    expect(answer).toMatchObject({
      output: {
        message: {
          role: 'assistant',
          content: [{ text: '<system>Be brief.<user>a<assistant>b<user>c and ' }]
        }
      },
      stopReason: 'max_tokens',
      usage: { inputTokens: 2, outputTokens: 3, totalTokens: 5 },
      metrics: { latencyMs: expect.any(Number) }
    });
  });

  it('tells a stop sequence from the end of the turn', async () => {
    await begin('one two three');
    const stopped = await converse({ inferenceConfig: { stopSequences: ['three'] } });
    expect(stopped.output?.message?.content).toEqual([{ text: 'one two ' }]);
    expect(stopped.stopReason).toBe('stop_sequence');
    expect((await converse({})).stopReason).toBe('end_turn');
  });

  it('answers in the shape of the service model', async () => {
    await begin('x');
    const { output, stopReason, usage, metrics } = await converse({});
    const answer = { output, stopReason, usage, metrics };
    expect(findViolations(serviceModel('bedrock-runtime'), 'ConverseResponse', answer)).toEqual([]);
  });

  it('refuses what the service refuses, in its words', async () => {
    await begin('x');
    const refused = (input: Parameters<typeof converse>[0], message: string) =>
      expect(converse(input)).rejects.toMatchObject({ name: 'ValidationException', message });
    await refused(
      { messages: [{ role: 'assistant', content: [{ text: 'x' }] }] },
      'A conversation must start with a user message. Try again with a conversation that starts with a user message.'
    );
    await refused(
      { messages: [user('a'), user('b')] },
      'A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.'
    );
    await refused(
      { messages: [user(' ')] },
      'The text field in the ContentBlock object at messages.0.content.0 is blank. Add text to the text field, and try again.'
    );
    await refused(
      { inferenceConfig: { temperature: 1.5 } },
      "1 validation error detected: Value '1.5' at 'inferenceConfig.temperature' failed to satisfy constraint: Member must have value less than or equal to 1"
    );
    await refused(
      { toolConfig: { tools: [{ toolSpec: { name: 't', inputSchema: { json: {} } } }] } },
      "This model doesn't support tool use."
    );
  });

  it.each([
    ['a model that is not for Converse', {}, LLAMA.replace('Llama', 'Qwen2')],
    ['a sandbox that refuses Converse', { bedrock: { refuseConverse: true } }, LLAMA]
  ])('is refused by %s, which InvokeModel still asks', async (_, options, config) => {
    await begin('x', options, config);
    await expect(converse({})).rejects.toMatchObject({
      name: 'ValidationException',
      message: "This action doesn't support the model that you provided."
    });
    expect(await test.invoke(chat('x'))).toMatchObject({
      choices: [{ message: { content: 'x' } }]
    });
  });
});
