/**
 * What Amazon Bedrock Custom Model Import accepts, as AWS has written it. Nothing here was tried
 * against the service; what AWS may extend at any time ends in a warning, not in a refusal.
 */
export const AWS_FACTS = {
  /** The day on which the pages were read. */
  asOf: '2026-11-22',

  guide: 'Amazon Bedrock User Guide, "Import a customized model into Amazon Bedrock"',

  /** Name in config.json -> how the user guide calls the family. */
  architectures: new Map<string, string>([
    ['LlamaForCausalLM', 'Llama 2, 3, 3.1, 3.2, 3.3'],
    ['MllamaForConditionalGeneration', 'Mllama'],
    ['MistralForCausalLM', 'Mistral'],
    ['MixtralForCausalLM', 'Mixtral'],
    ['T5ForConditionalGeneration', 'Flan'],
    ['GPTBigCodeForCausalLM', 'GPTBigCode'],
    ['Qwen2ForCausalLM', 'Qwen2, Qwen2.5'],
    ['Qwen2VLForConditionalGeneration', 'Qwen2-VL'],
    ['Qwen2_5_VLForConditionalGeneration', 'Qwen2.5-VL'],
    ['Qwen3ForCausalLM', 'Qwen3'],
    ['Qwen3MoeForCausalLM', 'Qwen3'],
    ['GptOssForCausalLM', 'GPT-OSS']
  ]),

  multimodalArchitectures: new Set([
    'MllamaForConditionalGeneration',
    'Qwen2VLForConditionalGeneration',
    'Qwen2_5_VLForConditionalGeneration'
  ]),

  /** Weights must stay below these, in GB. The guide does not say which GB. */
  maxWeightsGb: { text: 200, multimodal: 100 },

  regions: ['us-east-1', 'us-east-2', 'us-west-2', 'eu-central-1'],

  /** Imported models in an account and Region, unless raised (quota L-45B04988). */
  importedModelsQuota: 3,

  /** Architectures that only some of the regions take. */
  regionsByArchitecture: new Map<string, readonly string[]>([['GptOssForCausalLM', ['us-east-1']]]),

  /** "Less than 128K" in the guide; models of exactly that length, such as Llama 3.1, are listed. */
  maxContextTokens: 131_072,

  /** `torch_dtype` in config.json. */
  dataTypes: ['float32', 'float16', 'bfloat16'],

  /** Each is also accepted with `Fast` at its end. */
  tokenizerClasses: [
    'T5Tokenizer',
    'LlamaTokenizer',
    'CodeLlamaTokenizer',
    'GPT2Tokenizer',
    'GPTNeoXTokenizer',
    'PreTrainedTokenizer',
    'Qwen2Tokenizer'
  ]
} as const;

/** The guide's title with the day it was read, for `Check.source`. */
export const GUIDE_SOURCE = `${AWS_FACTS.guide} (read on ${AWS_FACTS.asOf})`;
