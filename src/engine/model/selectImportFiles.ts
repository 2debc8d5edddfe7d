import type { FileSelection, LeftOutFile, ModelFile } from './types';

interface Rule {
  matches: RegExp;
  reason: string;
}

/**
 * Files that an import reads: the list of the Amazon Bedrock User Guide, "Import a customized
 * model" (safetensors, config.json, tokenizer_config.json, tokenizer.json, tokenizer.model), and
 * what the loaders of those families read beside it.
 */
const TAKEN: readonly RegExp[] = [
  /^[^/]+\.safetensors$/,
  /^[^/]+\.safetensors\.index\.json$/,
  /^(config|generation_config)\.json$/,
  /^(tokenizer|tokenizer_config|added_tokens|special_tokens_map|vocab)\.json$/,
  /^(tokenizer|spiece|sentencepiece\.bpe)\.model$/,
  /^(merges|vocab)\.txt$/,
  /^chat_template\.(jinja|json)$/,
  /^additional_chat_templates\/[^/]+\.jinja$/,
  /^(preprocessor_config|processor_config|video_preprocessor_config)\.json$/
];

/** What would match TAKEN and must stay behind all the same; the first match gives the reason. */
const KEPT_BACK: readonly Rule[] = [
  {
    matches: /^consolidated[^/]*\.safetensors(\.index\.json)?$/,
    reason: 'second copy of the weights in the publisher’s own layout'
  },
  {
    matches: /^adapter_model[^/]*\.safetensors$/,
    reason: 'adapter weights; an import takes merged weights only'
  },
  {
    matches: /^(optimizer|training_args|ema|scheduler)[^/]*\.safetensors$/,
    reason: 'training state, not model weights'
  }
];

/** Reasons for everything else; the first match wins, and the last one matches all. */
const LEFT_OUT: readonly Rule[] = [
  { matches: /(^|\/)\.git[^/]*(\/|$)/, reason: 'git file' },
  { matches: /^original\//, reason: 'second copy of the weights in the publisher’s own layout' },
  { matches: /^metal\//, reason: 'weights for Apple Metal' },
  {
    matches: /(^|\/)(consolidated|params)[^/]*\.(pth|json|safetensors)$/,
    reason: 'second copy of the model in the publisher’s own layout'
  },
  { matches: /^checkpoint-[^/]*\//, reason: 'training checkpoint' },
  { matches: /^(runs|logs|wandb)\//, reason: 'training logs' },
  {
    matches: /(^|\/)(adapter_model|adapter_config)[^/]*$/,
    reason: 'adapter file; an import takes merged weights only'
  },
  {
    matches: /(^|\/)(optimizer|scheduler|training_args|trainer_state|rng_state)[^/]*$/,
    reason: 'training state'
  },
  {
    matches: /\.bin(\.index\.json)?$/,
    reason: 'weights in PyTorch .bin format; an import reads safetensors'
  },
  { matches: /\.(pth|pt|ckpt)$/, reason: 'weights in PyTorch format; an import reads safetensors' },
  { matches: /\.(gguf|ggml)$/i, reason: 'weights in GGUF format; an import reads safetensors' },
  {
    matches: /\.(h5|keras)$|^tf_model/,
    reason: 'weights in TensorFlow format; an import reads safetensors'
  },
  {
    matches: /\.msgpack(\.index\.json)?$/,
    reason: 'weights in Flax format; an import reads safetensors'
  },
  {
    matches: /\.onnx(_data)?([._-][^/]*)?$|(^|\/)onnx\//,
    reason: 'weights in ONNX format; an import reads safetensors'
  },
  { matches: /\.(mlmodel|mlpackage)|(^|\/)coreml\//, reason: 'weights for Core ML' },
  { matches: /(^|\/)openvino/, reason: 'weights for OpenVINO' },
  {
    matches: /\.(tflite|ot|engine|plan|nemo|npz|mlx)$/,
    reason: 'weights in a format that an import does not read'
  },
  {
    matches: /\.safetensors(\.index\.json)?$/,
    reason: 'weights in a subfolder; an import reads the top folder'
  },
  {
    matches: /^(tekken\.json|tokenizer\.model\.v\d+)$/,
    reason: 'tokenizer in the publisher’s own format'
  },
  {
    matches: /(quantize_config|quantization_config|hf_quant_config|quant_config)\.json$/,
    reason: 'description of quantised weights'
  },
  { matches: /\.(png|jpe?g|gif|svg|webp|mp4|mov|mp3|wav|ico)$/i, reason: 'picture or media' },
  {
    matches: /(^|\/)(licen[cs]e|copying|notice|use_policy|usage_policy|acceptable_use)[^/]*$/i,
    reason: 'licence text; an import does not read it'
  },
  { matches: /\.(md|rst|pdf|html?|bib|cff)$/i, reason: 'documentation' },
  { matches: /\.(py|ipynb|sh|js|ts|c|cpp|swift)$/, reason: 'code; Amazon Bedrock runs its own' },
  { matches: /\.(zip|tar|gz|tgz|7z|xz|zst)$/, reason: 'archive' },
  { matches: /\.(jsonl|csv|tsv|parquet|arrow|log)$/, reason: 'data or log' },
  { matches: /\//, reason: 'in a subfolder; an import reads the top folder' },
  { matches: /^/, reason: 'not among the files that an import reads' }
];

/** `model.fp16.safetensors`, `model.fp16-00001-of-00002.safetensors`, `model.safetensors.index.fp16.json`. */
const VARIANT =
  /^(model|pytorch_model)\.(?!safetensors)([a-z0-9_]+)(-\d{5}-of-\d{5})?\.safetensors(\.index\.json)?$/;
const VARIANT_INDEX = /^model\.safetensors\.index\.(?!json$)[a-z0-9_]+\.json$/;

/**
 * Which files of a repository an import gets, and why each other one stays behind. Looks at names
 * only; whether the taken ones are complete is for the checks.
 */
export function selectImportFiles(files: readonly ModelFile[]): FileSelection {
  const plainWeights = files.some(file => /^model(-\d{5}-of-\d{5})?\.safetensors$/.test(file.path));
  const taken: ModelFile[] = [];
  const leftOut: LeftOutFile[] = [];
  for (const file of files) {
    const reason = reasonToLeaveOut(file.path, plainWeights);
    if (reason === undefined) {
      taken.push(file);
    } else {
      leftOut.push({ path: file.path, sizeBytes: file.sizeBytes, reason });
    }
  }
  const totalBytes = taken.reduce((sum, file) => sum + file.sizeBytes, 0);
  return { taken, leftOut, totalBytes };
}

function reasonToLeaveOut(path: string, plainWeights: boolean): string | undefined {
  if (VARIANT_INDEX.test(path) || (plainWeights && VARIANT.test(path))) {
    return 'second copy of the weights in another precision';
  }
  const keptBack = KEPT_BACK.find(rule => rule.matches.test(path));
  if (keptBack !== undefined) {
    return keptBack.reason;
  }
  if (TAKEN.some(pattern => pattern.test(path))) {
    return undefined;
  }
  return LEFT_OUT.find(rule => rule.matches.test(path))?.reason;
}
