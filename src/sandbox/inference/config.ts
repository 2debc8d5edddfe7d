import { ModelFilesError } from './types';

export type RopeScaling =
  | { kind: 'none' }
  | { kind: 'linear'; factor: number }
  | {
      kind: 'llama3';
      factor: number;
      lowFrequencyFactor: number;
      highFrequencyFactor: number;
      originalContextLength: number;
    };

/** What config.json says about a decoder of the Llama kind. */
export interface DecoderConfig {
  architecture: string;
  hiddenSize: number;
  intermediateSize: number;
  layers: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  vocabularySize: number;
  contextLength: number;
  rmsNormEpsilon: number;
  ropeTheta: number;
  ropeScaling: RopeScaling;
  tiedEmbeddings: boolean;
  /** Biases of the query, key and value projections. */
  qkvBias: boolean;
  /** Bias of the output projection. */
  outputBias: boolean;
  mlpBias: boolean;
  /** Per-head norms of queries and keys (Qwen3). */
  qkNorm: boolean;
  /** How many positions a token sees; absent: all of them. */
  slidingWindow?: number;
  eosTokenIds: number[];
}

/** The architectures whose forward pass is implemented here. */
export const RUNNABLE_ARCHITECTURES: readonly string[] = [
  'LlamaForCausalLM',
  'MistralForCausalLM',
  'Qwen2ForCausalLM',
  'Qwen3ForCausalLM'
];

type Json = Record<string, unknown>;

/**
 * The decoder that a parsed config.json describes.
 * @throws ModelFilesError when a number is missing or the sizes do not fit together.
 */
export function readDecoderConfig(json: Json): DecoderConfig {
  const architecture = architectureOf(json) ?? '';
  const hiddenSize = size(json, 'hidden_size');
  const heads = size(json, 'num_attention_heads');
  const kvHeads = optionalSize(json, 'num_key_value_heads') ?? heads;
  const headDim = optionalSize(json, 'head_dim') ?? hiddenSize / heads;
  if (!Number.isInteger(headDim) || headDim % 2 !== 0 || heads % kvHeads !== 0) {
    throw new ModelFilesError(
      'The sizes in config.json do not fit together: hidden_size, num_attention_heads, ' +
        'num_key_value_heads and head_dim.'
    );
  }
  const activation = json['hidden_act'];
  if (activation !== undefined && activation !== 'silu') {
    throw new ModelFilesError(
      `The activation ${JSON.stringify(activation)} in config.json is not known.`
    );
  }
  const attentionBias = json['attention_bias'] === true;
  // Qwen2 has the three biases without a setting for them.
  const qkvBias = architecture === 'Qwen2ForCausalLM' || attentionBias;
  const rope = ropeOf(json);
  return {
    architecture,
    hiddenSize,
    intermediateSize: size(json, 'intermediate_size'),
    layers: size(json, 'num_hidden_layers'),
    heads,
    kvHeads,
    headDim,
    vocabularySize: size(json, 'vocab_size'),
    contextLength: optionalSize(json, 'max_position_embeddings') ?? 2048,
    rmsNormEpsilon: numberOf(json['rms_norm_eps']) ?? 1e-6,
    ropeTheta: numberOf(json['rope_theta']) ?? numberOf(rope['rope_theta']) ?? 10_000,
    ropeScaling: readRopeScaling(rope),
    tiedEmbeddings: json['tie_word_embeddings'] === true,
    qkvBias,
    outputBias: attentionBias,
    mlpBias: json['mlp_bias'] === true,
    qkNorm: architecture === 'Qwen3ForCausalLM',
    slidingWindow: slidingWindowOf(json, architecture),
    eosTokenIds: tokenIds(json['eos_token_id'])
  };
}

/** The first entry of `architectures`. */
export function architectureOf(json: Json): string | undefined {
  const list = json['architectures'];
  const first: unknown = Array.isArray(list) ? list[0] : undefined;
  return typeof first === 'string' ? first : undefined;
}

/** `eos_token_id` can be a number or a list. */
export function tokenIds(value: unknown): number[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((id): id is number => Number.isInteger(id));
}

function ropeOf(json: Json): Json {
  // Newer transformers write rope_parameters, which holds rope_theta as well.
  const value = json['rope_scaling'] ?? json['rope_parameters'];
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function readRopeScaling(rope: Json): RopeScaling {
  const type = rope['rope_type'] ?? rope['type'] ?? 'default';
  switch (type) {
    case 'default':
      return { kind: 'none' };
    case 'dynamic':
      // Stretches only what is longer than the context the model was trained on.
      return { kind: 'none' };
    case 'linear':
      return { kind: 'linear', factor: numberOf(rope['factor']) ?? 1 };
    case 'llama3':
      return {
        kind: 'llama3',
        factor: numberOf(rope['factor']) ?? 8,
        lowFrequencyFactor: numberOf(rope['low_freq_factor']) ?? 1,
        highFrequencyFactor: numberOf(rope['high_freq_factor']) ?? 4,
        originalContextLength: numberOf(rope['original_max_position_embeddings']) ?? 8192
      };
    default:
      throw new ModelFilesError(
        `The rope scaling ${JSON.stringify(type)} in config.json is not known.`
      );
  }
}

function slidingWindowOf(json: Json, architecture: string): number | undefined {
  const window = optionalSize(json, 'sliding_window');
  // Qwen names a window and leaves it off; Mistral uses what it names.
  const used = architecture.startsWith('Qwen') ? json['use_sliding_window'] === true : true;
  return used ? window : undefined;
}

function size(json: Json, name: string): number {
  const value = optionalSize(json, name);
  if (value === undefined) {
    throw new ModelFilesError(`config.json has no valid ${name}.`);
  }
  return value;
}

function optionalSize(json: Json, name: string): number | undefined {
  const value = json[name];
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
