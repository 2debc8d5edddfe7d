import { askModel, cancelledError } from '../../engine';
import type { Answer, AskOptions, ImportedModel, ImportResult, WaitEvent } from '../../engine';
import { formatDuration } from '../../engine/cli/text/layout';
import {
  displayedAs,
  html,
  LiveDisplay,
  note,
  stack,
  STYLES,
  View,
  withCellSignal
} from '../display';
import type { Displayed } from '../display';
import { currentSession } from '../session';

/** An ARN or a name, or what holds it. */
export type AskedModel = string | Pick<ImportedModel, 'modelArn'> | Pick<ImportResult, 'model'>;

export type AskInCellOptions = Partial<Omit<AskOptions, 'prompt' | 'clock'>>;

interface Asking {
  prompt: string;
  text: string;
  reasoning: string;
  wait?: WaitEvent;
  answer?: Answer;
  stopped?: string;
}

/**
 * Asks an imported model and shows the answer as it comes, and before it the wait for a copy of the model.
 * Answers are billed in windows of 5 minutes for each active copy (Amazon Bedrock Pricing, "Custom Model
 * Import").
 *
 * @throws BedrockImportError `CELL_ORDER`, `CANCELLED` after ■, and those of `askModel`
 */
export async function ask(
  model: AskedModel,
  prompt: string,
  options: AskInCellOptions = {}
): Promise<Answer & Displayed> {
  const { aws } = currentSession().context;
  const signal = withCellSignal(options.signal);
  const asking: Asking = { prompt, text: '', reasoning: '' };
  const display = await LiveDisplay.open(askingView(asking));
  const draw = (): void => void display.update(askingView(asking)).catch(() => undefined);
  try {
    const answer = await askModel(aws, identifierOf(model), {
      ...options,
      ...hintOf(model),
      prompt,
      signal,
      onText: text => {
        asking.wait = undefined;
        asking.text += text;
        options.onText?.(text);
        draw();
      },
      onReasoning: text => {
        asking.wait = undefined;
        asking.reasoning += text;
        options.onReasoning?.(text);
        draw();
      },
      onWait: wait => {
        asking.wait = wait;
        options.onWait?.(wait);
        draw();
      }
    });
    asking.answer = answer;
    asking.wait = undefined;
    await display.finish(askingView(asking));
    return displayedAs(answer, () => note(answerSummary(answer), { tone: 'faint' }));
  } catch (error) {
    asking.wait = undefined;
    asking.stopped = error instanceof Error ? error.message : String(error);
    await display.finish(askingView(asking)).catch(() => undefined);
    throw signal?.aborted === true ? cancelledError(identifierOf(model), error) : error;
  }
}

function identifierOf(model: AskedModel): string {
  return typeof model === 'string'
    ? model
    : 'modelArn' in model
      ? model.modelArn
      : model.model.modelArn;
}

/** Spares the question to Bedrock whether Converse can be used. */
function hintOf(model: AskedModel): Pick<AskOptions, 'instructSupported'> {
  const known: Partial<ImportedModel> =
    typeof model === 'string' ? {} : 'model' in model ? model.model : model;
  const { instructSupported } = known;
  return instructSupported === undefined ? {} : { instructSupported };
}

function askingView({ prompt, text, reasoning, wait, answer, stopped }: Asking): View {
  return stack(
    note(`› ${prompt}`, { tone: 'faint' }),
    reasoning !== '' && thoughts(reasoning),
    (text !== '' || answer !== undefined) && note(text),
    wait && note(waitText(wait), { tone: 'warning' }),
    text === '' &&
      reasoning === '' &&
      wait === undefined &&
      stopped === undefined &&
      answer === undefined
      ? note('…', { tone: 'faint' })
      : undefined,
    answer && note(answerSummary(answer), { tone: 'faint' }),
    stopped === undefined ? undefined : note(stopped, { tone: 'blocker' })
  );
}

function thoughts(text: string): View {
  return new View(
    html`<details style="margin: 4px 0;">
      <summary style="cursor: pointer; ${STYLES.faint}">Thoughts</summary>
      <div style="${STYLES.faint} ${STYLES.words}">${text}</div>
    </details>`,
    `(${text})`
  );
}

function waitText({ reason, waitedMs, budgetMs }: WaitEvent): string {
  const waited = formatDuration(waitedMs / 1000);
  return `${reason} Waited ${waited} of at most ${formatDuration(budgetMs / 1000)}.`;
}

/** `Converse, 3.2 s, 12 tokens in, 40 out, after a cold start of 1 min 05 s`. */
function answerSummary(answer: Answer): string {
  const { inputTokens, outputTokens, coldStartMs, fallbackReason } = answer;
  return [
    answer.api,
    formatDuration(answer.totalMs / 1000),
    inputTokens === undefined ? '' : `${inputTokens} tokens in`,
    outputTokens === undefined ? '' : `${outputTokens} out`,
    coldStartMs > 0 ? `after a cold start of ${formatDuration(coldStartMs / 1000)}` : '',
    fallbackReason ?? ''
  ]
    .filter(part => part !== '')
    .join(', ');
}
