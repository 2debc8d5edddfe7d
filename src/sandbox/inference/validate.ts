import { architectureOf, readDecoderConfig, RUNNABLE_ARCHITECTURES } from './config';
import { KERNEL_CAPACITY_BYTES } from './kernel/kernel';
import { isStoredDtype, readTensorList, type StoredTensor } from './safetensors';
import { expectedTensors } from './tensorPlan';
import { ModelFilesError, type ModelFiles } from './types';

export interface ModelValidation {
  architecture: string;
  /** A chat template came along. */
  instructSupported: boolean;
  weightsBytes: number;
  /** The sandbox can run it; else it can only be imported. */
  runnable: boolean;
}

/** Everything about a model's files that loading it needs. */
export interface ModelSurvey extends ModelValidation {
  config: Record<string, unknown>;
  /** By name; every file's tensors. */
  tensors: Map<string, StoredTensor>;
  shards: Array<{ path: string; sizeBytes: number }>;
}

/**
 * Amazon Bedrock User Guide, "Import a customized model", as of 2025-11: the architectures that an
 * import accepts, as config.json names them.
 */
const IMPORTABLE_ARCHITECTURES: readonly string[] = [
  'LlamaForCausalLM',
  'MllamaForConditionalGeneration',
  'MistralForCausalLM',
  'MixtralForCausalLM',
  'T5ForConditionalGeneration',
  'GPTBigCodeForCausalLM',
  'Qwen2ForCausalLM',
  'Qwen2VLForConditionalGeneration',
  'Qwen2_5_VLForConditionalGeneration',
  'Qwen3ForCausalLM',
  'Qwen3MoeForCausalLM',
  'GptOssForCausalLM'
];

const TOP_LEVEL_WEIGHTS = /^[^/]+\.safetensors$/;
const INDEX = 'model.safetensors.index.json';
/** What the KV cache and the working space may need beside the weights. */
const WORKING_SPACE_BYTES = 1_000_000_000;

/**
 * What an import job checks before it says `Completed`.
 * @throws ModelFilesError whose message is the job's `failureMessage`. AWS does not publish the
 * words of the real service for broken files, so these are plausible ones, not copies.
 */
export async function validateModelFiles(files: ModelFiles): Promise<ModelValidation> {
  const { architecture, instructSupported, weightsBytes, runnable } = await surveyModel(files);
  return { architecture, instructSupported, weightsBytes, runnable };
}

/** The checks of `validateModelFiles`, and what was learnt on the way. */
export async function surveyModel(files: ModelFiles): Promise<ModelSurvey> {
  const listed = await files.list();
  const sizes = new Map(listed.map(file => [file.path, file.sizeBytes]));
  const config = await readJson(files, sizes, 'config.json');
  if (config === undefined) {
    throw new ModelFilesError('The model artifacts do not contain a config.json file.');
  }
  const architecture = architectureOf(config);
  if (architecture === undefined || !IMPORTABLE_ARCHITECTURES.includes(architecture)) {
    throw new ModelFilesError(
      `Amazon Bedrock does not support the architecture (${architecture ?? 'none'}) of the model ` +
        'that you are importing.'
    );
  }
  requireTokenizer(sizes);
  await requireReadableTokenizer(files, sizes);
  const shards = listed.filter(file => TOP_LEVEL_WEIGHTS.test(file.path));
  if (shards.length === 0) {
    throw new ModelFilesError('The model artifacts do not contain any .safetensors file.');
  }
  shards.sort((a, b) => (a.path < b.path ? -1 : 1));
  const index = await readJson(files, sizes, INDEX);
  requireListedShards(index, sizes);
  const tensors = await readTensors(files, shards);
  requireIndexedTensors(index, tensors);
  const runnable = judgeTensors(config, architecture, tensors);
  const weightsBytes = shards.reduce((sum, shard) => sum + shard.sizeBytes, 0);
  return {
    architecture,
    instructSupported: await hasChatTemplate(files, sizes),
    weightsBytes,
    runnable:
      runnable &&
      sizes.has('tokenizer.json') &&
      weightsBytes + WORKING_SPACE_BYTES <= KERNEL_CAPACITY_BYTES,
    config,
    tensors,
    shards
  };
}

function requireTokenizer(sizes: ReadonlyMap<string, number>): void {
  const known = [
    ['tokenizer.json'],
    ['tokenizer.model'],
    ['spiece.model'],
    ['vocab.json', 'merges.txt']
  ];
  if (!known.some(set => set.every(path => sizes.has(path)))) {
    throw new ModelFilesError(
      'The model artifacts do not contain a tokenizer (tokenizer.json or tokenizer.model).'
    );
  }
  if (!sizes.has('tokenizer_config.json')) {
    throw new ModelFilesError('The model artifacts do not contain a tokenizer_config.json file.');
  }
}

/** Of a tokenizer.json only what any fast tokenizer needs: the model with its vocabulary. */
async function requireReadableTokenizer(
  files: ModelFiles,
  sizes: ReadonlyMap<string, number>
): Promise<void> {
  const tokenizer = await readJson(files, sizes, 'tokenizer.json');
  const model = tokenizer?.['model'];
  if (tokenizer !== undefined && (typeof model !== 'object' || model === null)) {
    throw new ModelFilesError('The file tokenizer.json does not describe a tokenizer.');
  }
}

function weightMapOf(index: Record<string, unknown> | undefined): Map<string, string> | undefined {
  if (index === undefined) {
    return undefined;
  }
  const map = index['weight_map'];
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw new ModelFilesError(`${INDEX} does not contain a weight_map.`);
  }
  return new Map(Object.entries(map).map(([tensor, file]) => [tensor, String(file)]));
}

function requireListedShards(
  index: Record<string, unknown> | undefined,
  sizes: ReadonlyMap<string, number>
): void {
  const named = new Set(weightMapOf(index)?.values() ?? []);
  const missing = [...named].filter(file => !sizes.has(file)).sort();
  if (missing.length > 0) {
    throw new ModelFilesError(
      `The model artifacts do not contain ${missing.join(', ')}, named in ${INDEX}.`
    );
  }
}

async function readTensors(
  files: ModelFiles,
  shards: ReadonlyArray<{ path: string; sizeBytes: number }>
): Promise<Map<string, StoredTensor>> {
  const tensors = new Map<string, StoredTensor>();
  for (const shard of shards) {
    for (const tensor of await readTensorList(files, shard.path, shard.sizeBytes)) {
      const earlier = tensors.get(tensor.name);
      if (earlier !== undefined) {
        throw new ModelFilesError(
          `The tensor ${tensor.name} is in both ${earlier.file} and ${tensor.file}.`
        );
      }
      tensors.set(tensor.name, tensor);
    }
  }
  return tensors;
}

function requireIndexedTensors(
  index: Record<string, unknown> | undefined,
  tensors: ReadonlyMap<string, StoredTensor>
): void {
  for (const [name, file] of weightMapOf(index) ?? []) {
    if (tensors.get(name)?.file !== file) {
      throw new ModelFilesError(`${INDEX} places the tensor ${name} in ${file}, which misses it.`);
    }
  }
}

/** Throws when a tensor is missing or does not fit; says whether the forward pass is implemented. */
function judgeTensors(
  config: Record<string, unknown>,
  architecture: string,
  tensors: ReadonlyMap<string, StoredTensor>
): boolean {
  const quantised = config['quantization_config'] !== undefined;
  if (quantised || !RUNNABLE_ARCHITECTURES.includes(architecture)) {
    return false;
  }
  for (const [name, shape] of expectedTensors(readDecoderConfig(config))) {
    const tensor = tensors.get(name);
    if (tensor === undefined) {
      throw new ModelFilesError(`The tensor ${name} is missing from the model's weights.`);
    }
    if (tensor.shape.join() !== shape.join()) {
      throw new ModelFilesError(
        `The tensor ${name} has the shape [${tensor.shape.join(', ')}] where config.json asks for ` +
          `[${shape.join(', ')}].`
      );
    }
    if (!isStoredDtype(tensor.dtype)) {
      throw new ModelFilesError(
        `The tensor ${name} has the data type ${tensor.dtype}; supported are FP32, FP16 and BF16.`
      );
    }
  }
  return true;
}

async function hasChatTemplate(
  files: ModelFiles,
  sizes: ReadonlyMap<string, number>
): Promise<boolean> {
  if (sizes.has('chat_template.jinja') || sizes.has('chat_template.json')) {
    return true;
  }
  const template = (await readJson(files, sizes, 'tokenizer_config.json'))?.['chat_template'];
  return template !== undefined && template !== null;
}

/** A JSON object among the files; `undefined` when there is no such file. */
export async function readJson(
  files: ModelFiles,
  sizes: ReadonlyMap<string, number>,
  path: string
): Promise<Record<string, unknown> | undefined> {
  if (!sizes.has(path)) {
    return undefined;
  }
  const text = new TextDecoder().decode(await files.read(path));
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch {
    // Said below, in the same words as for a value of another kind.
  }
  throw new ModelFilesError(`The file ${path} is not a valid JSON object.`);
}
