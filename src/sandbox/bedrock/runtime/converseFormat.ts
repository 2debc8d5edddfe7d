import type { ChatMessage } from '../ports';
import { validation } from '../refusals';
import type { AnswerEnd, Ask } from './generation';

interface ConverseMessage {
  role: string;
  content: Array<Record<string, unknown>>;
}

/** Input of Converse and ConverseStream as far as the sandbox serves it. */
interface ConverseInput {
  messages?: ConverseMessage[];
  system?: Array<Record<string, unknown>>;
  inferenceConfig?: {
    maxTokens?: number;
    temperature?: number;
    topP?: number;
    stopSequences?: string[];
  };
  toolConfig?: unknown;
  guardrailConfig?: unknown;
}

/** Sandbox's own: the documentation names no default for imported models. */
const DEFAULT_MAX_TOKENS = 512;

/**
 * Turns a Converse request into a conversation.
 *
 * @throws RefusedError ValidationException. The words about turns and blank text are those of the
 * real service; those about blocks that the sandbox cannot serve follow them.
 */
export function readConverse(raw: Readonly<Record<string, unknown>>): Ask {
  // The service model has checked these types.
  const input = raw as ConverseInput;
  if (input.toolConfig !== undefined) {
    throw validation("This model doesn't support tool use.");
  }
  if (input.guardrailConfig !== undefined) {
    throw validation('The guardrail identifier or version provided in the request does not exist.');
  }
  const turns = input.messages ?? [];
  checkTurns(turns);
  const messages: ChatMessage[] = turns.map((message, index) => ({
    role: message.role,
    content: message.content
      .map((block, at) => textOf(block, `messages.${index}.content.${at}`))
      .join('')
  }));
  const system = (input.system ?? []).map((block, at) => textOf(block, `system.${at}`)).join('\n');
  const config = input.inferenceConfig ?? {};
  return {
    input: {
      messages: system === '' ? messages : [{ role: 'system', content: system }, ...messages]
    },
    options: {
      maxTokens: config.maxTokens ?? DEFAULT_MAX_TOKENS,
      temperature: config.temperature,
      topP: config.topP,
      stop: config.stopSequences
    }
  };
}

function checkTurns(turns: readonly ConverseMessage[]): void {
  const roles = turns.map(({ role }) => role);
  if (roles[0] !== 'user') {
    throw validation(
      'A conversation must start with a user message. Try again with a conversation that starts with a user message.'
    );
  }
  if (roles.some((role, index) => index > 0 && role === roles[index - 1])) {
    throw validation(
      'A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.'
    );
  }
  if (roles.at(-1) !== 'user') {
    throw validation(
      'This model does not support assistant message prefill. The conversation must end with a user message.'
    );
  }
  const empty = turns.findIndex(({ content }) => content.length === 0);
  if (empty >= 0) {
    throw validation(
      `The content field in the Message object at messages.${empty} is empty. Add a ContentBlock object to the content field and try again.`
    );
  }
}

function textOf(block: Readonly<Record<string, unknown>>, at: string): string {
  const [kind] = Object.keys(block);
  if (kind !== 'text' || typeof block.text !== 'string') {
    throw validation(
      `This model doesn't support the ${kind ?? 'empty'} field. Remove ${kind ?? 'it'} and try again.`
    );
  }
  if (block.text.trim() === '') {
    throw validation(
      `The text field in the ContentBlock object at ${at} is blank. Add text to the text field, and try again.`
    );
  }
  return block.text;
}

const STOP_REASONS: Readonly<Record<AnswerEnd['reason'], string>> = {
  stop: 'end_turn',
  stop_sequence: 'stop_sequence',
  length: 'max_tokens'
};

export const converseStopReason = (end: AnswerEnd) => STOP_REASONS[end.reason];

export const converseUsage = (end: AnswerEnd) => ({
  inputTokens: end.inputTokens,
  outputTokens: end.outputTokens,
  totalTokens: end.inputTokens + end.outputTokens
});
