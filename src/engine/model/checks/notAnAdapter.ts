import { GUIDE_SOURCE } from '../awsFacts';
import type { ModelCheck } from '../facts';

/** Not only LoRA or other adapter weights. */
export const notAnAdapter: ModelCheck = ({ model, selection }) => {
  const id = 'not-an-adapter';
  const why = 'An import takes whole models; adapter weights must be merged into their base first.';
  const adapter = model.files.some(file => file.path === 'adapter_config.json');
  const weights = selection.taken.some(file => file.path.endsWith('.safetensors'));
  if (adapter && !weights) {
    return {
      id,
      verdict: 'blocker',
      found: 'The files are those of an adapter only.',
      why,
      source: GUIDE_SOURCE,
      nextStep:
        'Merge it into its base model with peft (merge_and_unload), save the result, and import that.'
    };
  }
  const found = adapter
    ? 'Whole weights; an adapter beside them is left out.'
    : 'The model has whole weights, it is not an adapter.';
  return weights ? { id, verdict: 'ok', found, why, source: GUIDE_SOURCE } : undefined;
};
