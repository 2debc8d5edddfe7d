import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readDecoderConfig } from '../config';
import { expectedTensors } from '../tensorPlan';
import type { ModelFiles } from '../types';

/** One model of `reference.py` with the logits that follow some of its tokens. */
export interface ReferenceCase {
  name: string;
  dtype: 'F32' | 'F16' | 'BF16';
  config: Record<string, unknown>;
  tokens: number[];
  /** By position. */
  logits: Record<string, number[]>;
}

export const REFERENCE_CASES = JSON.parse(
  readFileSync(join(__dirname, 'logits.json'), 'utf8')
) as ReferenceCase[];

/** The files of a model, held in memory. */
export type MemoryFiles = Map<string, Uint8Array>;

export interface MadeUpTensor {
  dtype: string;
  shape: number[];
  data: Uint8Array;
}

/** The weights of `reference.py`, by name. */
export function madeUpTensors({ config, dtype }: ReferenceCase): Map<string, MadeUpTensor> {
  const named = [...expectedTensors(readDecoderConfig(config))].sort(([a], [b]) =>
    a < b ? -1 : 1
  );
  return new Map(
    named.map(([name, shape], index) => {
      const count = shape.reduce((product, size) => product * size, 1);
      const values = madeUpValues(index, count, name.includes('norm'));
      return [name, { dtype, shape, data: store(values, dtype) }];
    })
  );
}

/** `made_up` of `reference.py`. */
function madeUpValues(index: number, count: number, norm: boolean): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => {
    let x = (Math.imul(index, 2654435761) + Math.imul(i, 40503) + 12345) >>> 0;
    x ^= x >>> 15;
    x = Math.imul(x, 2246822519) >>> 0;
    x = (x ^ (x >>> 13)) >>> 0;
    return norm ? (96 + (x % 64)) / 128 : ((x % 256) - 128) / 256;
  });
}

/** Exact for numbers of few bits that are neither tiny nor huge. */
export function store(values: Float32Array, dtype: ReferenceCase['dtype']): Uint8Array {
  if (dtype === 'F32') {
    return new Uint8Array(values.buffer.slice(0));
  }
  const bits = new Uint32Array(values.buffer);
  const stored = Uint16Array.from(bits, word => {
    if (dtype === 'BF16' || word << 1 === 0) {
      return word >>> 16;
    }
    const exponent = ((word >>> 23) & 0xff) - 127 + 15;
    return ((word >>> 16) & 0x8000) | (exponent << 10) | ((word >>> 13) & 0x3ff);
  });
  return new Uint8Array(stored.buffer);
}

/** A safetensors file. */
export function safetensors(tensors: ReadonlyMap<string, MadeUpTensor>): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let position = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [position, position + data.length] };
    position += data.length;
  }
  const text = JSON.stringify(header);
  const json = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8));
  const file = new Uint8Array(8 + json.length + position);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  let at = 8 + json.length;
  for (const { data } of tensors.values()) {
    file.set(data, at);
    at += data.length;
  }
  return file;
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz .,?!ABCDEFG';

/** A tokenizer of single letters: `<s>` is 0, `</s>` is 1. */
function tokenizerFiles(vocabularySize: number): Record<string, unknown> {
  const tokens = ['<s>', '</s>', ...LETTERS].slice(0, vocabularySize);
  const special = ['<s>', '</s>'].map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true
  }));
  return {
    'tokenizer.json': {
      version: '1.0',
      added_tokens: special,
      normalizer: null,
      pre_tokenizer: null,
      post_processor: null,
      decoder: { type: 'Fuse' },
      model: {
        type: 'BPE',
        unk_token: null,
        fuse_unk: false,
        byte_fallback: false,
        vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
        merges: []
      }
    },
    'tokenizer_config.json': {
      tokenizer_class: 'PreTrainedTokenizerFast',
      bos_token: '<s>',
      eos_token: { __type: 'AddedToken', content: '</s>' },
      chat_template:
        "{{ bos_token }}{% for message in messages %}{{ message['role'] + '. ' + message['content'] }}{% endfor %}{% if add_generation_prompt %}{{ '?' }}{% endif %}"
    }
  };
}

/** A whole model folder, its weights in one file or, with an index, in two. */
export function madeUpModel(reference: ReferenceCase, shards: 1 | 2 = 1): MemoryFiles {
  const files: MemoryFiles = new Map();
  const json = {
    'config.json': reference.config,
    ...tokenizerFiles(reference.config['vocab_size'] as number)
  };
  for (const [path, value] of Object.entries(json)) {
    setJson(files, path, value);
  }
  const tensors = [...madeUpTensors(reference)];
  if (shards === 1) {
    files.set('model.safetensors', safetensors(new Map(tensors)));
    return files;
  }
  const weightMap: Record<string, string> = {};
  const half = Math.ceil(tensors.length / 2);
  [tensors.slice(0, half), tensors.slice(half)].forEach((part, index) => {
    const path = `model-0000${index + 1}-of-00002.safetensors`;
    files.set(path, safetensors(new Map(part)));
    part.forEach(([name]) => (weightMap[name] = path));
  });
  setJson(files, 'model.safetensors.index.json', {
    metadata: { total_size: tensors.reduce((sum, [, { data }]) => sum + data.length, 0) },
    weight_map: weightMap
  });
  return files;
}

export function setJson(files: MemoryFiles, path: string, value: unknown): void {
  files.set(path, new TextEncoder().encode(JSON.stringify(value)));
}

export function modelFiles(files: MemoryFiles): ModelFiles {
  return {
    list: () =>
      Promise.resolve([...files].map(([path, bytes]) => ({ path, sizeBytes: bytes.length }))),
    read: (path, start, end) => {
      const bytes = files.get(path);
      return bytes === undefined
        ? Promise.reject(new Error(`${path} is not there`))
        : Promise.resolve(bytes.slice(start, end));
    }
  };
}
