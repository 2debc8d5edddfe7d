import { BedrockImportError } from '../errors';
import type { ImportedModel } from './types';

/**
 * How Bedrock Engineer's `src/common/models/models.ts` wants an entry. `newer`: since October 2025, in
 * `MODEL_REGISTRY`, with `inferenceProfiles`. `older`: in the list of models, with `availability`, as Bedrock
 * Engineer's "Custom Model Import Configuration Guide" shows it.
 */
export type BedrockEngineerForm = 'newer' | 'older';

export interface BedrockEngineerOptions {
  /** @default 'newer' */
  form?: BedrockEngineerForm;
  /** What Bedrock Engineer shows. @default the imported model's name */
  name?: string;
  /** One that Bedrock Engineer knows, such as `deepseek`. @default by the architecture */
  provider?: string;
  /** Whether Bedrock Engineer offers its tools to the model. @default true */
  toolUse?: boolean;
  /** Most tokens of an answer. @default 4096 */
  maxTokensLimit?: number;
  /**
   * False: with tools, Bedrock Engineer takes answers whole, by Converse. Few imported models stream calls of
   * tools. @default false
   */
  supportsStreamingToolUse?: boolean;
}

const MAX_TOKENS = 4096;

/** Beginning of an architecture's name -> how Bedrock Engineer calls who made the model. */
const PROVIDERS: ReadonlyArray<readonly [beginning: string, provider: string]> = [
  ['Llama', 'meta'],
  ['Mllama', 'meta'],
  ['Mistral', 'mistral'],
  ['Mixtral', 'mistral'],
  ['Qwen', 'qwen'],
  ['GptOss', 'openai']
];

/**
 * The entry for an imported model in Bedrock Engineer's list of models, as TypeScript to be pasted there.
 *
 * @throws BedrockImportError `BEDROCK_ENGINEER_INVALID` (usage) for an ARN that is none of an imported model, or
 *   a number of tokens that is none
 */
export function bedrockEngineerEntry(
  model: Pick<ImportedModel, 'modelArn' | 'modelName' | 'modelArchitecture'>,
  options: BedrockEngineerOptions = {}
): string {
  const { form = 'newer', maxTokensLimit = MAX_TOKENS } = options;
  const region = /^arn:aws[a-z-]*:bedrock:([a-z0-9-]+):\d{12}:imported-model\/[a-z0-9]+$/.exec(
    model.modelArn
  )?.[1];
  if (region === undefined) {
    throw invalid(`${model.modelArn.slice(0, 200)} is not the ARN of an imported model.`);
  }
  if (!Number.isSafeInteger(maxTokensLimit) || maxTokensLimit < 1) {
    throw invalid(`${maxTokensLimit} is not a number of tokens.`);
  }
  const fields: ReadonlyArray<readonly [name: string, value: string]> = [
    ['baseId', quoted(model.modelArn)],
    ['name', quoted(options.name ?? model.modelName)],
    ['provider', quoted(options.provider ?? providerOf(model.modelArchitecture))],
    ['category', quoted('text')],
    ['toolUse', String(options.toolUse ?? true)],
    ['maxTokensLimit', String(maxTokensLimit)],
    ['supportsStreamingToolUse', String(options.supportsStreamingToolUse ?? false)],
    form === 'newer'
      ? ['inferenceProfiles', `[{ type: 'base', regions: [${quoted(region)}] }]`]
      : ['availability', `{ base: [${quoted(region)}] }`]
  ];
  const lines = fields.map(([name, value]) => `  ${name}: ${value}`).join(',\n');
  return `{\n${lines}\n}`;
}

function providerOf(architecture = ''): string {
  return PROVIDERS.find(([beginning]) => architecture.startsWith(beginning))?.[1] ?? 'custom';
}

/** As TypeScript: whatever a name holds, it stays one text. */
function quoted(text: string): string {
  const inner = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll('\\"', '"')
    .replaceAll("'", "\\'")
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
  return `'${inner}'`;
}

function invalid(message: string): BedrockImportError {
  return new BedrockImportError({
    code: 'BEDROCK_ENGINEER_INVALID',
    message,
    subject: 'Bedrock Engineer',
    nextStep:
      'Give an imported model, as getImportedModel() returns it, and a whole number of tokens.',
    kind: 'usage'
  });
}
