import { BedrockImportError } from '../errors';
import { setStringMember } from './jsonText';
import { requireUsableTemplate } from './parseTemplate';
import {
  TEMPLATE_FILE,
  TEMPLATE_JSON,
  TOKENIZER_CONFIG,
  isNamedTemplateFile,
  readChatTemplates
} from './readChatTemplates';
import type { FileRewrite } from './types';

/**
 * What has to change so that the given template is the one that counts wherever a loader looks:
 * tokenizer_config.json always (it gets the key when it has none), chat_template.jinja and
 * chat_template.json where they exist, because they win over it, and files of
 * `additional_chat_templates/` are left out. A list of named templates becomes one text. Files that
 * already hold the template are not listed.
 * @throws BedrockImportError `CHAT_TEMPLATE_INVALID` (kind `blocked`) when the template is empty or
 * does not parse, `CHAT_TEMPLATE_PLACE_INVALID` (kind `blocked`) when a JSON file of the model
 * cannot be edited
 */
export function replaceChatTemplate(
  texts: Readonly<Record<string, string>>,
  template: string
): FileRewrite[] {
  const wanted = template.replace(/^\uFEFF/, '');
  requireUsableTemplate(wanted);
  const rewrites: FileRewrite[] = [];
  const hasTokenizerConfig = texts[TOKENIZER_CONFIG] !== undefined;
  if (hasTokenizerConfig) {
    rewrites.push(rewriteJson(texts, TOKENIZER_CONFIG, wanted));
  }
  const file = texts[TEMPLATE_FILE];
  if (file !== undefined || !hasTokenizerConfig) {
    const summary =
      file === undefined
        ? `${TEMPLATE_FILE} is written, because the model has no ${TOKENIZER_CONFIG}`
        : `${TEMPLATE_FILE}, which wins over ${TOKENIZER_CONFIG}, is replaced`;
    rewrites.push({ path: TEMPLATE_FILE, before: file, after: wanted, summary });
  }
  if (texts[TEMPLATE_JSON] !== undefined) {
    rewrites.push(rewriteJson(texts, TEMPLATE_JSON, wanted));
  }
  for (const path of Object.keys(texts).filter(isNamedTemplateFile).sort()) {
    const summary = `${path} is left out, so that no other template is chosen by its name`;
    rewrites.push({ path, before: texts[path], after: undefined, summary });
  }
  return rewrites.filter(rewrite => rewrite.before !== rewrite.after);
}

function rewriteJson(
  texts: Readonly<Record<string, string>>,
  path: string,
  template: string
): FileRewrite {
  const before = texts[path] ?? '';
  const places = readChatTemplates({ [path]: before }).places;
  const names = places.flatMap(place => (place.name === undefined ? [] : [place.name]));
  let summary = `chat_template in ${path} is replaced; nothing else in the file changes`;
  if (names.length > 0) {
    summary = `the named chat templates in ${path} (${names.join(', ')}) become one text; nothing else in the file changes`;
  } else if (places.length === 0) {
    summary = `${path} gets a chat_template; nothing else in the file changes`;
  }
  if (places.length === 1 && names.length === 0 && places[0]?.template === template) {
    return { path, before, after: before, summary };
  }
  return { path, before, after: editJson(path, before, template), summary };
}

function editJson(path: string, text: string, template: string): string {
  try {
    JSON.parse(text.replace(/^\uFEFF/, ''));
    return setStringMember(text, 'chat_template', template);
  } catch (error) {
    throw new BedrockImportError({
      code: 'CHAT_TEMPLATE_PLACE_INVALID',
      message: `${path} of the model is not a valid JSON object, so its chat template cannot be replaced.`,
      subject: path,
      nextStep:
        'Leave the chat template option out, or take a revision of the model with a valid file.',
      kind: 'blocked',
      cause: error
    });
  }
}
