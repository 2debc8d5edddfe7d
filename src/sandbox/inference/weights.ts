import type { DecoderConfig } from './config';
import type { DecoderWeights, LayerWeights, Matrix } from './decoder';
import { DTYPE, type Kernel } from './kernel/kernel';
import { isStoredDtype, type StoredTensor } from './safetensors';
import { ModelFilesError, type ModelFiles } from './types';
import type { ModelSurvey } from './validate';

const READ_BYTES = 16 * 2 ** 20;

/** Copies the shards into the kernel's memory, as they are stored, and finds every tensor there. */
export async function loadWeights(
  files: ModelFiles,
  survey: ModelSurvey,
  config: DecoderConfig,
  kernel: Kernel
): Promise<DecoderWeights> {
  const shardAddresses = new Map<string, number>();
  for (const { path, sizeBytes } of survey.shards) {
    shardAddresses.set(path, await copyFile(files, path, sizeBytes, kernel));
  }
  const find = (name: string): StoredTensor & { address: number; stored: number } => {
    const tensor = survey.tensors.get(name);
    const shard = tensor === undefined ? undefined : shardAddresses.get(tensor.file);
    if (tensor === undefined || shard === undefined || !isStoredDtype(tensor.dtype)) {
      throw new ModelFilesError(`The tensor ${name} is missing from the model's weights.`);
    }
    return { ...tensor, address: shard + tensor.start, stored: DTYPE[tensor.dtype] };
  };
  const vector = (name: string): number => {
    const { address, stored, shape } = find(name);
    const count = shape[0] ?? 0;
    const widened = kernel.reserve(count * 4);
    kernel.widen(stored, address, widened, count);
    return widened;
  };
  const matrix = (name: string, bias: boolean): Matrix => {
    const { address, stored, shape } = find(`${name}.weight`);
    const [rows = 0, cols = 0] = shape;
    return { dtype: stored, address, rows, cols, bias: bias ? vector(`${name}.bias`) : 0 };
  };
  const layer = (index: number): LayerWeights => {
    const prefix = `model.layers.${index}`;
    const attention = `${prefix}.self_attn`;
    return {
      inputNorm: vector(`${prefix}.input_layernorm.weight`),
      query: matrix(`${attention}.q_proj`, config.qkvBias),
      key: matrix(`${attention}.k_proj`, config.qkvBias),
      value: matrix(`${attention}.v_proj`, config.qkvBias),
      output: matrix(`${attention}.o_proj`, config.outputBias),
      queryNorm: config.qkNorm ? vector(`${attention}.q_norm.weight`) : 0,
      keyNorm: config.qkNorm ? vector(`${attention}.k_norm.weight`) : 0,
      mlpNorm: vector(`${prefix}.post_attention_layernorm.weight`),
      gate: matrix(`${prefix}.mlp.gate_proj`, config.mlpBias),
      up: matrix(`${prefix}.mlp.up_proj`, config.mlpBias),
      down: matrix(`${prefix}.mlp.down_proj`, config.mlpBias)
    };
  };
  const embedding = matrix('model.embed_tokens', false);
  return {
    embedding,
    head: config.tiedEmbeddings ? embedding : matrix('lm_head', false),
    norm: vector('model.norm.weight'),
    layers: Array.from({ length: config.layers }, (_, index) => layer(index))
  };
}

async function copyFile(
  files: ModelFiles,
  path: string,
  sizeBytes: number,
  kernel: Kernel
): Promise<number> {
  const address = kernel.reserve(sizeBytes);
  for (let start = 0; start < sizeBytes; start += READ_BYTES) {
    const end = Math.min(sizeBytes, start + READ_BYTES);
    const piece = await files.read(path, start, end);
    if (piece.length !== end - start) {
      throw new ModelFilesError(`The safetensors file ${path} ends before its last tensor.`);
    }
    kernel.bytes(address + start, piece.length).set(piece);
  }
  return address;
}
