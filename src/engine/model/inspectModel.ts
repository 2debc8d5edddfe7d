import { readChatTemplates } from '../chatTemplate';
import { cancelledError } from '../errors';
import { MODEL_CHECKS } from './checks';
import { collectFacts, indexPathOf, isObject, type ModelFacts } from './facts';
import { selectImportFiles } from './selectImportFiles';
import type { FileSelection, ModelFiles, ModelInspection } from './types';

/** An index of a model with many experts has some megabytes; nothing else read here comes close. */
const MAX_TEXT_BYTES = 32 * 2 ** 20;
const READS_AT_ONCE = 4;
const DTYPE_BYTES: Readonly<Record<string, number>> = { float32: 4, float16: 2, bfloat16: 2 };

const SMALL_FILES: readonly RegExp[] = [
  /^(config|generation_config|tokenizer_config|special_tokens_map)\.json$/,
  /^chat_template\.(jinja|json)$/,
  /^additional_chat_templates\/[^/]+\.jinja$/
];

/**
 * Reads a model's small files and judges from them, and from the listing, whether an import can
 * work. Copies and changes nothing.
 * @throws BedrockImportError when the source does not hand over a file, or `CANCELLED`
 */
export async function inspectModel(
  source: ModelFiles,
  options: { region?: string; signal?: AbortSignal } = {}
): Promise<ModelInspection> {
  const { model } = source;
  const selected = selectImportFiles(model.files);
  const selection = { ...selected, leftOut: [...selected.leftOut, ...(model.leftOut ?? [])] };
  const { texts, notText } = await readTexts(source, selection, options.signal);
  const chatTemplate = readChatTemplates(texts);
  const { region } = options;
  const facts = collectFacts({ model, selection, region, texts, notText, chatTemplate });
  const judged = MODEL_CHECKS.map(check => check(facts)).filter(check => check !== undefined);
  const checks = [...(model.checks ?? []), ...judged];
  const modelType = facts.config?.['model_type'];
  return {
    model,
    selection,
    architecture: facts.architecture,
    modelType: typeof modelType === 'string' ? modelType : undefined,
    torchDtype: facts.torchDtype,
    parameters: parametersOf(facts),
    weightsBytes: facts.weightsBytes,
    contextLength: facts.contextLength,
    checks,
    chatTemplate,
    texts
  };
}

async function readTexts(
  source: ModelFiles,
  selection: FileSelection,
  signal: AbortSignal | undefined
): Promise<{ texts: Record<string, string>; notText: string[] }> {
  const index = indexPathOf(selection);
  const waiting = selection.taken
    .map(file => file.path)
    .filter(path => path === index || SMALL_FILES.some(pattern => pattern.test(path)));
  const read = new Map<string, string | undefined>();
  const order = [...waiting];
  const worker = async (): Promise<void> => {
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
      if (signal?.aborted === true) {
        throw cancelledError(source.model.id, signal.reason);
      }
      const options = { maxBytes: MAX_TEXT_BYTES, signal };
      read.set(path, decode(await source.readFile(path, options)));
    }
  };
  await Promise.all(Array.from({ length: READS_AT_ONCE }, worker));
  const texts: Record<string, string> = {};
  const notText: string[] = [];
  for (const path of order) {
    const text = read.get(path);
    if (text === undefined) {
      notText.push(path);
    } else {
      texts[path] = text;
    }
  }
  return { texts, notText };
}

/** The text with every byte kept, a byte order mark included; `undefined` when it is not UTF-8. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** From the index: as it says, or from the size of all tensors when they are of one plain type. */
function parametersOf(facts: ModelFacts): number | undefined {
  const metadata = facts.index?.json['metadata'];
  if (!isObject(metadata)) {
    return undefined;
  }
  const { total_parameters: stated, total_size: totalBytes } = metadata;
  if (Number.isSafeInteger(stated)) {
    return stated as number;
  }
  const quantisedWeights = facts.config?.['quantization_config'] !== undefined;
  const bytes = facts.torchDtype === undefined ? undefined : DTYPE_BYTES[facts.torchDtype];
  const usable = Number.isSafeInteger(totalBytes) && bytes !== undefined && !quantisedWeights;
  return usable ? Math.round((totalBytes as number) / bytes) : undefined;
}
