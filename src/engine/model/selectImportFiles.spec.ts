import { selectImportFiles } from '.';

const file = (path: string, sizeBytes = 1) => ({ path, sizeBytes, gitOid: '0'.repeat(40) });
const select = (...paths: string[]) => selectImportFiles(paths.map(path => file(path)));
const reasonFor = (path: string): string | undefined => select(path).leftOut[0]?.reason;

it.each([
  'config.json',
  'generation_config.json',
  'model.safetensors',
  'model-00001-of-00004.safetensors',
  'model.safetensors.index.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'tokenizer.model',
  'spiece.model',
  'vocab.json',
  'merges.txt',
  'added_tokens.json',
  'special_tokens_map.json',
  'chat_template.jinja',
  'chat_template.json',
  'additional_chat_templates/tool_use.jinja',
  'preprocessor_config.json',
  'processor_config.json'
])('takes %s', path => {
  expect(select(path).taken.map(taken => taken.path)).toEqual([path]);
});

it.each([
  ['pytorch_model-00001-of-00002.bin', '.bin'],
  ['pytorch_model.bin.index.json', '.bin'],
  ['model.gguf', 'GGUF'],
  ['Model.Q4_K_M.GGUF', 'GGUF'],
  ['tf_model.h5', 'TensorFlow'],
  ['flax_model.msgpack', 'Flax'],
  ['onnx/model.onnx', 'ONNX'],
  ['onnx/model.onnx_data', 'ONNX'],
  ['original/consolidated.00.pth', 'publisher’s own'],
  ['original/model.safetensors', 'publisher’s own'],
  ['consolidated.safetensors', 'publisher’s own'],
  ['consolidated-00001-of-00002.safetensors', 'publisher’s own'],
  ['params.json', 'publisher’s own'],
  ['metal/model.bin', 'Metal'],
  ['adapter_model.safetensors', 'adapter'],
  ['adapter_config.json', 'adapter'],
  ['checkpoint-500/model.safetensors', 'checkpoint'],
  ['sub/model.safetensors', 'subfolder'],
  ['sub/config.json', 'subfolder'],
  ['optimizer.pt', 'training'],
  ['training_args.bin', 'training'],
  ['tekken.json', 'own format'],
  ['.gitattributes', 'git'],
  ['README.md', 'documentation'],
  ['LICENSE', 'licence'],
  ['LICENSE.txt', 'licence'],
  ['USE_POLICY.md', 'licence'],
  ['figures/benchmark.jpg', 'picture'],
  ['modeling_custom.py', 'code'],
  ['runs/events.out', 'logs'],
  ['something.else', 'not among']
])('leaves out %s', (path, words) => {
  expect(reasonFor(path)).toContain(words);
});

it('gives each file exactly one place and adds up what is taken', () => {
  const files = [
    file('config.json', 10),
    file('model.safetensors', 1000),
    file('model.bin', 1000),
    file('README.md', 5)
  ];
  const { taken, leftOut, totalBytes } = selectImportFiles(files);
  expect(taken).toEqual(files.slice(0, 2));
  expect(leftOut.map(({ path, sizeBytes }) => [path, sizeBytes])).toEqual([
    ['model.bin', 1000],
    ['README.md', 5]
  ]);
  expect(totalBytes).toBe(1010);
});

it('leaves out a second copy in another precision, but not the only copy', () => {
  const variants = ['model.fp16-00001-of-00002.safetensors', 'model.safetensors.index.fp16.json'];
  const both = select('model-00001-of-00002.safetensors', 'model.fp16.safetensors', ...variants);
  expect(both.taken.map(({ path }) => path)).toEqual(['model-00001-of-00002.safetensors']);
  expect(select('model.fp16.safetensors').taken).toHaveLength(1);
});

it('takes time in proportion to the length of a strange name', () => {
  const path = `model.${'a'.repeat(20_000)}-${'0'.repeat(20_000)}.txt`;
  expect(select(path).leftOut).toHaveLength(1);
});
