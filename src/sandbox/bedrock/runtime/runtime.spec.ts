import {
  CreateModelImportJobCommand,
  DeleteImportedModelCommand,
  GetModelImportJobCommand
} from '@aws-sdk/client-bedrock';
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
  type ConverseStreamOutput
} from '@aws-sdk/client-bedrock-runtime';

import { findViolations, serviceModel } from '../serviceModel';
import { generating } from '../testing/fakeInference';
import { LLAMA, startTestBedrock, type TestBedrock } from '../testing/testBedrock';

let test: TestBedrock;
let modelId: string;

afterEach(() => test.close());

/** A sandbox with one imported model that answers `answer`. */
async function begin(
  answer: string,
  options: Parameters<typeof startTestBedrock>[0] = {},
  config = LLAMA
): Promise<void> {
  test = await startTestBedrock({ faults: { 'model-not-ready': 0 }, ...options });
  modelId = await importModel('m', { 'config.json': config, 'answer.txt': answer });
}

async function importModel(name: string, files: Record<string, string>): Promise<string> {
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
}

async function invoke(body: unknown, client: BedrockRuntimeClient = test.runtime) {
  const response = await client.send(
    new InvokeModelCommand({
      modelId,
      body: typeof body === 'string' ? body : JSON.stringify(body),
      contentType: 'application/json'
    })
  );
  return JSON.parse(new TextDecoder().decode(response.body)) as Record<string, unknown>;
}

async function invokeStream(body: unknown, client: BedrockRuntimeClient = test.runtime) {
  const response = await client.send(
    new InvokeModelWithResponseStreamCommand({ modelId, body: JSON.stringify(body) })
  );
  expect(response.contentType).toBe('application/json');
  const chunks: Array<Record<string, unknown>> = [];
  for await (const event of response.body ?? []) {
    chunks.push(
      JSON.parse(new TextDecoder().decode(event.chunk?.bytes)) as Record<string, unknown>
    );
  }
  return chunks;
}

const user = (text: string) => ({ role: 'user' as const, content: [{ text }] });
const chat = (content: string) => ({ messages: [{ role: 'user', content }], max_tokens: 20 });

describe('InvokeModel', () => {
  it('answers OpenAI chat bodies', async () => {
    await begin('You said {prompt} ok');
    expect(await invoke(chat('hello'))).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-[0-9a-f]{32}$/),
      object: 'chat.completion',
      model: modelId,
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
    const answer = await invoke({ messages: [{ role: 'user', content: parts }] });
    expect(answer).toMatchObject({
      choices: [{ message: { content: 'You said <user>in parts ok' } }]
    });
  });

  it('answers OpenAI completion and Bedrock completion bodies', async () => {
    await begin('one two three');
    expect(await invoke({ prompt: 'count to', max_tokens: 2 })).toMatchObject({
      object: 'text_completion',
      choices: [{ index: 0, text: 'one two ', finish_reason: 'length' }],
      usage: { prompt_tokens: 2, completion_tokens: 2, total_tokens: 4 }
    });
    expect(await invoke({ prompt: 'count to', max_gen_len: 9 })).toEqual({
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
    await expect(invoke(body)).rejects.toMatchObject({ name: 'ValidationException', message });
  });

  it('refuses models that do not exist', async () => {
    await begin('x');
    modelId = 'arn:aws:bedrock:us-east-1:123456789012:imported-model/aaaaaaaaaaaa';
    await expect(invoke(chat('x'))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      $metadata: { httpStatusCode: 404 }
    });
    modelId = 'anthropic.claude';
    await expect(invoke(chat('x'))).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'The provided model identifier is invalid.'
    });
  });

  it('says when the chat template refuses the messages, and goes on after it', async () => {
    await begin('fine');
    await expect(invoke(chat('unrenderable'))).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'Only user and assistant roles are supported!'
    });
    expect(await invoke(chat('x'))).toMatchObject({ choices: [{ message: { content: 'fine' } }] });
  });

  it('says when the model breaks', async () => {
    await begin('all is CRASH now');
    await expect(invoke(chat('x'))).rejects.toMatchObject({
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
    await expect(invoke(chat('x'), client)).rejects.toMatchObject({
      name: 'InvalidSignatureException'
    });
    client.destroy();
  });
});

describe.each(['HTTP/2', 'HTTP/1.1'])('streams over %s', protocol => {
  const client = () => (protocol === 'HTTP/2' ? test.runtime : test.runtimeHttp1);

  it('streams OpenAI chat chunks with the metrics in the last one', async () => {
    await begin('Paris, of course');
    const chunks = await invokeStream(chat('capital?'), client());
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
    const openAi = await invokeStream({ prompt: 'count', max_tokens: 9 }, client());
    expect(openAi.map(chunk => (chunk.choices as Array<{ text: string }>)[0]?.text)).toEqual([
      'one ',
      'two',
      ''
    ]);
    const bedrock = await invokeStream({ prompt: 'count', max_gen_len: 1 }, client());
    expect(bedrock).toMatchObject([
      { generation: 'one ', prompt_token_count: 1, generation_token_count: 1, stop_reason: null },
      { generation: '', generation_token_count: 1, stop_reason: 'length' }
    ]);
  });

  it('streams a conversation', async () => {
    await begin('Bon jour');
    const { stream } = await client().send(
      new ConverseStreamCommand({ modelId, messages: [user('hello')] })
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
    await expect(invokeStream(chat('x'), client())).rejects.toMatchObject({
      name: 'ModelStreamErrorException',
      message: 'The model failed: out of memory'
    });
    // The broken answer has not taken the model with it: the next one fails for itself.
    await expect(invokeStream(chat('x'), client())).rejects.toMatchObject({
      name: 'ModelStreamErrorException'
    });
  });

  it('answers others while a reader does not read on, and stops when it went away', async () => {
    await begin('word '.repeat(100_000));
    const leaving = new AbortController();
    const { stream } = await client().send(
      new ConverseStreamCommand({
        modelId,
        messages: [user('x')],
        inferenceConfig: { maxTokens: 100_000 }
      }),
      { abortSignal: leaving.signal }
    );
    const events = stream?.[Symbol.asyncIterator]();
    await events?.next();
    expect(generating.count).toBe(1);
    const short = { modelId, messages: [user('x')], inferenceConfig: { maxTokens: 1 } };
    const answer = await client().send(new ConverseCommand(short));
    expect(answer.stopReason).toBe('max_tokens');
    expect(generating.count).toBe(1);
    leaving.abort();
    while (generating.count > 0) {
      await new Promise(resolve => setTimeout(resolve, 10));
    }
  });
});

describe('Converse', () => {
  const converse = (input: Partial<ConstructorParameters<typeof ConverseCommand>[0]>) =>
    test.runtime.send(new ConverseCommand({ modelId, messages: [user('hi')], ...input }));

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
    expect(await invoke(chat('x'))).toMatchObject({ choices: [{ message: { content: 'x' } }] });
  });
});

describe('cold start', () => {
  const notReady = {
    name: 'ModelNotReadyException',
    message: 'Model is not ready for inference. Wait and try your request again.',
    $metadata: { httpStatusCode: 429 }
  };

  it('takes two seconds from the first call, and comes back after five idle minutes', async () => {
    await begin('x', { faults: {} });
    await expect(invoke(chat('x'))).rejects.toMatchObject(notReady);
    test.clock.advance(1999);
    await expect(invokeStream(chat('x'))).rejects.toMatchObject(notReady);
    test.clock.advance(1);
    await invoke(chat('x'));
    test.clock.advance(5 * 60_000);
    await invoke(chat('x'));
    test.clock.advance(5 * 60_000 + 1);
    await expect(invoke(chat('x'))).rejects.toMatchObject(notReady);
  });

  it('takes as long as asked for', async () => {
    await begin('x', { faults: { 'model-not-ready': 90 } });
    await expect(invoke(chat('x'))).rejects.toMatchObject(notReady);
    test.clock.advance(89_999);
    await expect(invoke(chat('x'))).rejects.toMatchObject(notReady);
    test.clock.advance(1);
    await invoke(chat('x'));
  });

  it('says so when the model cannot be loaded, or not run here', async () => {
    await begin('broken');
    await expect(invoke(chat('x'))).rejects.toMatchObject({
      name: 'ModelErrorException',
      message: 'The model could not be loaded: tensor model.norm.weight is missing'
    });
    modelId = await importModel('big', {
      'config.json': '{"architecture":"MixtralForCausalLM","runnable":false}',
      'answer.txt': 'x'
    });
    await expect(invoke(chat('x'))).rejects.toMatchObject({
      name: 'ModelErrorException',
      message: expect.stringContaining('cannot run')
    });
  });
});

describe('an imported model', () => {
  it('keeps the bytes of its import when S3 changes, over a restart too', async () => {
    await begin('the old answer');
    await test.putModel('m', { 'answer.txt': 'the new answer' });
    expect(await invoke({ prompt: 'x' })).toMatchObject({ generation: 'the old answer' });
    await test.restart();
    expect(await invoke({ prompt: 'x' })).toMatchObject({ generation: 'the old answer' });
  });

  it('is gone after it was deleted', async () => {
    await begin('x');
    await invoke(chat('x'));
    await test.bedrock.send(new DeleteImportedModelCommand({ modelIdentifier: modelId }));
    await expect(invoke(chat('x'))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});
