import { randomUUID } from 'node:crypto';

import type { ChatMessage } from '../ports';
import { validation } from '../refusals';
import type { AnswerEnd, Ask } from './generation';

/** The body of the answer to one InvokeModel request, whole or in chunks. */
export interface InvokeFormat {
  ask: Ask;
  whole(text: string, end: AnswerEnd): Readonly<Record<string, unknown>>;
  /** `index` counts from 0; the first chunk of a chat names the role. */
  chunk(text: string, index: number, inputTokens: number): Readonly<Record<string, unknown>>;
  lastChunk(end: AnswerEnd): Readonly<Record<string, unknown>>;
}

/** Sandbox's own: the documentation names no default for imported models. */
const DEFAULT_MAX_TOKENS = 512;

/** In the words that Bedrock has for bodies that do not fit a model's schema. */
const malformed = (what: string) =>
  validation(`Malformed input request: ${what}, please reformat your input and try again.`);

type Body = Readonly<Record<string, unknown>>;

/**
 * Tells the three formats of imported models apart by their fields (Amazon Bedrock User Guide,
 * "Invoke your imported model"): OpenAI chat has `messages`, OpenAI completion `prompt` with
 * `max_tokens`, Bedrock completion `prompt` with `max_gen_len`. A `prompt` with neither limit is
 * taken for a Bedrock completion; which one the real service takes it for could not be checked.
 *
 * @throws RefusedError ValidationException for anything else.
 */
export function readInvokeBody(bytes: Uint8Array, model: { arn: string; now: Date }): InvokeFormat {
  const body = parseBody(bytes);
  const options = (limit: 'max_tokens' | 'max_gen_len') => ({
    maxTokens:
      numberField(body, limit, { min: 1, integer: true }) ??
      numberField(body, 'max_completion_tokens', { min: 1, integer: true }) ??
      DEFAULT_MAX_TOKENS,
    temperature: numberField(body, 'temperature', { min: 0, max: 2 }),
    topP: numberField(body, 'top_p', { min: 0, max: 1 }),
    stop: stopField(body)
  });
  if (body.messages !== undefined) {
    if (body.prompt !== undefined) {
      throw malformed('#: extraneous key [prompt] is not permitted');
    }
    const input = { messages: readMessages(body.messages) };
    return openAiChat({ input, options: options('max_tokens') }, model);
  }
  if (body.prompt === undefined) {
    throw malformed('#: required key [prompt] not found');
  }
  if (typeof body.prompt !== 'string') {
    throw malformed(`#/prompt: expected type: String, found: ${jsonType(body.prompt)}`);
  }
  const input = { prompt: body.prompt };
  return body.max_tokens === undefined
    ? bedrockCompletion({ input, options: options('max_gen_len') })
    : openAiCompletion({ input, options: options('max_tokens') }, model);
}

function openAiChat(ask: Ask, model: { arn: string; now: Date }): InvokeFormat {
  const answer = openAiAnswer('chatcmpl', model);
  const chunk = (delta: Body, finish: string | null) => ({
    ...answer('chat.completion.chunk'),
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }]
  });
  return {
    ask,
    whole: (text, end) => ({
      ...answer('chat.completion'),
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: text, reasoning_content: null, tool_calls: [] },
          logprobs: null,
          finish_reason: finishReason(end)
        }
      ],
      usage: usage(end)
    }),
    chunk: (text, index) =>
      chunk(index === 0 ? { role: 'assistant', content: text } : { content: text }, null),
    lastChunk: end => ({
      ...chunk({ content: '' }, finishReason(end)),
      usage: usage(end),
      ...invocationMetrics(end)
    })
  };
}

function openAiCompletion(ask: Ask, model: { arn: string; now: Date }): InvokeFormat {
  const answer = openAiAnswer('cmpl', model);
  const choices = (text: string, finish: string | null) => ({
    ...answer('text_completion'),
    choices: [{ index: 0, text, logprobs: null, finish_reason: finish }]
  });
  return {
    ask,
    whole: (text, end) => ({ ...choices(text, finishReason(end)), usage: usage(end) }),
    chunk: text => choices(text, null),
    lastChunk: end => ({
      ...choices('', finishReason(end)),
      usage: usage(end),
      ...invocationMetrics(end)
    })
  };
}

function bedrockCompletion(ask: Ask): InvokeFormat {
  return {
    ask,
    whole: (text, end) => ({
      generation: text,
      prompt_token_count: end.inputTokens,
      generation_token_count: end.outputTokens,
      stop_reason: finishReason(end),
      logprobs: null
    }),
    chunk: (text, index, inputTokens) => ({
      generation: text,
      prompt_token_count: index === 0 ? inputTokens : null,
      generation_token_count: index + 1,
      stop_reason: null,
      logprobs: null
    }),
    lastChunk: end => ({
      generation: '',
      prompt_token_count: null,
      generation_token_count: end.outputTokens,
      stop_reason: finishReason(end),
      logprobs: null,
      ...invocationMetrics(end)
    })
  };
}

/** These formats have one word for an end token and for a stop text. */
const finishReason = (end: AnswerEnd) => (end.reason === 'length' ? 'length' : 'stop');

function openAiAnswer(prefix: string, model: { arn: string; now: Date }) {
  const id = `${prefix}-${randomUUID().replaceAll('-', '')}`;
  const created = Math.floor(model.now.getTime() / 1000);
  return (object: string) => ({ id, object, created, model: model.arn });
}

const usage = (end: AnswerEnd) => ({
  prompt_tokens: end.inputTokens,
  completion_tokens: end.outputTokens,
  total_tokens: end.inputTokens + end.outputTokens
});

/** Bedrock adds this to the last chunk of every stream. */
const invocationMetrics = (end: AnswerEnd) => ({
  'amazon-bedrock-invocationMetrics': {
    inputTokenCount: end.inputTokens,
    outputTokenCount: end.outputTokens,
    invocationLatency: Math.round(end.totalMs),
    firstByteLatency: Math.round(end.firstMs)
  }
});

function parseBody(bytes: Uint8Array): Body {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw validation('Malformed input request, please reformat your input and try again.');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw malformed(`#: expected type: JSONObject, found: ${jsonType(parsed)}`);
  }
  return parsed as Body;
}

function readMessages(value: unknown): ChatMessage[] {
  if (!Array.isArray(value)) {
    throw malformed(`#/messages: expected type: JSONArray, found: ${jsonType(value)}`);
  }
  if (value.length === 0) {
    throw malformed('#/messages: expected minimum item count: 1, found: 0');
  }
  return value.map((message: unknown, index) => {
    const fields = (typeof message === 'object' && message !== null ? message : {}) as Body;
    if (typeof fields.role !== 'string') {
      throw malformed(`#/messages/${index}: required key [role] not found`);
    }
    return { role: fields.role, content: readContent(fields.content, index) };
  });
}

/** Text, or a list of text parts. Images are for models that the sandbox cannot run. */
function readContent(value: unknown, index: number): string {
  if (typeof value === 'string') {
    return value;
  }
  if (!Array.isArray(value)) {
    throw malformed(
      `#/messages/${index}/content: expected type: String, found: ${jsonType(value)}`
    );
  }
  return value
    .map((part: unknown) => {
      const fields = (typeof part === 'object' && part !== null ? part : {}) as Body;
      if (fields.type !== 'text' || typeof fields.text !== 'string') {
        throw malformed(`#/messages/${index}/content: only parts of type text are supported`);
      }
      return fields.text;
    })
    .join('');
}

function numberField(
  body: Body,
  name: string,
  limits: { min: number; max?: number; integer?: boolean }
): number | undefined {
  const value = body[name];
  if (value === undefined || value === null) {
    return undefined;
  }
  const wanted = limits.integer === true ? 'Integer' : 'Number';
  if (typeof value !== 'number' || (limits.integer === true && !Number.isInteger(value))) {
    throw malformed(`#/${name}: expected type: ${wanted}, found: ${jsonType(value)}`);
  }
  if (value < limits.min) {
    throw malformed(`#/${name}: ${value} is not greater or equal to ${limits.min}`);
  }
  if (limits.max !== undefined && value > limits.max) {
    throw malformed(`#/${name}: ${value} is not less or equal to ${limits.max}`);
  }
  return value;
}

function stopField(body: Body): string[] | undefined {
  const value = body.stop;
  if (value === undefined || value === null) {
    return undefined;
  }
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.map(item => {
    if (typeof item !== 'string') {
      throw malformed(`#/stop: expected type: String, found: ${jsonType(item)}`);
    }
    return item;
  });
}

function jsonType(value: unknown): string {
  if (value === null) {
    return 'Null';
  }
  if (Array.isArray(value)) {
    return 'JSONArray';
  }
  if (typeof value === 'number') {
    return Number.isInteger(value) ? 'Integer' : 'BigDecimal';
  }
  return (
    { string: 'String', boolean: 'Boolean', object: 'JSONObject' }[typeof value as string] ?? 'Null'
  );
}
