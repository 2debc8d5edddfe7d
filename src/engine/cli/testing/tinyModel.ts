/** Files of a model repository, by path. */
export type ModelFiles = Record<string, string | Uint8Array>;

const HIDDEN = 16;
const INTERMEDIATE = 32;
const LAYERS = 1;
const HEADS = 2;
const SPECIAL_TOKENS = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];

export const TINY_TEMPLATE =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}" +
  "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

export interface TinyModelOptions {
  /** @default 1; the tensors are spread over them. */
  shards?: number;
  /** Bytes of an extra tensor in the last shard, to make the weights as large as a test wants. */
  paddingBytes?: number;
  config?: Record<string, unknown>;
}

/** A Llama with random weights: answers nonsense, but is complete in every part. */
export function tinyModel(options: TinyModelOptions = {}): ModelFiles {
  const vocabulary = byteVocabulary();
  const config = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: HIDDEN,
    intermediate_size: INTERMEDIATE,
    num_hidden_layers: LAYERS,
    num_attention_heads: HEADS,
    num_key_value_heads: HEADS,
    vocab_size: vocabulary.length,
    max_position_embeddings: 512,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    hidden_act: 'silu',
    tie_word_embeddings: true,
    torch_dtype: 'bfloat16',
    bos_token_id: vocabulary.indexOf('<|im_start|>'),
    eos_token_id: vocabulary.indexOf('<|im_end|>'),
    ...options.config
  };
  const tokenizerConfig = {
    tokenizer_class: 'GPT2Tokenizer',
    bos_token: '<|im_start|>',
    eos_token: '<|im_end|>',
    unk_token: '<|endoftext|>',
    clean_up_tokenization_spaces: false,
    chat_template: TINY_TEMPLATE
  };
  return {
    'README.md': '---\nlicense: apache-2.0\npipeline_tag: text-generation\n---\n# Tiny\n',
    'config.json': `${JSON.stringify(config, null, 2)}\n`,
    'generation_config.json': `${JSON.stringify({ eos_token_id: config.eos_token_id })}\n`,
    'tokenizer.json': JSON.stringify(tokenizer(vocabulary)),
    'tokenizer_config.json': `${JSON.stringify(tokenizerConfig, null, 2)}\n`,
    'pytorch_model.bin': 'not needed',
    ...weightFiles(vocabulary.length, options)
  };
}

function weightFiles(vocabularySize: number, options: TinyModelOptions): ModelFiles {
  const tensors = new Map<string, number[]>([
    ['model.embed_tokens.weight', [vocabularySize, HIDDEN]],
    ['model.norm.weight', [HIDDEN]]
  ]);
  for (let layer = 0; layer < LAYERS; layer += 1) {
    const prefix = `model.layers.${layer}`;
    for (const name of ['input_layernorm', 'post_attention_layernorm']) {
      tensors.set(`${prefix}.${name}.weight`, [HIDDEN]);
    }
    for (const name of ['q_proj', 'k_proj', 'v_proj', 'o_proj']) {
      tensors.set(`${prefix}.self_attn.${name}.weight`, [HIDDEN, HIDDEN]);
    }
    tensors.set(`${prefix}.mlp.gate_proj.weight`, [INTERMEDIATE, HIDDEN]);
    tensors.set(`${prefix}.mlp.up_proj.weight`, [INTERMEDIATE, HIDDEN]);
    tensors.set(`${prefix}.mlp.down_proj.weight`, [HIDDEN, INTERMEDIATE]);
  }
  if (options.paddingBytes !== undefined) {
    tensors.set('padding.weight', [options.paddingBytes / 2]);
  }
  const count = options.shards ?? 1;
  const names = [...tensors.keys()];
  const perShard = Math.ceil(names.length / count);
  const files: ModelFiles = {};
  const weightMap: Record<string, string> = {};
  let totalSize = 0;
  for (let shard = 0; shard < count; shard += 1) {
    const two = (number: number): string => String(number).padStart(5, '0');
    const path =
      count === 1 ? 'model.safetensors' : `model-${two(shard + 1)}-of-${two(count)}.safetensors`;
    const own = names.slice(shard * perShard, (shard + 1) * perShard);
    files[path] = safetensors(own.map(name => [name, tensors.get(name) ?? []]));
    own.forEach(name => {
      weightMap[name] = path;
      totalSize += 2 * product(tensors.get(name) ?? []);
    });
  }
  if (count > 1) {
    const index = { metadata: { total_size: totalSize }, weight_map: weightMap };
    files['model.safetensors.index.json'] = JSON.stringify(index, null, 2);
  }
  return files;
}

/** bfloat16 tensors with small pseudo-random values, the same in every run. */
function safetensors(tensors: ReadonlyArray<readonly [string, number[]]>): Uint8Array {
  let offset = 0;
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  for (const [name, shape] of tensors) {
    const end = offset + 2 * product(shape);
    header[name] = { dtype: 'BF16', shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = JSON.stringify(header);
  const text = json.padEnd(Math.ceil(json.length / 8) * 8);
  const bytes = new Uint8Array(8 + text.length + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(new TextEncoder().encode(text), 8);
  const values = new DataView(bytes.buffer, 8 + text.length);
  let seed = 12345;
  for (let at = 0; at < offset; at += 2) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    // 0x3c00 to 0x3dff: about 0.008 to 0.12, with either sign.
    values.setUint16(at, ((seed >>> 31) << 15) | (0x3c00 + ((seed >>> 8) & 0x1ff)), true);
  }
  return bytes;
}

function product(shape: readonly number[]): number {
  return shape.reduce((total, size) => total * size, 1);
}

/** The letters of byte-level BPE for all 256 bytes, then the special tokens. */
function byteVocabulary(): string[] {
  const printable = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
  let next = 256;
  const letters = Array.from({ length: 256 }, (_, byte) =>
    String.fromCodePoint(printable(byte) ? byte : next++)
  );
  return [...letters, ...SPECIAL_TOKENS];
}

function tokenizer(vocabulary: readonly string[]): object {
  const byteLevel = {
    type: 'ByteLevel',
    add_prefix_space: false,
    trim_offsets: true,
    use_regex: true
  };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: SPECIAL_TOKENS.map(content => ({
      id: vocabulary.indexOf(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true
    })),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
      merges: []
    }
  };
}
