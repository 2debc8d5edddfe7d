import type { ChatTemplateReading } from '../chatTemplate';
import type { Check } from '../checks';
import type { FileSelection, ModelListing } from './types';

export type JsonObject = Readonly<Record<string, unknown>>;

/** What the checks look at: read once, before any of them runs. */
export interface ModelFacts {
  model: ModelListing;
  selection: FileSelection;
  region?: string;
  /** The small files that could be read as text, by path. */
  texts: Readonly<Record<string, string>>;
  /** Paths of the small files that are not UTF-8 text, or are `.json` without being JSON objects. */
  unreadable: readonly string[];
  config?: JsonObject;
  generationConfig?: JsonObject;
  tokenizerConfig?: JsonObject;
  /** Path and content of the safetensors index. */
  index?: { path: string; json: JsonObject };
  architecture?: string;
  torchDtype?: string;
  contextLength?: number;
  weightsBytes: number;
  chatTemplate: ChatTemplateReading;
}

/** One pre-flight check; `undefined` when what it looks at is not there to be judged. */
export type ModelCheck = (facts: ModelFacts) => Check | undefined;

/** Everything that follows from the listing and from the texts read. */
export function collectFacts(input: {
  model: ModelListing;
  selection: FileSelection;
  region?: string;
  texts: Readonly<Record<string, string>>;
  notText: readonly string[];
  chatTemplate: ChatTemplateReading;
}): ModelFacts {
  const { model, selection, region, texts, chatTemplate } = input;
  const unreadable = [...input.notText];
  const parsed = new Map<string, JsonObject>();
  for (const [path, text] of Object.entries(texts)) {
    if (path.endsWith('.json')) {
      const json = parseObject(text);
      if (json === undefined) {
        unreadable.push(path);
      } else {
        parsed.set(path, json);
      }
    }
  }
  const config = parsed.get('config.json');
  const indexPath = indexPathOf(selection);
  const indexJson = indexPath === undefined ? undefined : parsed.get(indexPath);
  const weights = selection.taken.filter(file => file.path.endsWith('.safetensors'));
  return {
    model,
    selection,
    region,
    texts,
    unreadable,
    config,
    generationConfig: parsed.get('generation_config.json'),
    tokenizerConfig: parsed.get('tokenizer_config.json'),
    index:
      indexPath === undefined || indexJson === undefined
        ? undefined
        : { path: indexPath, json: indexJson },
    architecture: firstText(config?.['architectures']),
    torchDtype: text(config?.['torch_dtype']) ?? text(config?.['dtype']) ?? textDtype(config),
    contextLength:
      tokens(config?.['max_position_embeddings']) ??
      tokens(textConfig(config)?.['max_position_embeddings']),
    weightsBytes: weights.reduce((sum, file) => sum + file.sizeBytes, 0),
    chatTemplate
  };
}

/** The index of the taken weights; `model.safetensors.index.json` first. */
export function indexPathOf(selection: FileSelection): string | undefined {
  const paths = selection.taken
    .map(file => file.path)
    .filter(path => path.endsWith('.safetensors.index.json'));
  return paths.find(path => path === 'model.safetensors.index.json') ?? paths[0];
}

/** The part of a multimodal model's config.json that is about text. */
export function textConfig(config: JsonObject | undefined): JsonObject | undefined {
  const nested = config?.['text_config'];
  return isObject(nested) ? nested : undefined;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textDtype(config: JsonObject | undefined): string | undefined {
  const nested = textConfig(config);
  return text(nested?.['torch_dtype']) ?? text(nested?.['dtype']);
}

function parseObject(source: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(source.replace(/^\uFEFF/, ''));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function firstText(value: unknown): string | undefined {
  return Array.isArray(value) ? text(value[0]) : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function tokens(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : undefined;
}
