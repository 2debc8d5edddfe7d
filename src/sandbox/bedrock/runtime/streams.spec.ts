import {
  ConverseCommand,
  ConverseStreamCommand,
  type ConverseStreamOutput
} from '@aws-sdk/client-bedrock-runtime';

import { generating } from '../testing/fakeInference';
import { chat, startTestModel, user, type TestModel } from '../testing/testModel';

let test: TestModel;

afterEach(() => test.close());

async function begin(...options: Parameters<typeof startTestModel>): Promise<void> {
  test = await startTestModel(...options);
}

describe.each(['HTTP/2', 'HTTP/1.1'])('streams over %s', protocol => {
  const client = () => (protocol === 'HTTP/2' ? test.runtime : test.runtimeHttp1);

  it('streams OpenAI chat chunks with the metrics in the last one', async () => {
    await begin('Paris, of course');
    const chunks = await test.invokeStream(chat('capital?'), { client: client() });
    const choices = chunks.map(chunk => (chunk.choices as object[])[0]);
    expect(choices).toMatchObject([
      { delta: { role: 'assistant', content: 'Paris, ' }, finish_reason: null },
      { delta: { content: 'of ' }, finish_reason: null },
      { delta: { content: 'course' }, finish_reason: null },
      { delta: { content: '' }, finish_reason: 'stop' }
    ]);
    expect(chunks.at(-1)).toMatchObject({
      object: 'chat.completion.chunk',
      'amazon-bedrock-invocationMetrics': {
        inputTokenCount: 1,
        outputTokenCount: 3,
        invocationLatency: expect.any(Number),
        firstByteLatency: expect.any(Number)
      }
    });
    expect(chunks[0]).not.toHaveProperty('amazon-bedrock-invocationMetrics');
  });

  it('streams the completion formats', async () => {
    await begin('one two');
    const openAi = await test.invokeStream(
      { prompt: 'count', max_tokens: 9 },
      { client: client() }
    );
    expect(openAi.map(chunk => (chunk.choices as Array<{ text: string }>)[0]?.text)).toEqual([
      'one ',
      'two',
      ''
    ]);
    const bedrock = await test.invokeStream(
      { prompt: 'count', max_gen_len: 1 },
      { client: client() }
    );
    expect(bedrock).toMatchObject([
      { generation: 'one ', prompt_token_count: 1, generation_token_count: 1, stop_reason: null },
      { generation: '', generation_token_count: 1, stop_reason: 'length' }
    ]);
  });

  it('streams a conversation', async () => {
    await begin('Bon jour');
    const { stream } = await client().send(
      new ConverseStreamCommand({ modelId: test.modelArn, messages: [user('hello')] })
    );
    const events: ConverseStreamOutput[] = [];
    for await (const event of stream ?? []) {
      events.push(event);
    }
    expect(events).toMatchObject([
      { messageStart: { role: 'assistant' } },
      { contentBlockDelta: { delta: { text: 'Bon ' }, contentBlockIndex: 0 } },
      { contentBlockDelta: { delta: { text: 'jour' }, contentBlockIndex: 0 } },
      { contentBlockStop: { contentBlockIndex: 0 } },
      { messageStop: { stopReason: 'end_turn' } },
      { metadata: { usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 } } }
    ]);
  });

  it('ends a stream with an exception when the model breaks on the way', async () => {
    await begin('all is CRASH now');
    await expect(test.invokeStream(chat('x'), { client: client() })).rejects.toMatchObject({
      name: 'ModelStreamErrorException',
      message: 'The model failed: out of memory'
    });
    // The broken answer has not taken the model with it: the next one fails for itself.
    await expect(test.invokeStream(chat('x'), { client: client() })).rejects.toMatchObject({
      name: 'ModelStreamErrorException'
    });
  });

  it('answers others while a reader does not read on, and stops when it went away', async () => {
    await begin('word '.repeat(100_000));
    const leaving = new AbortController();
    const { stream } = await client().send(
      new ConverseStreamCommand({
        modelId: test.modelArn,
        messages: [user('x')],
        inferenceConfig: { maxTokens: 100_000 }
      }),
      { abortSignal: leaving.signal }
    );
    const events = stream?.[Symbol.asyncIterator]();
    await events?.next();
    expect(generating.count).toBe(1);
    const short = {
      modelId: test.modelArn,
      messages: [user('x')],
      inferenceConfig: { maxTokens: 1 }
    };
    const answer = await client().send(new ConverseCommand(short));
    expect(answer.stopReason).toBe('max_tokens');
    expect(generating.count).toBe(1);
    leaving.abort();
    while (generating.count > 0) {
      await new Promise(resolve => setTimeout(resolve, 10));
    }
  });
});
