import {
  madeUpModel,
  madeUpTensors,
  modelFiles,
  REFERENCE_CASES,
  safetensors,
  setJson,
  type MadeUpTensor,
  type MemoryFiles,
  type ReferenceCase
} from './testing/madeUpModel';
import { ModelFilesError } from './types';
import { validateModelFiles } from './validate';

const [reference] = REFERENCE_CASES as [ReferenceCase];
const SHARD = 'model-00001-of-00002.safetensors';
const INDEX = 'model.safetensors.index.json';

/** The words of the failure after a change to a good model. */
async function failureAfter(
  change: (files: MemoryFiles) => void,
  shards: 1 | 2 = 1
): Promise<string> {
  const files = madeUpModel(reference, shards);
  change(files);
  const failure: unknown = await validateModelFiles(modelFiles(files)).catch(
    (error: unknown) => error
  );
  expect(failure).toBeInstanceOf(ModelFilesError);
  return (failure as Error).message;
}

const bytesOf = (files: MemoryFiles, path: string): Uint8Array => {
  const bytes = files.get(path);
  if (bytes === undefined) {
    throw new Error(`${path} is not there`);
  }
  return bytes;
};

/** One weights file whose tensors were changed. */
function withTensors(
  change: (tensors: Map<string, MadeUpTensor>) => void
): (files: MemoryFiles) => void {
  return files => {
    const tensors = madeUpTensors(reference);
    change(tensors);
    files.set('model.safetensors', safetensors(tensors));
  };
}

/** One weights file with another header before the same data. */
function withHeader(change: (header: string) => string): (files: MemoryFiles) => void {
  return files => {
    const bytes = bytesOf(files, 'model.safetensors');
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = change(new TextDecoder().decode(bytes.slice(8, 8 + length)));
    const json = new TextEncoder().encode(header);
    const changed = new Uint8Array(8 + json.length + bytes.length - 8 - length);
    new DataView(changed.buffer).setBigUint64(0, BigInt(json.length), true);
    changed.set(json, 8);
    changed.set(bytes.slice(8 + length), 8 + json.length);
    files.set('model.safetensors', changed);
  };
}

it.each(REFERENCE_CASES)('accepts $name', async model => {
  const files = madeUpModel(model, 2);
  expect(await validateModelFiles(modelFiles(files))).toEqual({
    architecture: (model.config['architectures'] as string[])[0],
    instructSupported: true,
    weightsBytes: bytesOf(files, SHARD).length + bytesOf(files, SHARD.replace('1', '2')).length,
    runnable: true
  });
});

it('imports an architecture that it cannot run', async () => {
  const files = madeUpModel(reference);
  setJson(files, 'config.json', { architectures: ['MixtralForCausalLM'] });
  const { runnable, architecture } = await validateModelFiles(modelFiles(files));
  expect({ runnable, architecture }).toEqual({
    runnable: false,
    architecture: 'MixtralForCausalLM'
  });
});

it('knows a model without a chat template', async () => {
  const files = madeUpModel(reference);
  setJson(files, 'tokenizer_config.json', {});
  expect((await validateModelFiles(modelFiles(files))).instructSupported).toBe(false);
  files.set('chat_template.jinja', new TextEncoder().encode('{{ messages }}'));
  expect((await validateModelFiles(modelFiles(files))).instructSupported).toBe(true);
});

const cases: Array<[string, (files: MemoryFiles) => void, string, (1 | 2)?]> = [
  ['no config.json', files => files.delete('config.json'), 'config.json'],
  [
    'a config.json that is not JSON',
    files => files.set('config.json', new TextEncoder().encode('{"a":')),
    'config.json is not a valid JSON object'
  ],
  [
    'an unsupported architecture',
    files => setJson(files, 'config.json', { architectures: ['FalconForCausalLM'] }),
    'FalconForCausalLM'
  ],
  ['no architecture', files => setJson(files, 'config.json', {}), 'architecture (none)'],
  ['no tokenizer', files => files.delete('tokenizer.json'), 'tokenizer'],
  [
    'a tokenizer.json that describes none',
    files => setJson(files, 'tokenizer.json', {}),
    'tokenizer.json does not describe a tokenizer'
  ],
  ['no tokenizer_config.json', files => files.delete('tokenizer_config.json'), 'tokenizer_config'],
  ['no weights', files => files.delete('model.safetensors'), '.safetensors'],
  ['a missing shard', files => files.delete(SHARD), SHARD, 2],
  ['an index without a map', files => setJson(files, INDEX, { metadata: {} }), 'weight_map', 2],
  [
    'an index that places a tensor wrongly',
    files => {
      const index = JSON.parse(new TextDecoder().decode(bytesOf(files, INDEX))) as {
        weight_map: Record<string, string>;
      };
      index.weight_map['model.norm.weight'] = SHARD;
      setJson(files, INDEX, index);
    },
    'model.norm.weight',
    2
  ],
  [
    'a tensor in two files',
    files => files.set('more.safetensors', bytesOf(files, 'model.safetensors')),
    'is in both'
  ],
  [
    'a file cut short',
    files => files.set('model.safetensors', bytesOf(files, 'model.safetensors').slice(0, -1)),
    'corrupted: it holds'
  ],
  [
    'a file with more behind it',
    files =>
      files.set('model.safetensors', Uint8Array.of(...bytesOf(files, 'model.safetensors'), 0)),
    'corrupted: it holds'
  ],
  ['a file of four bytes', files => files.set('model.safetensors', new Uint8Array(4)), 'too short'],
  [
    'a header longer than the file',
    files => files.set('model.safetensors', Uint8Array.of(200, 0, 0, 0, 0, 0, 0, 0, 1)),
    'ends inside its header'
  ],
  [
    'an absurd header length',
    files => files.set('model.safetensors', new Uint8Array(64).fill(255)),
    'header length'
  ],
  ['a header that is not JSON', withHeader(header => header.replace('{', '[')), 'not valid JSON'],
  [
    'an entry without offsets',
    withHeader(header => header.replaceAll('data_offsets', 'offsets')),
    'not valid'
  ],
  [
    'a gap between tensors',
    withHeader(header => header.replace(/"data_offsets":\[0,(\d+)\]/, '"data_offsets":[2,$1]')),
    'corrupted'
  ],
  [
    'an HTML page in place of weights',
    files =>
      files.set('model.safetensors', new TextEncoder().encode('<!doctype html><html></html>')),
    'corrupted'
  ],
  [
    'a missing tensor',
    withTensors(tensors => tensors.delete('model.layers.1.mlp.up_proj.weight')),
    'model.layers.1.mlp.up_proj.weight is missing'
  ],
  [
    'a tensor of another shape',
    withTensors(tensors => {
      const tensor = tensors.get('model.norm.weight');
      tensors.set('model.norm.weight', {
        dtype: 'BF16',
        shape: [4, 5],
        data: tensor?.data ?? new Uint8Array()
      });
    }),
    'has the shape [4, 5]'
  ],
  [
    'a tensor of another type',
    withTensors(tensors => {
      const tensor = tensors.get('model.norm.weight');
      tensors.set('model.norm.weight', {
        dtype: 'I16',
        shape: [20],
        data: tensor?.data ?? new Uint8Array()
      });
    }),
    'data type I16'
  ],
  [
    'sizes in config.json that do not fit',
    files => setJson(files, 'config.json', { ...reference.config, num_attention_heads: 3 }),
    'do not fit together'
  ],
  [
    'an unknown activation',
    files => setJson(files, 'config.json', { ...reference.config, hidden_act: 'gelu' }),
    'gelu'
  ]
];

it.each(cases.map(([name, change, words, shards = 1]) => ({ name, change, words, shards })))(
  'refuses $name',
  async ({ change, words, shards }) => {
    expect(await failureAfter(change, shards)).toContain(words);
  }
);

it('does not look at weights in subfolders', async () => {
  const files = madeUpModel(reference);
  files.set('original/consolidated.safetensors', new Uint8Array(3));
  expect((await validateModelFiles(modelFiles(files))).runnable).toBe(true);
});

it('reads no more of the weights than their headers', async () => {
  const files = modelFiles(madeUpModel(reference));
  let bytes = 0;
  await validateModelFiles({
    list: () => files.list(),
    read: async (path, start, end) => {
      const part = await files.read(path, start, end);
      bytes += path.endsWith('.safetensors') ? part.length : 0;
      return part;
    }
  });
  const { length } = bytesOf(madeUpModel(reference), 'model.safetensors');
  expect(bytes).toBeLessThan(length / 2);
});
