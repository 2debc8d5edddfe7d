import { renderChatTemplate } from '../chatTemplate';
import type { ChatTemplateMessage, ChatTemplateTool } from '../chatTemplate';
import { BedrockImportError } from '../errors';
import type { ConverseTool, ConverseTurn, ToolCall, ToolResult } from './converseTypes';

export interface PromptOptions {
  turns: readonly ConverseTurn[];
  system?: string;
  tools?: readonly ConverseTool[];
  /** The model's chat template. */
  template: string;
  bosToken?: string;
  eosToken?: string;
  /** Name of a tool: the answer is begun as a call of it. */
  toolChoice?: string;
}

export interface ConversePrompt {
  /** What the model reads, the beginning of its answer included. */
  prompt: string;
  /** That beginning. */
  begun: string;
  /** Who lays out the tools: the model's own template, or words of a system text. */
  toolsBy?: 'chat template' | 'plain words';
}

/**
 * A conversation as one prompt, with the model's own chat template. Many templates drop tools or what belongs
 * to them without a word; where any of it would not reach the model, all of it is put into plain words.
 *
 * @throws BedrockImportError `CHAT_TEMPLATE_INVALID`, `CHAT_TEMPLATE_REFUSED`, `TOOL_UNKNOWN` (usage)
 */
export function layOutPrompt(options: PromptOptions): ConversePrompt {
  const { tools = [], toolChoice } = options;
  const chosen = tools.find(({ name }) => name === toolChoice);
  if (toolChoice !== undefined && chosen === undefined) {
    throw new BedrockImportError({
      code: 'TOOL_UNKNOWN',
      message: `${toolChoice} is none of the tools.`,
      subject: toolChoice,
      nextStep: `Choose one of: ${tools.map(({ name }) => name).join(', ') || 'none is given'}.`,
      kind: 'usage'
    });
  }
  const begun = chosen === undefined ? '' : beginCall(chosen);
  if (tools.length === 0) {
    return { prompt: render(options, inWords(options)) + begun, begun };
  }
  const native = renderNatively(options);
  return native === undefined
    ? { prompt: render(options, inWords(options)) + begun, begun, toolsBy: 'plain words' }
    : { prompt: native + begun, begun, toolsBy: 'chat template' };
}

function render(
  { template, bosToken, eosToken }: PromptOptions,
  messages: ChatTemplateMessage[],
  tools?: ChatTemplateTool[]
): string {
  return renderChatTemplate(template, { messages, tools, bosToken, eosToken });
}

/** @returns undefined when the template refuses the tools or anything that belongs to them is missing */
function renderNatively(options: PromptOptions): string | undefined {
  const { turns, tools = [] } = options;
  let rendered: string;
  try {
    rendered = render(options, natively(options), tools.map(toTemplateTool));
  } catch (error) {
    if (error instanceof BedrockImportError && error.code === 'CHAT_TEMPLATE_REFUSED') {
      return undefined;
    }
    throw error;
  }
  const wanted = [
    ...tools.map(({ name }) => name),
    ...turns.flatMap(turn => ('toolResults' in turn ? turn.toolResults.map(outputText) : []))
  ];
  const calls = turns.flatMap(turn => ('toolCalls' in turn ? (turn.toolCalls ?? []) : []));
  // A tool that is described and called is there twice.
  const isCalled = ({ name }: ToolCall): boolean => rendered.split(name).length > 2;
  return wanted.every(text => rendered.includes(text)) && calls.every(isCalled)
    ? rendered
    : undefined;
}

function natively({ turns, system }: PromptOptions): ChatTemplateMessage[] {
  return [
    ...(system === undefined ? [] : [{ role: 'system', content: system }]),
    ...turns.flatMap((turn): ChatTemplateMessage[] => {
      if ('toolResults' in turn) {
        return turn.toolResults.map(result => ({
          role: 'tool',
          tool_call_id: result.id,
          content: outputText(result)
        }));
      }
      const { role, text: content } = turn;
      if (role === 'user' || turn.toolCalls === undefined) {
        return [{ role, content }];
      }
      return [
        {
          role,
          content,
          tool_calls: turn.toolCalls.map(({ id, name, input }) => ({
            id,
            type: 'function',
            function: { name, arguments: input }
          }))
        }
      ];
    })
  ];
}

/** Only roles that every chat template has. */
function inWords({ turns, system, tools = [] }: PromptOptions): ChatTemplateMessage[] {
  const told = [system, tools.length === 0 ? undefined : describeTools(tools)]
    .filter(text => text !== undefined)
    .join('\n\n');
  const calls = new Map(
    turns.flatMap(turn =>
      'toolCalls' in turn ? (turn.toolCalls ?? []).map(call => [call.id, call.name] as const) : []
    )
  );
  return [
    ...(told === '' ? [] : [{ role: 'system', content: told }]),
    ...turns.map((turn): ChatTemplateMessage => {
      if ('toolResults' in turn) {
        const results = turn.toolResults.map(result => {
          const name = calls.get(result.id) ?? 'The tool';
          return `${name} ${result.failed === true ? 'failed' : 'returned'}: ${outputText(result)}`;
        });
        const content = [...results, 'Answer my question in one sentence.'].join('\n');
        return { role: 'user', content };
      }
      const { role, text } = turn;
      const said = role === 'user' ? [] : (turn.toolCalls ?? []).map(callText);
      return { role, content: [text, ...said].filter(part => part !== '').join('\n') };
    })
  ];
}

function describeTools(tools: readonly ConverseTool[]): string {
  const lines = tools.map(
    ({ name, description, inputSchema }) =>
      `- ${name}: ${description} Its parameters: ${JSON.stringify(inputSchema['properties'] ?? {})}`
  );
  return [
    'You can call these functions:',
    ...lines,
    'To call one, answer with nothing but {"name": function name, "parameters": {parameter name: value}}.'
  ].join('\n');
}

function toTemplateTool({ name, description, inputSchema }: ConverseTool): ChatTemplateTool {
  return { type: 'function', function: { name, description, parameters: inputSchema } };
}

function outputText({ output }: ToolResult): string {
  return typeof output === 'string' ? output : (JSON.stringify(output) ?? 'null');
}

function callText({ name, input }: ToolCall): string {
  return `{"name": ${JSON.stringify(name)}, "parameters": ${JSON.stringify(input) ?? '{}'}}`;
}

/** As far as the schema decides it: up to the value of the first parameter that has to be there. */
function beginCall({ name, inputSchema }: ConverseTool): string {
  const { properties, required } = inputSchema as {
    properties?: Readonly<Record<string, { type?: unknown }>>;
    required?: unknown;
  };
  const first: unknown = Array.isArray(required) ? required[0] : undefined;
  const start = `{"name": ${JSON.stringify(name)}, "parameters": {`;
  if (typeof first !== 'string') {
    return start;
  }
  const quote = properties?.[first]?.type === 'string' ? '"' : '';
  return `${start}${JSON.stringify(first)}: ${quote}`;
}

/**
 * The call that a text holds, in the forms that chat templates teach: `parameters` or `arguments`.
 *
 * @returns undefined when it holds none, or names no tool that there is
 */
export function readToolCall(text: string, tools: readonly ConverseTool[]): ToolCall | undefined {
  const start = text.indexOf('{');
  const end = start < 0 ? -1 : endOfObject(text, start);
  if (end < 0) {
    return undefined;
  }
  let value: unknown;
  try {
    value = JSON.parse(text.slice(start, end));
  } catch {
    return undefined;
  }
  const call = value as { name?: unknown; parameters?: unknown; arguments?: unknown };
  const tool = tools.find(({ name }) => name === call.name);
  const input = call.parameters ?? call.arguments;
  return tool === undefined || typeof input !== 'object' || input === null
    ? undefined
    : { id: 'call-1', name: tool.name, input };
}

/** @returns the place behind the brace that closes the one at `start`, or -1 */
function endOfObject(text: string, start: number): number {
  let depth = 0;
  let inText = false;
  for (let at = start; at < text.length; at += 1) {
    const letter = text[at];
    if (inText) {
      if (letter === '\\') {
        at += 1;
      } else if (letter === '"') {
        inText = false;
      }
    } else if (letter === '"') {
      inText = true;
    } else if (letter === '{') {
      depth += 1;
    } else if (letter === '}') {
      depth -= 1;
      if (depth === 0) {
        return at + 1;
      }
    }
  }
  return -1;
}
