import { GUIDE_SOURCE } from '../awsFacts';
import { isObject, textConfig, type ModelCheck } from '../facts';

/** Weights that are stored in fewer bits than the documented data types. */
export const quantised: ModelCheck = ({ config, architecture }) => {
  if (config === undefined) {
    return undefined;
  }
  const id = 'quantised';
  const why = 'The user guide lists FP32, FP16 and BF16; reports about quantised weights disagree.';
  const settings = config['quantization_config'] ?? textConfig(config)?.['quantization_config'];
  if (!isObject(settings)) {
    return {
      id,
      verdict: 'ok',
      found: 'The weights are not quantised.',
      why,
      source: GUIDE_SOURCE
    };
  }
  const method = settings['quant_method'];
  const name = typeof method === 'string' ? method : 'unnamed method';
  if (architecture === 'GptOssForCausalLM' && name === 'mxfp4') {
    const found = 'The weights are in MXFP4, as GPT-OSS is published.';
    return { id, verdict: 'ok', found, why, source: GUIDE_SOURCE };
  }
  return {
    id,
    verdict: 'warning',
    found: `The weights are quantised (${name}).`,
    why,
    source: GUIDE_SOURCE,
    nextStep: 'Prefer the model’s BF16 or FP16 repository, if there is one.'
  };
};
