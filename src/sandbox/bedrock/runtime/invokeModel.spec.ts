import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';

import { chat, startTestModel, type TestModel } from '../testing/testModel';

let test: TestModel;

afterEach(() => test.close());

async function begin(...options: Parameters<typeof startTestModel>): Promise<void> {
  test = await startTestModel(...options);
}

describe('InvokeModel', () => {
  it('answers OpenAI chat bodies', async () => {
    await begin('You said {prompt} ok');
    expect(await test.invoke(chat('hello'))).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-[0-9a-f]{32}$/),
      object: 'chat.completion',
      model: test.modelArn,
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'You said <user>hello ok' },
          finish_reason: 'stop'
        }
      ],
      usage: { prompt_tokens: 1, completion_tokens: 4, total_tokens: 5 }
    });
    const parts = [
      { type: 'text', text: 'in ' },
      { type: 'text', text: 'parts' }
    ];
    const answer = await test.invoke({ messages: [{ role: 'user', content: parts }] });
    expect(answer).toMatchObject({
      choices: [{ message: { content: 'You said <user>in parts ok' } }]
    });
  });

  it('answers OpenAI completion and Bedrock completion bodies', async () => {
    await begin('one two three');
    expect(await test.invoke({ prompt: 'count to', max_tokens: 2 })).toMatchObject({
      object: 'text_completion',
      choices: [{ index: 0, text: 'one two ', finish_reason: 'length' }],
      usage: { prompt_tokens: 2, completion_tokens: 2, total_tokens: 4 }
    });
    expect(await test.invoke({ prompt: 'count to', max_gen_len: 9 })).toEqual({
      generation: 'one two three',
      prompt_token_count: 2,
      generation_token_count: 3,
      stop_reason: 'stop',
      logprobs: null
    });
  });

  it.each([
    ['no JSON', 'Malformed input request, please reformat your input and try again.'],
    [
      { max_tokens: 5 },
      'Malformed input request: #: required key [prompt] not found, please reformat your input and try again.'
    ],
    [
      { prompt: 'x', max_tokens: '5' },
      'Malformed input request: #/max_tokens: expected type: Integer, found: String, please reformat your input and try again.'
    ],
    [
      { prompt: 'x', max_tokens: 0 },
      'Malformed input request: #/max_tokens: 0 is not greater or equal to 1, please reformat your input and try again.'
    ],
    [
      { prompt: 'x', messages: [] },
      'Malformed input request: #: extraneous key [prompt] is not permitted, please reformat your input and try again.'
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
      'Malformed input request: #/messages/0/content: only parts of type text are supported, please reformat your input and try again.'
    ]
  ])('refuses the body %j', async (body, message) => {
    await begin('x');
    await expect(test.invoke(body)).rejects.toMatchObject({ name: 'ValidationException', message });
  });

  it('refuses models that do not exist', async () => {
    await begin('x');
    const modelId = 'arn:aws:bedrock:us-east-1:123456789012:imported-model/aaaaaaaaaaaa';
    await expect(test.invoke(chat('x'), { modelId })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      $metadata: { httpStatusCode: 404 }
    });
    await expect(test.invoke(chat('x'), { modelId: 'anthropic.claude' })).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'The provided model identifier is invalid.'
    });
  });

  it('says when the chat template refuses the messages, and goes on after it', async () => {
    await begin('fine');
    await expect(test.invoke(chat('unrenderable'))).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'Only user and assistant roles are supported!'
    });
    expect(await test.invoke(chat('x'))).toMatchObject({
      choices: [{ message: { content: 'fine' } }]
    });
  });

  it('says when the model breaks', async () => {
    await begin('all is CRASH now');
    await expect(test.invoke(chat('x'))).rejects.toMatchObject({
      name: 'ModelErrorException',
      message: 'The model failed: out of memory',
      $metadata: { httpStatusCode: 424 }
    });
  });

  it('refuses a wrong signature', async () => {
    await begin('x');
    const { accessKeyId } = test.state;
    const client = new BedrockRuntimeClient({
      ...test.clientOptions(),
      endpoint: test.server.http2Url,
      credentials: { accessKeyId, secretAccessKey: 'wrong' }
    });
    await expect(test.invoke(chat('x'), { client })).rejects.toMatchObject({
      name: 'InvalidSignatureException'
    });
    client.destroy();
  });
});
