import { BedrockImportError, converse, converseByPrompt } from '../../engine';
import type {
  ConverseAnswer,
  ConverseOptions,
  ConverseTurn,
  ImportedModel,
  PromptedAnswer,
  WaitEvent
} from '../../engine';
import { formatDuration } from '../../engine/cli/text/layout';
import { displayedAs, LiveDisplay, note, stack, withCellSignal } from '../display';
import type { Displayed, View } from '../display';
import { currentSession } from '../session';
import type { ModelTemplate } from '../template';
import { conversationView } from '../views';
import type { ConversationTurn } from '../views';

export interface TalkOptions extends Omit<ConverseOptions, 'clock'> {
  /** For where Converse is not for the model or takes no tools: what renders its prompts. */
  template: Pick<ModelTemplate, 'template' | 'bosToken' | 'eosToken'>;
  /** Name of a tool that has to be called, where the prompt is laid out here. */
  toolChoice?: string;
}

/** An answer, and why it did not come by Converse. */
export interface Talk extends ConverseAnswer, Partial<Pick<PromptedAnswer, 'prompt' | 'toolsBy'>> {
  /** The conversation with the answer in it. */
  turns: ConverseTurn[];
  fallbackReason?: string;
}

const TOOLS_BY: Readonly<Record<NonNullable<Talk['toolsBy']>, string>> = {
  'chat template': 'tools by the chat template',
  'plain words': 'tools in plain words'
};

/** Codes that say that the other way is worth a try. */
const NOT_BY_CONVERSE: ReadonlySet<string> = new Set([
  'CONVERSE_UNSUPPORTED',
  'CONVERSE_TOOLS_UNSUPPORTED'
]);

/**
 * Sends a conversation to an imported model, with tools or without, and shows it with the answer. By Converse
 * where the model takes it, else with the conversation laid out here and sent by InvokeModel; the last line
 * says which. Answers are taken whole, not streamed, and are billed in windows of 5 minutes for each active
 * copy (Amazon Bedrock Pricing, "Custom Model Import").
 *
 * @throws BedrockImportError `CELL_ORDER` before `connect()`, `CANCELLED` after ■, and those of `converse` and
 *   `converseByPrompt`
 */
export async function talk(
  model: Pick<ImportedModel, 'modelArn' | 'instructSupported'>,
  options: TalkOptions
): Promise<Talk & Displayed> {
  const { aws } = currentSession().context;
  const { template, toolChoice, ...conversation } = options;
  const signal = withCellSignal(options.signal);
  const display = await LiveDisplay.open(talkView(options.turns, note('…', { tone: 'faint' })));
  const asked: ConverseOptions = {
    ...conversation,
    signal,
    onWait: wait => {
      options.onWait?.(wait);
      const line = note(waitText(wait), { tone: 'warning' });
      void display.update(talkView(options.turns, line)).catch(() => undefined);
    }
  };
  try {
    const { answer, fallbackReason } = await answerOf(
      model,
      () => converse(aws, model.modelArn, asked),
      () => converseByPrompt(aws, model.modelArn, { ...asked, ...template, toolChoice })
    );
    const told: Talk = {
      ...answer,
      turns: [...options.turns, answer.turn],
      ...(fallbackReason === undefined ? {} : { fallbackReason })
    };
    const line = note(summaryOf(told), { tone: 'faint' });
    await display.finish(talkView(told.turns, line));
    return displayedAs(told, () => outcomeOf(told));
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    await display
      .finish(talkView(options.turns, note(words, { tone: 'blocker' })))
      .catch(() => undefined);
    throw error;
  }
}

async function answerOf(
  { instructSupported }: Pick<ImportedModel, 'instructSupported'>,
  byConverse: () => Promise<ConverseAnswer>,
  byPrompt: () => Promise<PromptedAnswer>
): Promise<{ answer: ConverseAnswer | PromptedAnswer; fallbackReason?: string }> {
  let fallbackReason = 'Bedrock reports that Converse is not for the model.';
  if (instructSupported !== false) {
    try {
      return { answer: await byConverse() };
    } catch (error) {
      if (!(error instanceof BedrockImportError && NOT_BY_CONVERSE.has(error.code))) {
        throw error;
      }
      fallbackReason = error.message;
    }
  }
  return { answer: await byPrompt(), fallbackReason };
}

function talkView(turns: readonly ConverseTurn[], line: View): View {
  return stack(conversationView(turns.flatMap(toShown)), line);
}

/** The display above says the rest. */
function outcomeOf({ toolCalls, stopReason }: Talk): View {
  const names = toolCalls.map(({ name }) => name).join(', ');
  return note(names === '' ? `Answered (${stopReason}).` : `Asks for ${names}.`, { tone: 'faint' });
}

function toShown(turn: ConverseTurn): ConversationTurn[] {
  if ('toolResults' in turn) {
    return turn.toolResults.map(({ output, failed }) => ({
      role: failed === true ? 'tool, failed' : 'tool',
      content: typeof output === 'string' ? output : JSON.stringify(output)
    }));
  }
  const { role, text } = turn;
  const calls = role === 'assistant' ? (turn.toolCalls ?? []) : [];
  return [
    ...(text === '' && calls.length > 0 ? [] : [{ role, content: text }]),
    ...calls.map(({ name, input }) => ({
      role: 'assistant calls a tool',
      content: `${name}(${JSON.stringify(input)})`
    }))
  ];
}

function waitText({ reason, waitedMs, budgetMs }: WaitEvent): string {
  return `${reason} Waited ${formatDuration(waitedMs / 1000)} of at most ${formatDuration(budgetMs / 1000)}.`;
}

function summaryOf(talk: Talk): string {
  const { api, totalMs, inputTokens, outputTokens, stopReason, coldStartMs, toolsBy } = talk;
  return [
    api,
    formatDuration(totalMs / 1000),
    inputTokens === undefined ? '' : `${inputTokens} tokens in`,
    outputTokens === undefined ? '' : `${outputTokens} out`,
    `ended with ${stopReason}`,
    coldStartMs > 0 ? `after a cold start of ${formatDuration(coldStartMs / 1000)}` : '',
    toolsBy === undefined ? '' : TOOLS_BY[toolsBy],
    talk.fallbackReason ?? ''
  ]
    .filter(part => part !== '')
    .join(', ');
}
