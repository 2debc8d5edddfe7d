import {
  BedrockImportError,
  inspectModel,
  openCopySource,
  type ChatTemplateReading
} from '../../engine';
import {
  code,
  details,
  displayedAs,
  heading,
  keyValues,
  points,
  stack,
  withCellSignal
} from '../display';
import type { Displayed, View } from '../display';
import { currentSession } from '../session';

/** What renders a model's prompts: its template, and the tokens that the template asks for. */
export interface ModelTemplate {
  /** On the hub, or what `openCopySource` takes. */
  model: string;
  template: string;
  /** The file that the template is in. */
  path: string;
  bosToken?: string;
  eosToken?: string;
  /** Texts that the tokenizer reads as one token, as far as tokenizer_config.json names them. */
  tokens: string[];
  reading: ChatTemplateReading;
}

/**
 * Reads a model's own chat template from its small files. Changes nothing; as the last value of a cell it is
 * shown.
 *
 * @param model - @default that of `connect()`
 * @throws BedrockImportError `CELL_ORDER` before `connect()`, `CHAT_TEMPLATE_MISSING`, and those of
 *   `openCopySource`
 */
export async function readModelTemplate(
  model = currentSession().model,
  options: { signal?: AbortSignal } = {}
): Promise<ModelTemplate & Displayed> {
  const { context } = currentSession();
  const signal = withCellSignal(options.signal);
  const { files } = await openCopySource(context, model, { signal });
  const { texts, chatTemplate } = await inspectModel(files, { region: context.aws.region, signal });
  const { effective } = chatTemplate;
  if (effective === undefined) {
    throw new BedrockImportError({
      code: 'CHAT_TEMPLATE_MISSING',
      message: `${model} has no chat template, so it takes prompts and no conversations.`,
      subject: model,
      nextStep:
        'Choose a model that was trained for conversations, or give it a template on the way.'
    });
  }
  const config = configOf(texts['tokenizer_config.json']);
  const bosToken = tokenText(config['bos_token']);
  const eosToken = tokenText(config['eos_token']);
  const found: ModelTemplate = {
    model,
    template: effective.template,
    path: effective.path,
    ...(bosToken === undefined ? {} : { bosToken }),
    ...(eosToken === undefined ? {} : { eosToken }),
    tokens: tokensOf(config),
    reading: chatTemplate
  };
  return displayedAs(found, () => templateView(found));
}

function configOf(text = '{}'): Readonly<Record<string, unknown>> {
  try {
    return recordOf(JSON.parse(text.replace(/^\uFEFF/, '')));
  } catch {
    return {};
  }
}

/** A token is written as a text, or as an object that holds it. */
function tokenText(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value : recordOf(value)['content'];
  return typeof text === 'string' ? text : undefined;
}

function tokensOf(config: Readonly<Record<string, unknown>>): string[] {
  const added = Object.values(recordOf(config['added_tokens_decoder']));
  const named = Object.entries(config)
    .filter(([name]) => name.endsWith('_token'))
    .map(([, value]) => value);
  const additional = config['additional_special_tokens'];
  return [
    ...new Set(
      [...added, ...named, ...(Array.isArray(additional) ? (additional as unknown[]) : [])]
        .map(tokenText)
        .filter(text => text !== undefined)
    )
  ];
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function templateView({
  model,
  template,
  path,
  bosToken,
  eosToken,
  tokens,
  reading
}: ModelTemplate): View {
  const { problems } = reading;
  return stack(
    heading(`Chat template of ${model}`),
    keyValues([
      ['In', path],
      ['Length', `${template.length} characters`],
      ['Conversation begins with', bosToken],
      ['Turn ends with', eosToken],
      ['Tokens known by name', tokens.length]
    ]),
    problems.length > 0 && points(problems),
    details('The template', code(template))
  );
}
