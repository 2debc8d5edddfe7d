import type { DecoderConfig } from './config';

/** The tensors that a decoder of this configuration consists of, with their shapes, by name. */
export function expectedTensors(config: DecoderConfig): Map<string, number[]> {
  const { hiddenSize, intermediateSize, heads, kvHeads, headDim, vocabularySize } = config;
  const tensors = new Map<string, number[]>();
  tensors.set('model.embed_tokens.weight', [vocabularySize, hiddenSize]);
  tensors.set('model.norm.weight', [hiddenSize]);
  if (!config.tiedEmbeddings) {
    tensors.set('lm_head.weight', [vocabularySize, hiddenSize]);
  }
  const addLinear = (name: string, rows: number, cols: number, bias: boolean): void => {
    tensors.set(`${name}.weight`, [rows, cols]);
    if (bias) {
      tensors.set(`${name}.bias`, [rows]);
    }
  };
  for (let layer = 0; layer < config.layers; layer += 1) {
    const prefix = `model.layers.${layer}`;
    const attention = `${prefix}.self_attn`;
    tensors.set(`${prefix}.input_layernorm.weight`, [hiddenSize]);
    tensors.set(`${prefix}.post_attention_layernorm.weight`, [hiddenSize]);
    addLinear(`${attention}.q_proj`, heads * headDim, hiddenSize, config.qkvBias);
    addLinear(`${attention}.k_proj`, kvHeads * headDim, hiddenSize, config.qkvBias);
    addLinear(`${attention}.v_proj`, kvHeads * headDim, hiddenSize, config.qkvBias);
    addLinear(`${attention}.o_proj`, hiddenSize, heads * headDim, config.outputBias);
    if (config.qkNorm) {
      tensors.set(`${attention}.q_norm.weight`, [headDim]);
      tensors.set(`${attention}.k_norm.weight`, [headDim]);
    }
    addLinear(`${prefix}.mlp.gate_proj`, intermediateSize, hiddenSize, config.mlpBias);
    addLinear(`${prefix}.mlp.up_proj`, intermediateSize, hiddenSize, config.mlpBias);
    addLinear(`${prefix}.mlp.down_proj`, hiddenSize, intermediateSize, config.mlpBias);
  }
  return tensors;
}
