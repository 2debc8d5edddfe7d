import { runInNewContext } from 'node:vm';

import { transform } from 'esbuild';

import { thrownBy } from '../testing/thrownBy';
import { bedrockEngineerEntry } from '.';

const MODEL = {
  modelArn: 'arn:aws:bedrock:eu-central-1:123456789012:imported-model/abcdefghijkl',
  modelName: 'DeepSeek-R1-Distill-Llama-8B',
  modelArchitecture: 'LlamaForCausalLM'
};

/** What TypeScript makes of the text. */
async function evaluated(entry: string): Promise<unknown> {
  const { code } = await transform(`(${entry})`, { loader: 'ts' });
  return runInNewContext(code);
}

const common = {
  baseId: MODEL.modelArn,
  name: MODEL.modelName,
  provider: 'meta',
  category: 'text',
  toolUse: true,
  maxTokensLimit: 4096,
  supportsStreamingToolUse: false
};

it('has the newer form by default', async () => {
  expect(await evaluated(bedrockEngineerEntry(MODEL))).toEqual({
    ...common,
    inferenceProfiles: [{ type: 'base', regions: ['eu-central-1'] }]
  });
});

it('has the older form, as the guide shows it', async () => {
  const entry = bedrockEngineerEntry(MODEL, { form: 'older', provider: 'deepseek' });
  expect(await evaluated(entry)).toEqual({
    ...common,
    provider: 'deepseek',
    availability: { base: ['eu-central-1'] }
  });
  expect(entry.split('\n').slice(0, 2)).toEqual(['{', `  baseId: '${MODEL.modelArn}',`]);
});

it('takes what is chosen', async () => {
  const options = {
    name: 'Mine',
    toolUse: false,
    maxTokensLimit: 8192,
    supportsStreamingToolUse: true
  };
  expect(await evaluated(bedrockEngineerEntry(MODEL, options))).toMatchObject(options);
});

it.each([
  ['Qwen3ForCausalLM', 'qwen'],
  ['MixtralForCausalLM', 'mistral'],
  ['MllamaForConditionalGeneration', 'meta'],
  ['GptOssForCausalLM', 'openai'],
  [undefined, 'custom']
])('knows who made %s', async (modelArchitecture, provider) => {
  const entry = bedrockEngineerEntry({ ...MODEL, modelArchitecture });
  expect(await evaluated(entry)).toMatchObject({ provider });
});

it.each([`it's "a" \\ name`, '${process.exit()}', "'}; evil(); //", 'line\nbreak\u2028'])(
  'lets %j be a text and nothing else',
  async name => {
    expect(await evaluated(bedrockEngineerEntry(MODEL, { name }))).toMatchObject({ name });
  }
);

it.each([
  ['abc', 4096],
  ["arn:aws:bedrock:us-east-1:123456789012:imported-model/a'b", 4096],
  ['arn:aws:bedrock:us-east-1:123456789012:model-import-job/abc', 4096],
  [MODEL.modelArn, 0],
  [MODEL.modelArn, 1.5]
])('refuses %s with %d tokens', (modelArn, maxTokensLimit) => {
  expect(
    thrownBy(() => bedrockEngineerEntry({ ...MODEL, modelArn }, { maxTokensLimit }))
  ).toMatchObject({ code: 'BEDROCK_ENGINEER_INVALID', kind: 'usage' });
});
