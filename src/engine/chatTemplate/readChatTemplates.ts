import { findTemplateFault } from './parseTemplate';
import type { ChatTemplatePlace, ChatTemplateReading } from './types';

export const TEMPLATE_FILE = 'chat_template.jinja';
export const TEMPLATE_JSON = 'chat_template.json';
export const TOKENIZER_CONFIG = 'tokenizer_config.json';
const NAMED_FILE = /^additional_chat_templates\/([^/]+)\.jinja$/;

/** True for a file of `additional_chat_templates/`. */
export function isNamedTemplateFile(path: string): boolean {
  return NAMED_FILE.test(path);
}

/**
 * Every chat template in a model's small files, by path. What wins is the order of transformers'
 * loaders: chat_template.jinja, then chat_template.json, then tokenizer_config.json; of a list of
 * named templates the one called `default`.
 */
export function readChatTemplates(texts: Readonly<Record<string, string>>): ChatTemplateReading {
  const problems: string[] = [];
  const places: ChatTemplatePlace[] = [];
  const file = texts[TEMPLATE_FILE];
  if (file !== undefined) {
    places.push({ path: TEMPLATE_FILE, form: 'file', template: file });
  }
  for (const path of [TEMPLATE_JSON, TOKENIZER_CONFIG]) {
    places.push(...readJsonPlace(path, texts[path], problems));
  }
  for (const path of Object.keys(texts).sort()) {
    const name = NAMED_FILE.exec(path)?.[1];
    if (name !== undefined) {
      places.push({ path, name, form: 'file', template: texts[path] ?? '' });
    }
  }
  const effective = places.find(place => place.name === undefined || place.name === 'default');
  if (effective === undefined && places.length > 0) {
    problems.push(
      'None of the named chat templates is called "default", so none is used by itself.'
    );
  }
  problems.push(...judgePlaces(places, effective));
  return { places, ...(effective === undefined ? {} : { effective }), problems };
}

function judgePlaces(places: ChatTemplatePlace[], effective?: ChatTemplatePlace): string[] {
  const problems: string[] = [];
  for (const place of places) {
    const fault = findTemplateFault(place.template);
    if (fault !== undefined) {
      problems.push(
        `The chat template in ${labelOf(place)} does not parse near line ${fault.line}: ${fault.message}`
      );
    }
  }
  if (effective === undefined) {
    return problems;
  }
  if (effective.template.trim() === '') {
    problems.push(`The chat template in ${labelOf(effective)} is empty.`);
  }
  const hidden = places.filter(
    place =>
      place !== effective &&
      (place.name === undefined || place.name === 'default') &&
      place.template !== effective.template
  );
  for (const place of hidden) {
    problems.push(`${effective.path} wins over the different chat template in ${place.path}.`);
  }
  return problems;
}

function labelOf(place: ChatTemplatePlace): string {
  return place.name === undefined || place.form === 'file'
    ? place.path
    : `${place.path} ("${place.name}")`;
}

function readJsonPlace(
  path: string,
  text: string | undefined,
  problems: string[]
): ChatTemplatePlace[] {
  if (text === undefined) {
    return [];
  }
  const parsed = parseJson(text);
  if (!isRecord(parsed)) {
    problems.push(`${path} is not a JSON object, so no chat template could be read from it.`);
    return [];
  }
  const value = parsed['chat_template'];
  if (typeof value === 'string') {
    return [{ path, form: 'string', template: value }];
  }
  if (Array.isArray(value)) {
    return readNamedList(path, value, problems);
  }
  if (isRecord(value)) {
    const entries = Object.entries(value).map(([name, template]) => ({ name, template }));
    return readNamedList(path, entries, problems);
  }
  if (value !== undefined && value !== null) {
    problems.push(`chat_template in ${path} is neither a text nor a list of named templates.`);
  }
  return [];
}

function readNamedList(path: string, list: unknown[], problems: string[]): ChatTemplatePlace[] {
  const places: ChatTemplatePlace[] = [];
  for (const entry of list) {
    const name = isRecord(entry) ? entry['name'] : undefined;
    const template = isRecord(entry) ? entry['template'] : undefined;
    if (typeof name === 'string' && typeof template === 'string') {
      places.push({ path, name, form: 'named-list', template });
    } else {
      problems.push(`An entry of the chat template list in ${path} has no name or no template.`);
    }
  }
  return places;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
