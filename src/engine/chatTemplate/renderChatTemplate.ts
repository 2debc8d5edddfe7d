import { Environment, Template } from '@huggingface/jinja';

import { BedrockImportError } from '../errors';
import { requireUsableTemplate } from './parseTemplate';
import { StrictInterpreter } from './strictInterpreter';

/** A turn of a conversation, as chat templates take it. */
export interface ChatTemplateMessage {
  /** Such as `system`, `user`, `assistant` or `tool`. */
  role: string;
  content?: unknown;
  tool_calls?: ReadonlyArray<{
    id?: string;
    type: 'function';
    function: { name: string; arguments: unknown };
  }>;
  tool_call_id?: string;
  name?: string;
}

/** A tool, as chat templates take it. */
export interface ChatTemplateTool {
  type: 'function';
  function: { name: string; description?: string; parameters: object };
}

export interface RenderChatTemplateOptions {
  messages: readonly ChatTemplateMessage[];
  tools?: readonly ChatTemplateTool[];
  /** Whether the beginning of the model's turn stands at the end. @default true */
  addGenerationPrompt?: boolean;
  /** Text of the token that a conversation begins with. @default '' */
  bosToken?: string;
  /** Text of the token that a turn ends with. @default '' */
  eosToken?: string;
  /** More that the template may ask for, such as `date_string`. */
  variables?: Readonly<Record<string, unknown>>;
  /** What `strftime_now` tells. @default now */
  now?: Date;
}

/**
 * The text that a model reads of a conversation, as its chat template lays it out.
 *
 * The template is evaluated with the options of transformers (`trim_blocks`, `lstrip_blocks`) and joins with
 * `+` only what Python joins. It is still another interpreter than the Python one that serves models: a
 * template that renders here may fail there, and the other way round.
 *
 * @throws BedrockImportError `CHAT_TEMPLATE_INVALID` (kind `blocked`) for a template that is empty or does
 *   not parse, `CHAT_TEMPLATE_REFUSED` for a conversation that the template does not take
 */
export function renderChatTemplate(template: string, options: RenderChatTemplateOptions): string {
  const text = template.replace(/^\uFEFF/, '');
  requireUsableTemplate(text);
  const { messages, tools, addGenerationPrompt = true, bosToken = '', eosToken = '' } = options;
  const environment = new Environment();
  const variables: Record<string, unknown> = {
    ...globals(options.now ?? new Date()),
    bos_token: bosToken,
    eos_token: eosToken,
    ...options.variables,
    messages,
    tools: tools === undefined || tools.length === 0 ? null : tools,
    add_generation_prompt: addGenerationPrompt
  };
  try {
    for (const [name, value] of Object.entries(variables)) {
      environment.set(name, value);
    }
    const { parsed } = new Template(text);
    const { value } = new StrictInterpreter(environment).run(parsed);
    return typeof value === 'string' ? value : '';
  } catch (error) {
    throw refused(error);
  }
}

/** The template's own words, by `raise_exception`. */
class TemplateRefusal extends Error {}

function globals(now: Date): Record<string, unknown> {
  return {
    true: true,
    false: false,
    none: null,
    True: true,
    False: false,
    None: null,
    raise_exception: (message: unknown) => {
      throw new TemplateRefusal(String(message));
    },
    range: numbers,
    strftime_now: (format: unknown) => formatTime(now, String(format))
  };
}

/** A template could ask for a list that no memory holds. */
const MOST_NUMBERS = 1_000_000;

function numbers(first: number, last?: number, step = 1): number[] {
  const [start, stop] = last === undefined ? [0, first] : [first, last];
  const count = Math.max(0, Math.ceil((stop - start) / step));
  if (!Number.isFinite(count) || count > MOST_NUMBERS) {
    throw new RangeError('range() is given no usable numbers');
  }
  return Array.from({ length: count }, (_, index) => start + index * step);
}

/** What `strftime` of Python does with the fields that chat templates use. */
function formatTime(now: Date, format: string): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const month = (month: 'long' | 'short'): string =>
    new Intl.DateTimeFormat('en-US', { month }).format(now);
  const fields: Readonly<Record<string, string>> = {
    '%Y': String(now.getFullYear()),
    '%m': two(now.getMonth() + 1),
    '%d': two(now.getDate()),
    '%B': month('long'),
    '%b': month('short'),
    '%H': two(now.getHours()),
    '%M': two(now.getMinutes()),
    '%%': '%'
  };
  return format.replace(/%[YmdBbHM%]/g, field => fields[field] ?? field);
}

function refused(error: unknown): BedrockImportError {
  const words = error instanceof Error ? error.message : String(error);
  const own = error instanceof TemplateRefusal;
  return new BedrockImportError({
    code: 'CHAT_TEMPLATE_REFUSED',
    message: own
      ? `The chat template refuses the conversation: ${words}`
      : `The chat template cannot render the conversation: ${words}`,
    subject: 'chat template',
    nextStep:
      'Change the conversation to what the template takes, such as an empty text in place of none, or replace the template.',
    cause: error
  });
}
