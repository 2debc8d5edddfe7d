import type { SandboxState } from '../../state';
import type { StoredModel } from '../control/records';
import { notFound, validation } from '../refusals';
import { converseStopReason, converseUsage, readConverse } from './converseFormat';
import { eventStreamResponse, type StreamEvent } from './eventStream';
import { startGeneration, wholeAnswer, type Ask, type Generation } from './generation';
import { readInvokeBody, type InvokeFormat } from './invokeFormats';
import type { ModelHost } from './modelHost';

export interface RuntimeRequest {
  input: Readonly<Record<string, unknown>>;
  region: string;
  /** Aborted when the client goes away. */
  signal: AbortSignal;
}

export interface Runtime {
  /** @throws RefusedError in the codes of the service model. */
  call(action: string, request: RuntimeRequest): Promise<Response>;
}

/** InvokeModel, Converse and their streams on imported models. */
export function createRuntime(options: {
  state: SandboxState;
  host: ModelHost;
  findModel(identifier: string, region: string): StoredModel | undefined;
}): Runtime {
  const { state, host } = options;
  const modelOf = (request: RuntimeRequest): StoredModel => {
    const identifier = request.input.modelId as string;
    // Imported models are invoked by ARN; a name is taken for a foundation model's id.
    const model = identifier.startsWith('arn:')
      ? options.findModel(identifier, request.region)
      : undefined;
    if (model !== undefined) {
      return model;
    }
    if (/:imported-model\//.test(identifier)) {
      // Only the code is known.
      throw notFound(`The imported model ${identifier} could not be found.`);
    }
    throw validation('The provided model identifier is invalid.');
  };
  const generate = async (model: StoredModel, ask: Ask, signal: AbortSignal) =>
    startGeneration(await host.acquire(model), ask, signal);

  const invokeFormat = (request: RuntimeRequest, model: StoredModel): InvokeFormat =>
    readInvokeBody(request.input.body as Uint8Array, { arn: model.arn, now: state.now() });

  const conversation = (request: RuntimeRequest): { model: StoredModel; ask: Ask } => {
    const model = modelOf(request);
    if (!model.instructSupported) {
      throw validation("This action doesn't support the model that you provided.");
    }
    return { model, ask: readConverse(request.input) };
  };

  const operations: Readonly<Record<string, (request: RuntimeRequest) => Promise<Response>>> = {
    InvokeModel: async request => {
      const model = modelOf(request);
      const format = invokeFormat(request, model);
      const { text, end } = await wholeAnswer(await generate(model, format.ask, request.signal));
      return jsonResponse(format.whole(text, end), {
        'x-amzn-bedrock-invocation-latency': String(Math.round(end.totalMs)),
        'x-amzn-bedrock-input-token-count': String(end.inputTokens),
        'x-amzn-bedrock-output-token-count': String(end.outputTokens)
      });
    },
    InvokeModelWithResponseStream: async request => {
      const model = modelOf(request);
      const format = invokeFormat(request, model);
      const generation = await generate(model, format.ask, request.signal);
      return eventStreamResponse(invokeEvents(format, generation), {
        headers: { 'x-amzn-bedrock-content-type': 'application/json' },
        onCancel: generation.cancel
      });
    },
    Converse: async request => {
      const { model, ask } = conversation(request);
      const { text, end } = await wholeAnswer(await generate(model, ask, request.signal));
      return jsonResponse({
        output: { message: { role: 'assistant', content: [{ text }] } },
        stopReason: converseStopReason(end),
        usage: converseUsage(end),
        metrics: { latencyMs: Math.round(end.totalMs) }
      });
    },
    ConverseStream: async request => {
      const { model, ask } = conversation(request);
      const generation = await generate(model, ask, request.signal);
      return eventStreamResponse(converseEvents(generation), {
        headers: {},
        onCancel: generation.cancel
      });
    }
  };
  return {
    call: (action, request) => {
      const operation = operations[action];
      if (operation === undefined) {
        throw new Error(`${action} is in the service model but not served.`);
      }
      return operation(request);
    }
  };
}

function jsonResponse(body: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(body), {
    headers: { 'content-type': 'application/json', ...headers }
  });
}

async function* invokeEvents(
  format: InvokeFormat,
  generation: Generation
): AsyncGenerator<StreamEvent, void> {
  const chunk = (body: unknown): StreamEvent => ({
    type: 'chunk',
    body: { bytes: Buffer.from(JSON.stringify(body)).toString('base64') }
  });
  for (let index = 0; ; index++) {
    const next = await generation.next();
    if ('end' in next) {
      yield chunk(format.lastChunk(next.end));
      return;
    }
    yield chunk(format.chunk(next.text, index, generation.inputTokens));
  }
}

async function* converseEvents(generation: Generation): AsyncGenerator<StreamEvent, void> {
  const contentBlockIndex = 0;
  yield { type: 'messageStart', body: { role: 'assistant' } };
  for (;;) {
    const next = await generation.next();
    if ('end' in next) {
      const { end } = next;
      yield { type: 'contentBlockStop', body: { contentBlockIndex } };
      yield { type: 'messageStop', body: { stopReason: converseStopReason(end) } };
      yield {
        type: 'metadata',
        body: { usage: converseUsage(end), metrics: { latencyMs: Math.round(end.totalMs) } }
      };
      return;
    }
    yield { type: 'contentBlockDelta', body: { delta: { text: next.text }, contentBlockIndex } };
  }
}
