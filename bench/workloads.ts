import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { WayName } from './ways';

/** What is copied: a model that exists only as a rule for making its bytes. */
export interface Workload {
  name: WorkloadName | SingleModelName;
  title: string;
  /** `org/name` at the sandbox's hub. */
  model: string;
  weights: ReadonlyArray<{ path: string; sizeBytes: number; seed: number }>;
  /** Of the true size; 1 for workloads that are never shrunk. */
  scale: number;
  /** Only these ways copy it; the others would take hours to show what they show with less. */
  ways?: readonly WayName[];
}

export const WORKLOAD_NAMES = ['one', 'shards', 'small', 'whole', 'long'] as const;

export type WorkloadName = (typeof WORKLOAD_NAMES)[number];

/** Models of the single measurements. */
export type SingleModelName = 'many' | 'huge';

/** Of the true sizes of the large workloads. */
export type Scales = Partial<Record<'one' | 'shards', number>>;

const GB = 1e9;
const SMALL_FILES = 300;
/** So that a run of five rounds ends in an hour and a half on two cores. */
const DEFAULT_SCALES: Required<Scales> = { one: 0.2, shards: 0.02 };
const QUICK_SCALES = { one: 0.03, shards: 0.004 };

export function planWorkload(
  name: WorkloadName,
  options: { scale?: Scales; quick: boolean }
): Workload {
  if (name === 'small') {
    const count = options.quick ? 60 : SMALL_FILES;
    return {
      name,
      title: `${count} files of 0.1 to 2 MB`,
      model: 'bench/small',
      scale: 1,
      weights: shards(count, index => 100_000 + Math.round((1_900_000 * index) / (count - 1)))
    };
  }
  if (name === 'whole' || name === 'long') {
    return options.quick ? LARGE_QUICK[name] : LARGE[name];
  }
  const scale = options.scale?.[name] ?? (options.quick ? QUICK_SCALES : DEFAULT_SCALES)[name];
  const size = Math.round((name === 'one' ? 5 : 4.9) * GB * scale);
  return name === 'one'
    ? {
        name,
        title: `one file of ${gigabytes(size)}`,
        model: 'bench/one',
        scale,
        weights: [{ path: 'model.safetensors', sizeBytes: size, seed: 1 }]
      }
    : {
        name,
        title: `16 shards of ${gigabytes(size)}`,
        model: 'bench/shards',
        scale,
        weights: shards(16, () => size)
      };
}

const BEST_WAYS: readonly WayName[] = ['ours', 'go', 'go-aes256', 'rclone'];

/** A usual shard at its true size, and a model that is large enough for starting to cost nothing. */
const LARGE = { whole: wholeFile(5 * GB), long: longModel(0.8 * GB) };
const LARGE_QUICK = { whole: wholeFile(0.1 * GB), long: longModel(0.02 * GB) };

function wholeFile(sizeBytes: number): Workload {
  return {
    name: 'whole',
    title: `one file of ${gigabytes(sizeBytes)}`,
    model: 'bench/whole',
    scale: 1,
    weights: [{ path: 'model-whole.safetensors', sizeBytes, seed: 3 }],
    ways: BEST_WAYS
  };
}

function longModel(sizeBytes: number): Workload {
  return {
    name: 'long',
    title: `15 shards of ${gigabytes(sizeBytes)}`,
    model: 'bench/long',
    scale: 1,
    weights: shards(15, () => sizeBytes),
    ways: BEST_WAYS.slice(0, 3)
  };
}

/** 2,000 small files, for planning and memory. */
export const MANY: Workload = {
  name: 'many',
  title: '2,000 files of 10 to 210 kB',
  model: 'bench/many',
  scale: 1,
  weights: shards(2000, index => 10_000 + index * 100)
};

/** Above what one CopyObject can take, so that its proof needs another way. */
export const HUGE: Workload = {
  name: 'huge',
  title: 'one file of 5.5 GiB',
  model: 'bench/huge',
  scale: 1,
  weights: [{ path: 'model-huge.safetensors', sizeBytes: 5.5 * 2 ** 30, seed: 7 }]
};

function shards(count: number, sizeOf: (index: number) => number): Workload['weights'] {
  const digits = (number: number) => String(number).padStart(5, '0');
  return Array.from({ length: count }, (_, index) => ({
    path: `model-${digits(index + 1)}-of-${digits(count)}.safetensors`,
    sizeBytes: sizeOf(index),
    seed: index + 1
  }));
}

function gigabytes(bytes: number): string {
  return bytes >= GB / 2 ? `${(bytes / GB).toFixed(2)} GB` : `${Math.round(bytes / 1e6)} MB`;
}

/** Small files that a model needs to pass the checks before an import. */
function smallFiles(workload: Workload): Record<string, string> {
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  const files: Record<string, string> = {
    'config.json': json({
      architectures: ['LlamaForCausalLM'],
      model_type: 'llama',
      torch_dtype: 'bfloat16',
      max_position_embeddings: 8192,
      vocab_size: 2
    }),
    'generation_config.json': json({ eos_token_id: 1 }),
    'tokenizer_config.json': json({
      tokenizer_class: 'LlamaTokenizer',
      chat_template: '{% for m in messages %}{{ m.content }}{% endfor %}',
      eos_token: '</s>'
    }),
    'tokenizer.json': json({ version: '1.0', model: { type: 'BPE', vocab: { a: 0 }, merges: [] } })
  };
  if (workload.weights.length > 1) {
    const total = workload.weights.reduce((sum, file) => sum + file.sizeBytes, 0);
    const weight_map = Object.fromEntries(
      workload.weights.map(({ path }) => [`generated.${path.replace('.safetensors', '')}`, path])
    );
    files['model.safetensors.index.json'] = json({ metadata: { total_size: total }, weight_map });
  }
  return files;
}

/** Writes the folder that the sandbox serves; leaves what is right already, for its kept hashes. */
export async function writeModel(modelsFolder: string, workload: Workload): Promise<void> {
  const folder = join(modelsFolder, workload.model);
  await mkdir(folder, { recursive: true });
  const files = {
    ...smallFiles(workload),
    '.sandbox.json': JSON.stringify({ generated: workload.weights })
  };
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    if ((await readFile(path, 'utf8').catch(() => undefined)) !== text) {
      await writeFile(path, text);
    }
  }
}
