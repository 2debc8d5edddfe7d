import type { Check } from '../checks';
import { BedrockImportError } from '../errors';
import { createHubClient, openHubModel } from '../hub';
import { entryOf, MODEL_ID, startTestHub, type TestHub } from '../hub/testing/startTestHub';
import { hubModelFiles, inspectModel, type ModelInspection } from '.';

const encoder = new TextEncoder();
const TEMPLATE = '{{ messages[0].content }}';

const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  max_position_embeddings: 8192,
  torch_dtype: 'bfloat16'
};

const FILES: Record<string, unknown> = {
  'config.json': CONFIG,
  'generation_config.json': { eos_token_id: 2 },
  'tokenizer.json': {},
  'tokenizer_config.json': { tokenizer_class: 'GPT2TokenizerFast', chat_template: TEMPLATE },
  'model.safetensors.index.json': {
    metadata: { total_size: 2000 },
    weight_map: {
      a: 'model-00001-of-00002.safetensors',
      b: 'model-00002-of-00002.safetensors'
    }
  },
  'model-00001-of-00002.safetensors': 'weights',
  'model-00002-of-00002.safetensors': 'more weights',
  'README.md': 'read me'
};

let hub: TestHub | undefined;

afterEach(async () => {
  await hub?.stop();
  hub = undefined;
});

interface Variation {
  /** Files to add or to replace; `undefined` takes one away. */
  files?: Record<string, unknown>;
  /** Sizes that the listing claims. */
  sizes?: Record<string, number>;
  facts?: Record<string, unknown>;
  region?: string;
}

async function inspect(variation: Variation = {}): Promise<ModelInspection> {
  const contents = Object.entries({ ...FILES, ...variation.files }).filter(
    ([, value]) => value !== undefined
  );
  const files = Object.fromEntries(contents.map(([path, value]) => [path, bytesOf(value)]));
  hub = await startTestHub(files);
  Object.assign(hub.facts, variation.facts);
  hub.listing = Object.entries(files).map(([path, bytes]) => {
    const entry = entryOf(path, bytes);
    const size = variation.sizes?.[path];
    const lfs = entry['lfs'] as object | undefined;
    return size === undefined ? entry : { ...entry, size, lfs: lfs && { ...lfs, size } };
  });
  const client = createHubClient({ endpoint: hub.endpoint });
  const model = await openHubModel(client, { id: MODEL_ID });
  return inspectModel(hubModelFiles(client, model), { region: variation.region ?? 'us-east-1' });
}

function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) {
    return value;
  }
  return encoder.encode(typeof value === 'string' ? value : JSON.stringify(value));
}

function find(inspection: ModelInspection, id: string): Check {
  const found = inspection.checks.filter(check => check.id === id);
  expect(found).toHaveLength(1);
  return found[0] as Check;
}

it('finds nothing wrong with a good model', async () => {
  const inspection = await inspect();
  expect(inspection.checks.filter(check => check.verdict !== 'ok')).toEqual([]);
  expect(inspection).toMatchObject({
    architecture: 'LlamaForCausalLM',
    modelType: 'llama',
    torchDtype: 'bfloat16',
    contextLength: 8192,
    parameters: 1000,
    weightsBytes: 'weights'.length + 'more weights'.length,
    chatTemplate: { effective: { path: 'tokenizer_config.json', template: TEMPLATE } }
  });
  expect(inspection.selection.leftOut.map(({ path }) => path)).toEqual(['README.md']);
  expect(inspection.texts['config.json']).toBe(JSON.stringify(CONFIG));
  expect(inspection.checks.map(({ id }) => id)).toContain('licence');
});

it('reads small files only', async () => {
  await inspect();
  const read = hub?.requests.filter(({ url }) => url.includes('/resolve/')).map(({ url }) => url);
  const probe = (url: string): boolean => url.endsWith('.safetensors');
  expect(read?.some(url => url.endsWith('/tokenizer.json'))).toBe(false);
  expect(read?.filter(probe).length).toBeLessThanOrEqual(1);
});

it('keeps a byte order mark, so that nothing but the template changes later', async () => {
  const text = '\uFEFF{"chat_template":"x"}';
  const { texts, chatTemplate } = await inspect({ files: { 'tokenizer_config.json': text } });
  expect(texts['tokenizer_config.json']).toBe(text);
  expect(chatTemplate.effective?.template).toBe('x');
});

const gpt = {
  'config.json': { ...CONFIG, architectures: ['GptOssForCausalLM'] },
  'generation_config.json': { eos_token_id: [200002, 199999, 200012] }
};
const withConfig = (change: object): Variation => ({
  files: { 'config.json': { ...CONFIG, ...change } }
});
const only = (files: Record<string, unknown>): Variation => ({
  files: { ...Object.fromEntries(Object.keys(FILES).map(path => [path, undefined])), ...files }
});
const SHARD = 'model-00002-of-00002.safetensors';

const refusals: Array<[string, Variation, string, RegExp]> = [
  ['no config.json', { files: { 'config.json': undefined } }, 'config-readable', /no config\.json/],
  ['a broken config.json', { files: { 'config.json': '{' } }, 'config-readable', /not a JSON/],
  [
    'an unsupported architecture',
    withConfig({ architectures: ['FalconForCausalLM'] }),
    'architecture-supported',
    /FalconForCausalLM/
  ],
  [
    'no architecture',
    withConfig({ architectures: undefined }),
    'architecture-supported',
    /no architecture/
  ],
  [
    '.bin weights only',
    only({ 'config.json': CONFIG, 'pytorch_model.bin': 'x' }),
    'weights-in-safetensors',
    /PyTorch \.bin/
  ],
  [
    'GGUF weights only',
    only({ 'config.json': CONFIG, 'm.gguf': 'x' }),
    'weights-in-safetensors',
    /GGUF/
  ],
  [
    'weights in a subfolder only',
    only({ 'config.json': CONFIG, 'sub/model.safetensors': 'x' }),
    'weights-in-safetensors',
    /sub\/model\.safetensors/
  ],
  ['no weights', only({ 'config.json': CONFIG }), 'weights-in-safetensors', /no weights/],
  [
    'a missing shard',
    { files: { [SHARD]: undefined } },
    'safetensors-index-complete',
    /model-00002/
  ],
  [
    'a missing shard without an index',
    { files: { [SHARD]: undefined, 'model.safetensors.index.json': undefined } },
    'safetensors-index-complete',
    /model-00002/
  ],
  [
    'an unusable index',
    { files: { 'model.safetensors.index.json': { weight_map: [] } } },
    'safetensors-index-complete',
    /which tensor/
  ],
  ['weights over the limit', { sizes: { [SHARD]: 300e9 } }, 'size-limit', /300\.00 GB/],
  [
    'multimodal weights over their limit',
    {
      ...withConfig({ architectures: ['Qwen2_5_VLForConditionalGeneration'] }),
      sizes: { [SHARD]: 120e9 }
    },
    'size-limit',
    /120\.00 GB/
  ],
  ['no tokenizer', { files: { 'tokenizer.json': undefined } }, 'tokenizer-present', /no tokenizer/],
  [
    'an adapter',
    only({ 'adapter_config.json': {}, 'adapter_model.safetensors': 'x' }),
    'not-an-adapter',
    /adapter only/
  ],
  [
    'an embedding model',
    { facts: { pipeline_tag: 'feature-extraction' } },
    'not-an-embedding-model',
    /feature-extraction/
  ],
  [
    'a sentence-transformers repository',
    { files: { 'modules.json': '[]' } },
    'not-an-embedding-model',
    /sentence-transformers/
  ]
];

it.each(refusals)('blocks %s', async (_name, variation, id, words) => {
  const check = find(await inspect(variation), id);
  expect(check.verdict).toBe('blocker');
  expect(check.found).toMatch(words);
  expect(check.why.length).toBeGreaterThan(20);
  expect(check.source).toMatch(/User Guide/);
  expect(check.nextStep?.length).toBeGreaterThan(20);
});

const warnings: Array<[string, Variation, string, RegExp]> = [
  ['a region that is not on the list', { region: 'eu-west-3' }, 'region-supported', /eu-west-3/],
  [
    'GPT-OSS elsewhere than in us-east-1',
    { files: gpt, region: 'us-west-2' },
    'region-supported',
    /us-west-2/
  ],
  ['a long context', withConfig({ max_position_embeddings: 262144 }), 'context-length', /262144/],
  [
    'a long context of a multimodal model',
    withConfig({
      max_position_embeddings: undefined,
      text_config: { max_position_embeddings: 200000 }
    }),
    'context-length',
    /200000/
  ],
  [
    'quantised weights',
    withConfig({ quantization_config: { quant_method: 'gptq' } }),
    'quantised',
    /gptq/
  ],
  ['an unknown data type', withConfig({ torch_dtype: 'float8_e4m3fn' }), 'data-type', /float8/],
  [
    'no tokenizer_config.json',
    { files: { 'tokenizer_config.json': undefined } },
    'tokenizer-present',
    /no tokenizer_config/
  ],
  [
    'a new tokenizer class',
    { files: { 'tokenizer_config.json': { tokenizer_class: 'TokenizersBackend' } } },
    'tokenizer-class',
    /TokenizersBackend/
  ],
  [
    'no chat template',
    { files: { 'tokenizer_config.json': {} } },
    'chat-template',
    /no chat template/
  ],
  [
    'a hidden chat template',
    { files: { 'chat_template.jinja': 'other' } },
    'chat-template',
    /wins over/
  ],
  [
    'shards without an index',
    { files: { 'model.safetensors.index.json': undefined } },
    'safetensors-index-complete',
    /no index/
  ],
  [
    'weights that the index does not name',
    { files: { 'extra.safetensors': 'x' } },
    'safetensors-index-complete',
    /extra\.safetensors/
  ],
  ['a size between the two meanings of GB', { sizes: { [SHARD]: 205e9 } }, 'size-limit', /GiB/],
  [
    'a file that is not text',
    { files: { 'generation_config.json': Uint8Array.of(255, 254) } },
    'config-readable',
    /generation_config/
  ],
  [
    'other end tokens of GPT-OSS',
    { files: { ...gpt, 'generation_config.json': {} } },
    'gpt-oss-files',
    /eos_token_id/
  ]
];

it.each(warnings)('warns of %s', async (_name, variation, id, words) => {
  const inspection = await inspect(variation);
  const check = find(inspection, id);
  expect(check.verdict).toBe('warning');
  expect(check.found).toMatch(words);
  expect(check.nextStep?.length).toBeGreaterThan(20);
  expect(inspection.checks.filter(({ verdict }) => verdict === 'blocker')).toEqual([]);
});

it('accepts the MXFP4 weights of GPT-OSS', async () => {
  const quantised = { quantization_config: { quant_method: 'mxfp4' } };
  const config = { ...gpt['config.json'], ...quantised };
  const inspection = await inspect({ files: { ...gpt, 'config.json': config } });
  expect(inspection.checks.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
  expect(inspection.parameters).toBeUndefined();
});

it('does not judge a region that is not known', async () => {
  const inspection = await inspect({ region: '' });
  expect(find(inspection, 'region-supported').verdict).toBe('ok');
});

it('stops when it is told to', async () => {
  await inspect();
  const client = createHubClient({ endpoint: hub?.endpoint });
  const model = await openHubModel(client, { id: MODEL_ID });
  const work = inspectModel(hubModelFiles(client, model), { signal: AbortSignal.abort() });
  await expect(work).rejects.toMatchObject({ code: 'CANCELLED', kind: 'cancelled' });
  await expect(work).rejects.toBeInstanceOf(BedrockImportError);
});
