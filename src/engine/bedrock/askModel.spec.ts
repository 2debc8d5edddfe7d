import type { ServerResponse } from 'node:http';

import {
  beginStream,
  createTestClock,
  eventMessage,
  sendJson,
  sendJsonError,
  startScriptedAws,
  streamChunk,
  streamEvent,
  streamException,
  type Received,
  type ScriptedAws
} from '../aws/testing/scriptedAws';
import { askModel, type AskOptions, type WaitEvent } from '.';

const ARN = 'arn:aws:bedrock:us-east-1:123456789012:imported-model/abcdefghijkl';
const NOT_READY = 'Model is not ready for inference. Please wait a few minutes and retry.';
const NO_CONVERSE = "This action doesn't support the model that you provided.";

type Step = (response: ServerResponse) => void;

let server: ScriptedAws;
let model: Record<string, unknown>;
let converse: Step[];
let invoke: Step[];

function nextOf(steps: Step[]): Step {
  const step = steps.length > 1 ? steps.shift() : steps[0];
  if (step === undefined) {
    throw new Error('The script has no answer.');
  }
  return step;
}

beforeAll(async () => {
  server = await startScriptedAws((request, response) => {
    if (request.url.endsWith('/converse-stream')) {
      nextOf(converse)(response);
    } else if (request.url.endsWith('/invoke-with-response-stream')) {
      nextOf(invoke)(response);
    } else {
      sendJson(response, 200, { modelArn: ARN, modelName: 'smol', ...model });
    }
  });
});
beforeEach(() => {
  server.requests.length = 0;
  model = { instructSupported: true };
  converse = [converseParis];
  invoke = [response => streamOf(response, [{ choices: [{ delta: { content: 'Paris' } }] }])];
});
afterAll(() => server.close());

const converseParis: Step = response => {
  beginStream(response);
  response.write(streamEvent('messageStart', { role: 'assistant' }));
  response.write(
    streamEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Par' } })
  );
  response.write(
    streamEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'is é' } })
  );
  response.write(streamEvent('messageStop', { stopReason: 'end_turn' }));
  response.end(
    streamEvent('metadata', {
      usage: { inputTokens: 7, outputTokens: 3, totalTokens: 10 },
      metrics: { latencyMs: 5 }
    })
  );
};

function streamOf(response: ServerResponse, payloads: unknown[]): void {
  beginStream(response);
  payloads.forEach(payload => response.write(streamChunk(payload)));
  response.end();
}

const refuse =
  (status: number, name: string, message: string): Step =>
  response =>
    sendJsonError(response, status, name, message);

const ask = (options: Partial<AskOptions> = {}) =>
  askModel(server.aws, ARN, { prompt: 'Capital of France?', clock: createTestClock(), ...options });

const paths = (): string[] =>
  server.requests.map(({ url }) => url.slice(url.lastIndexOf('/') + 1).split('?')[0] ?? '');

const bodyOf = (request: Received | undefined): unknown => JSON.parse(request?.body ?? '');

describe('askModel by Converse', () => {
  it('hands on every piece as it arrives, and the tokens', async () => {
    const pieces: string[] = [];
    const answer = await ask({
      system: 'Be brief.',
      maxTokens: 20,
      temperature: 0,
      onText: text => pieces.push(text)
    });
    expect(pieces).toEqual(['Par', 'is é']);
    expect(answer).toMatchObject({
      text: 'Paris é',
      api: 'Converse',
      inputTokens: 7,
      outputTokens: 3,
      stopReason: 'end_turn',
      coldStartMs: 0
    });
    expect(answer.fallbackReason).toBeUndefined();
    expect(bodyOf(server.requests[1])).toEqual({
      system: [{ text: 'Be brief.' }],
      messages: [{ role: 'user', content: [{ text: 'Capital of France?' }] }],
      inferenceConfig: { maxTokens: 20, temperature: 0 }
    });
  });

  it('waits visibly for a model that is not ready, one request for each wait', async () => {
    const notReady = refuse(429, 'ModelNotReadyException', NOT_READY);
    converse = [notReady, notReady, notReady, converseParis];
    const clock = createTestClock();
    const waits: WaitEvent[] = [];
    const answer = await ask({ clock, onWait: wait => waits.push(wait) });
    expect(answer.text).toBe('Paris é');
    expect(waits).toHaveLength(3);
    expect(waits[0]?.budgetMs).toBe(900_000);
    expect(answer.coldStartMs).toBe(clock.slept.reduce((sum, ms) => sum + ms, 0));
    expect(paths().filter(path => path === 'converse-stream')).toHaveLength(4);
  });

  it('gives up after its budget, and says that the import is done', async () => {
    converse = [refuse(429, 'ModelNotReadyException', NOT_READY)];
    const clock = createTestClock();
    await expect(ask({ clock, readyBudgetMs: 120_000 })).rejects.toMatchObject({
      code: 'ASK_NOT_READY',
      message: expect.stringContaining('2 min'),
      nextStep: expect.stringContaining('import itself is done')
    });
    expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBe(120_000);
  });

  it('stops waiting when told to', async () => {
    converse = [refuse(429, 'ModelNotReadyException', NOT_READY)];
    const controller = new AbortController();
    const asked = askModel(server.aws, ARN, {
      prompt: 'x',
      signal: controller.signal,
      onWait: () => controller.abort()
    });
    await expect(asked).rejects.toMatchObject({ kind: 'cancelled' });
  });

  it('stops a running answer when told to', async () => {
    converse = [
      response => {
        beginStream(response);
        response.write(
          streamEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'a' } })
        );
      }
    ];
    const controller = new AbortController();
    const asked = ask({ signal: controller.signal, onText: () => controller.abort() });
    await expect(asked).rejects.toMatchObject({ kind: 'cancelled' });
  });

  it('tries again after throttling, an empty failure and a broken connection', async () => {
    converse = [
      refuse(429, 'ThrottlingException', 'Too many requests'),
      response => response.writeHead(503).end(),
      response => {
        response.destroy();
      },
      converseParis
    ];
    const waits: WaitEvent[] = [];
    expect((await ask({ onWait: wait => waits.push(wait) })).text).toBe('Paris é');
    expect(waits).toHaveLength(3);
  });

  it.each<[string, Step]>([
    [
      'an exception in the stream',
      r => r.end(streamException('modelStreamErrorException', 'Boom'))
    ],
    ['an exception nobody knows', r => r.end(streamException('newException', 'Boom'))],
    [
      'an error message',
      r =>
        r.end(
          eventMessage(
            { ':message-type': 'error', ':error-code': '500', ':error-message': 'Boom' },
            ''
          )
        )
    ],
    ['a broken connection', r => setTimeout(() => r.destroy(), 20)],
    [
      'half a message',
      r => r.end(streamEvent('messageStop', { stopReason: 'end_turn' }).subarray(0, 20))
    ],
    ['an early end', r => r.end()],
    ['silence', () => undefined]
  ])('never starts again after %s', async (_name, breakOff) => {
    converse = [
      response => {
        beginStream(response);
        response.write(
          streamEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Par' } })
        );
        breakOff(response);
      }
    ];
    const pieces: string[] = [];
    const asked = ask({ onText: text => pieces.push(text), idleMs: 400 });
    await expect(asked).rejects.toMatchObject({
      code: 'ASK_INTERRUPTED',
      message: expect.stringContaining('after 3 characters')
    });
    expect(pieces).toEqual(['Par']);
    expect(paths().filter(path => path === 'converse-stream')).toHaveLength(1);
  });
});

describe('askModel by InvokeModel', () => {
  it('falls back when Converse is not for the model, and says why', async () => {
    converse = [refuse(400, 'ValidationException', NO_CONVERSE)];
    const answer = await ask({ system: 'Be brief.', temperature: 0.5 });
    expect(answer).toMatchObject({
      text: 'Paris',
      api: 'InvokeModel (OpenAI chat)',
      fallbackReason: NO_CONVERSE
    });
    expect(bodyOf(server.requests.at(-1))).toEqual({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Capital of France?' }
      ],
      max_tokens: 512,
      temperature: 0.5
    });
  });

  it('does not ask Converse where Bedrock says that it cannot', async () => {
    model = { instructSupported: false };
    const answer = await ask();
    expect(paths()).not.toContain('converse-stream');
    expect(answer.fallbackReason).toContain('does not support Converse');
  });

  it('tries Converse where nothing is known', async () => {
    model = {};
    expect((await ask()).api).toBe('Converse');
  });

  it('needs no look at the model when it is told', async () => {
    expect((await ask({ instructSupported: true })).text).toBe('Paris é');
    expect(paths()).toEqual(['converse-stream']);
  });

  it.each<[string, unknown[], Record<string, unknown>]>([
    [
      'OpenAI chat deltas',
      [
        { choices: [{ delta: { role: 'assistant', content: '' } }] },
        { choices: [{ delta: { reasoning_content: 'Hm.' } }] },
        { choices: [{ delta: { content: 'Par' } }] },
        { choices: [{ delta: { content: 'is' }, finish_reason: 'stop' }] },
        { choices: [], usage: { prompt_tokens: 4, completion_tokens: 2 } }
      ],
      { text: 'Paris', reasoning: 'Hm.', stopReason: 'stop', inputTokens: 4, outputTokens: 2 }
    ],
    [
      'a whole OpenAI message',
      [{ choices: [{ message: { content: 'Paris' }, finish_reason: 'length' }] }],
      { text: 'Paris', stopReason: 'length' }
    ],
    [
      'OpenAI completions',
      [{ choices: [{ text: 'Par' }] }, { choices: [{ text: 'is' }] }],
      { text: 'Paris' }
    ],
    [
      'Bedrock completions',
      [
        { generation: 'Par', prompt_token_count: 5, generation_token_count: 1 },
        { generation: 'is', generation_token_count: 2, stop_reason: 'stop' },
        { 'amazon-bedrock-invocationMetrics': { inputTokenCount: 5, outputTokenCount: 2 } }
      ],
      { text: 'Paris', stopReason: 'stop', inputTokens: 5, outputTokens: 2 }
    ],
    [
      'older Mistral outputs',
      [{ outputs: [{ text: 'Paris', stop_reason: 'stop' }] }],
      { text: 'Paris', stopReason: 'stop' }
    ],
    [
      'event lines',
      ['data: {"choices":[{"delta":{"content":"Paris"}}]}\n\ndata: [DONE]'],
      { text: 'Paris' }
    ]
  ])('reads %s', async (_name, payloads, expected) => {
    model = { instructSupported: false };
    invoke = [response => streamOf(response, payloads)];
    expect(await ask()).toMatchObject(expected);
  });

  it('breaks off at a chunk that cannot be read', async () => {
    model = { instructSupported: false };
    invoke = [response => streamOf(response, [{ generation: 'Par' }, '{"generation": "i'])];
    await expect(ask()).rejects.toMatchObject({ code: 'ASK_INTERRUPTED' });
  });

  it('takes no empty stream for an answer', async () => {
    model = { instructSupported: false };
    invoke = [response => streamOf(response, [])];
    await expect(ask()).rejects.toMatchObject({ code: 'ASK_INTERRUPTED' });
  });

  it.each([
    [400, 'ValidationException', 'The messages field is required', 'ASK_REFUSED'],
    [424, 'ModelErrorException', 'CUDA error', 'ASK_REFUSED'],
    [404, 'ResourceNotFoundException', 'Could not resolve the model', 'MODEL_NOT_FOUND'],
    [403, 'AccessDeniedException', 'no', 'ACCESS_DENIED'],
    [403, 'ExpiredTokenException', 'expired', 'CREDENTIALS_EXPIRED']
  ])('makes one error of %i %s', async (status, name, message, code) => {
    model = { instructSupported: false };
    invoke = [refuse(status, name, message)];
    await expect(ask()).rejects.toMatchObject({ code });
    expect(paths().filter(path => path === 'invoke-with-response-stream')).toHaveLength(1);
  });
});

it('refuses a model of another region without a request', async () => {
  const elsewhere = ARN.replace('us-east-1', 'eu-central-1');
  await expect(askModel(server.aws, elsewhere, { prompt: 'x' })).rejects.toMatchObject({
    code: 'MODEL_OTHER_REGION'
  });
  expect(server.requests).toHaveLength(0);
});
