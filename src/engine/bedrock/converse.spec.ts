import type { ServerResponse } from 'node:http';

import { startTestModel, type TestModel } from '../../sandbox/bedrock/testing/testModel';
import { createAwsClients, type AwsClients, type Clock } from '../aws';
import {
  sendJson,
  sendJsonError,
  startScriptedAws,
  type ScriptedAws
} from '../aws/testing/scriptedAws';
import { rejectedBy } from '../testing/thrownBy';
import { converse, converseByPrompt, deleteImportedModel } from '.';
import type {
  ConverseByPromptOptions,
  ConverseTool,
  ConverseTurn,
  PromptedAnswer,
  WaitEvent
} from '.';

const ARN = 'arn:aws:bedrock:us-east-1:123456789012:imported-model/abcdefghijkl';
const WEATHER: ConverseTool = {
  name: 'get_weather',
  description: 'The weather in a city now.',
  inputSchema: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city']
  }
};
const QUESTION: ConverseTurn = { role: 'user', text: 'What is the weather in Paris?' };
const TEMPLATE =
  '{{ bos_token }}{% for m in messages %}<{{ m.role }}>{{ m.content }}</>{% endfor %}<assistant>';
const TEMPLATE_WITH_TOOLS =
  '{% for t in tools or [] %}[{{ t.function.name }}]{% endfor %}{% for m in messages %}<{{ m.role }}>{{ m.content }}{% for c in m.tool_calls or [] %}{{ c.function.name }} {{ c.function.arguments | tojson }}{% endfor %}{% endfor %}<assistant>';

describe('a model in the sandbox', () => {
  let test: TestModel;
  let aws: AwsClients;

  beforeAll(async () => {
    test = await startTestModel('Read: {prompt}', { faults: { 'model-not-ready': 40 } });
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

  /** Bedrock holds three models, so that each is deleted after its question. */
  const prompted = async (
    name: string,
    answer: string,
    more: Partial<ConverseByPromptOptions> = {}
  ): Promise<PromptedAnswer> => {
    const modelArn = await test.importModel(name, {
      'config.json': '{"architecture":"LlamaForCausalLM"}',
      'answer.txt': answer
    });
    const options = { turns: [QUESTION], tools: [WEATHER], template: TEMPLATE, clock: together() };
    const result = await converseByPrompt(aws, modelArn, { ...options, ...more });
    await deleteImportedModel(aws, modelArn);
    return result;
  };

  it('answers a whole conversation after a visible cold start', async () => {
    const waits: WaitEvent[] = [];
    const answer = await converse(aws, test.modelArn, {
      turns: [QUESTION, { role: 'assistant', text: 'Mild.' }, { role: 'user', text: 'And Rome?' }],
      system: 'Be brief.',
      temperature: 0,
      clock: together(),
      onWait: wait => waits.push(wait)
    });
    const text =
      'Read: <system>Be brief.<user>What is the weather in Paris?<assistant>Mild.<user>And Rome?';
    expect(answer).toMatchObject({
      text,
      turn: { role: 'assistant', text },
      toolCalls: [],
      api: 'Converse',
      stopReason: 'end_turn'
    });
    expect(waits.length).toBeGreaterThan(1);
    expect(answer.coldStartMs).toBeGreaterThanOrEqual(40_000);
    expect(answer.outputTokens).toBeGreaterThan(0);
  });

  it('is refused tools, which is told apart from being refused Converse', async () => {
    const noTools = await rejectedBy(
      converse(aws, test.modelArn, { turns: [QUESTION], tools: [WEATHER], clock: together() })
    );
    expect(noTools).toMatchObject({ code: 'CONVERSE_TOOLS_UNSUPPORTED', kind: 'blocked' });
    const qwen = await test.importModel('qwen', {
      'config.json': '{"architecture":"Qwen2ForCausalLM"}',
      'answer.txt': 'Hello from {prompt}'
    });
    await expect(
      converse(aws, qwen, { turns: [QUESTION], clock: together() })
    ).rejects.toMatchObject({ code: 'CONVERSE_UNSUPPORTED', kind: 'blocked' });
    const answer = await converseByPrompt(aws, qwen, {
      turns: [QUESTION],
      template: TEMPLATE,
      bosToken: '<s>',
      clock: together()
    });
    expect(answer).toMatchObject({
      text: 'Hello from <s><user>What is the weather in Paris?</><assistant>',
      prompt: '<s><user>What is the weather in Paris?</><assistant>',
      api: 'InvokeModel (prompt)'
    });
    expect(answer.inputTokens).toBeGreaterThan(0);
    expect(answer.outputTokens).toBeGreaterThan(0);
  });

  it('goes on with the beginning of a call', async () => {
    const answer = await prompted('caller', 'Paris"}} and so on', { toolChoice: 'get_weather' });
    expect(answer).toMatchObject({
      text: '',
      toolCalls: [{ name: 'get_weather', input: { city: 'Paris' } }],
      stopReason: 'tool_use',
      toolsBy: 'plain words'
    });
    expect(answer.prompt).toContain('- get_weather: The weather in a city now.');
    expect(answer.prompt).toMatch(/<assistant>\{"name": "get_weather", "parameters": \{"city": "$/);
  });

  it('reads a call that the model has begun itself', async () => {
    const { toolCalls } = await prompted(
      'arguments',
      'Let me see. {"name": "get_weather", "arguments": {"city": "a } in \\" Paris"}}'
    );
    expect(toolCalls).toEqual([
      { id: 'call-1', name: 'get_weather', input: { city: 'a } in " Paris' } }
    ]);
  });

  it.each([
    ['unknown', '{"name": "delete_all", "parameters": {}}'],
    ['broken', '{"name": "get_weather", "parameters": {"city": "Par'],
    ['words', 'It is {mild} there.'],
    ['bare', '{"name": "get_weather"}']
  ])('takes no call from text that holds none: %s', async (name, text) => {
    const answer = await prompted(`no-call-${name}`, text);
    expect(answer).toMatchObject({ text, toolCalls: [], turn: { text } });
  });

  it('hands results on, by the template or in words', async () => {
    const toolCalls = [{ id: 'a', name: 'get_weather', input: { city: 'Paris' } }];
    const turns: ConverseTurn[] = [
      QUESTION,
      { role: 'assistant', text: '', toolCalls },
      { role: 'user', toolResults: [{ id: 'a', output: { sky: 'cloudy' } }] }
    ];
    const ask = (template: string) =>
      converseByPrompt(aws, test.modelArn, {
        ...{ turns, tools: [WEATHER], template, clock: together() }
      });
    const inWords = await ask(TEMPLATE);
    expect(inWords.toolsBy).toBe('plain words');
    expect(inWords.prompt).toContain(
      '<assistant>{"name": "get_weather", "parameters": {"city":"Paris"}}</><user>get_weather returned: {"sky":"cloudy"}\n'
    );
    const native = await ask(TEMPLATE_WITH_TOOLS);
    expect(native.toolsBy).toBe('chat template');
    expect(native.prompt).toBe(
      '[get_weather]<user>What is the weather in Paris?<assistant>get_weather {"city": "Paris"}<tool>{"sky":"cloudy"}<assistant>'
    );
    const refusing = await ask(`{% if tools %}{{ raise_exception('no') }}{% endif %}${TEMPLATE}`);
    expect(refusing.toolsBy).toBe('plain words');
  });

  it('says which tools there are', async () => {
    await expect(
      converseByPrompt(aws, test.modelArn, {
        ...{ turns: [QUESTION], tools: [WEATHER], template: TEMPLATE, toolChoice: 'get_wether' }
      })
    ).rejects.toMatchObject({
      code: 'TOOL_UNKNOWN',
      nextStep: expect.stringContaining('get_weather')
    });
  });

  it('says that there is no such model', async () => {
    await expect(
      converse(aws, ARN, { turns: [QUESTION], clock: together() })
    ).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    await expect(
      converse(aws, ARN.replace('us-east-1', 'eu-central-1'), { turns: [QUESTION] })
    ).rejects.toMatchObject({ code: 'MODEL_OTHER_REGION' });
  });

  it('ends with its signal', async () => {
    const signal = AbortSignal.abort();
    await expect(converse(aws, test.modelArn, { turns: [QUESTION], signal })).rejects.toMatchObject(
      { code: 'CANCELLED' }
    );
  });
});

/** The sandbox's model uses no tools, so that this side is scripted. */
describe('a model that uses tools', () => {
  let server: ScriptedAws;
  let answers: Array<
    Parameters<typeof sendJson> extends [infer R, ...infer _] ? (r: R) => void : never
  >;

  beforeAll(async () => {
    server = await startScriptedAws((_, response) => answers.shift()?.(response));
  });
  beforeEach(() => {
    server.requests.length = 0;
  });
  afterAll(() => server.close());

  it('calls one, and answers with its result', async () => {
    const toolUse = { toolUseId: 'use-1', name: 'get_weather', input: { city: 'Paris' } };
    answers = [
      response =>
        sendJson(response, 200, {
          output: {
            message: {
              role: 'assistant',
              content: [
                { reasoningContent: { reasoningText: { text: 'I need the weather.' } } },
                { text: 'One moment.' },
                { toolUse }
              ]
            }
          },
          stopReason: 'tool_use',
          usage: { inputTokens: 30, outputTokens: 12, totalTokens: 42 },
          metrics: { latencyMs: 5 }
        }),
      response =>
        sendJson(response, 200, {
          output: { message: { role: 'assistant', content: [{ text: 'It is cloudy.' }] } },
          stopReason: 'end_turn',
          usage: { inputTokens: 50, outputTokens: 4, totalTokens: 54 },
          metrics: { latencyMs: 5 }
        })
    ];
    const first = await converse(server.aws, ARN, { turns: [QUESTION], tools: [WEATHER] });
    expect(first).toMatchObject({
      text: 'One moment.',
      reasoning: 'I need the weather.',
      toolCalls: [{ id: 'use-1', name: 'get_weather', input: { city: 'Paris' } }],
      stopReason: 'tool_use',
      inputTokens: 30,
      coldStartMs: 0
    });
    const second = await converse(server.aws, ARN, {
      turns: [
        QUESTION,
        first.turn,
        {
          role: 'user',
          toolResults: [
            { id: 'use-1', output: { sky: 'cloudy' } },
            { id: 'use-2', output: 'no such city', failed: true }
          ]
        }
      ],
      tools: [WEATHER]
    });
    expect(second.text).toBe('It is cloudy.');
    const [asked, told] = server.requests.map(({ body }) => JSON.parse(body) as object);
    expect(asked).toMatchObject({
      messages: [{ role: 'user', content: [{ text: 'What is the weather in Paris?' }] }],
      toolConfig: {
        tools: [
          {
            toolSpec: {
              name: 'get_weather',
              description: 'The weather in a city now.',
              inputSchema: { json: WEATHER.inputSchema }
            }
          }
        ]
      }
    });
    expect(told).toMatchObject({
      messages: [
        { role: 'user' },
        { role: 'assistant', content: [{ text: 'One moment.' }, { toolUse }] },
        {
          role: 'user',
          content: [
            {
              toolResult: {
                toolUseId: 'use-1',
                content: [{ text: '{"sky":"cloudy"}' }],
                status: 'success'
              }
            },
            {
              toolResult: {
                toolUseId: 'use-2',
                content: [{ text: 'no such city' }],
                status: 'error'
              }
            }
          ]
        }
      ]
    });
  });

  it('gives up a model that never gets ready, and says what a refusal says', async () => {
    const notReady = (response: ServerResponse): void =>
      sendJsonError(response, 429, 'ModelNotReadyException', 'Model is not ready for inference.');
    answers = [notReady, notReady];
    let now = 0;
    const clock: Clock = {
      now: () => now,
      random: () => 0.5,
      sleep: async ms => void (now += ms)
    };
    await expect(
      converse(server.aws, ARN, { turns: [QUESTION], readyBudgetMs: 1000, clock })
    ).rejects.toMatchObject({ code: 'ASK_NOT_READY' });
    answers = [
      response => sendJsonError(response, 400, 'ValidationException', 'maxTokens is too large')
    ];
    await expect(converse(server.aws, ARN, { turns: [QUESTION] })).rejects.toMatchObject({
      code: 'ASK_REFUSED',
      message: expect.stringContaining('maxTokens is too large')
    });
    for (const unreadable of [['what is this'], {}, 'text']) {
      answers = [response => sendJson(response, 200, unreadable)];
      await expect(
        converseByPrompt(server.aws, ARN, { turns: [QUESTION], template: TEMPLATE })
      ).rejects.toMatchObject({ code: 'ANSWER_UNREADABLE' });
    }
  });
});
