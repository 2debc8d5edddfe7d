import { Template } from '@huggingface/jinja';
import { ModelFilesError, ModelInputError, type ChatMessage, type ModelFiles } from './types';
import { readJson } from './validate';

/** Turns messages into the text that the model reads. */
export type PromptTemplate = (messages: ChatMessage[]) => string;

/**
 * The template that counts: chat_template.jinja, then chat_template.json, then the one inside
 * tokenizer_config.json; of a named list the one called `default`.
 */
export async function readPromptTemplate(
  files: ModelFiles,
  sizes: ReadonlyMap<string, number>
): Promise<PromptTemplate> {
  const tokenizerConfig = (await readJson(files, sizes, 'tokenizer_config.json')) ?? {};
  const source = sizes.has('chat_template.jinja')
    ? new TextDecoder().decode(await files.read('chat_template.jinja'))
    : (templateIn(await readJson(files, sizes, 'chat_template.json')) ??
      templateIn(tokenizerConfig));
  if (source === undefined) {
    return () => {
      // AWS does not publish the words of the real service for this case.
      throw new ModelInputError(
        'The model does not have a chat template, so it takes prompts and no messages.'
      );
    };
  }
  const template = compile(source);
  const specialTokens = readSpecialTokens(tokenizerConfig);
  return messages => {
    if (messages.length === 0) {
      throw new ModelInputError('At least one message is needed.');
    }
    try {
      return template.render({ ...specialTokens, messages, add_generation_prompt: true });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ModelInputError(`The model's chat template refuses the messages: ${reason}`);
    }
  };
}

function compile(source: string): Template {
  try {
    return new Template(source);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ModelFilesError(`The model's chat template is not valid: ${reason}`);
  }
}

function templateIn(json: Record<string, unknown> | undefined): string | undefined {
  const value = json?.['chat_template'];
  if (typeof value === 'string') {
    return value;
  }
  if (Array.isArray(value)) {
    const named = value as Array<{ name?: unknown; template?: unknown } | null>;
    const chosen = named.find(entry => entry?.name === 'default')?.template;
    return typeof chosen === 'string' ? chosen : undefined;
  }
  return undefined;
}

/** `bos_token` and the like, which templates print; some files hold objects in their place. */
function readSpecialTokens(config: Record<string, unknown>): Record<string, string> {
  const tokens: Record<string, string> = {};
  for (const [key, value] of Object.entries(config)) {
    const text = tokenText(value);
    if (key.endsWith('_token') && text !== undefined) {
      tokens[key] = text;
    }
  }
  return tokens;
}

/** The text of a token that is written as a string or as an AddedToken object. */
export function tokenText(value: unknown): string | undefined {
  if (typeof value === 'string') {
    return value;
  }
  if (typeof value === 'object' && value !== null && 'content' in value) {
    return typeof value.content === 'string' ? value.content : undefined;
  }
  return undefined;
}
