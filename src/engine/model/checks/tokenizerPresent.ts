import { GUIDE_SOURCE } from '../awsFacts';
import type { ModelCheck } from '../facts';

const TOKENIZERS = [
  ['tokenizer.json'],
  ['tokenizer.model'],
  ['spiece.model'],
  ['vocab.json', 'merges.txt']
];

export const tokenizerPresent: ModelCheck = ({ selection }) => {
  const id = 'tokenizer-present';
  const why = 'An import reads tokenizer_config.json and tokenizer.json or tokenizer.model.';
  const paths = new Set(selection.taken.map(file => file.path));
  const found = TOKENIZERS.find(set => set.every(path => paths.has(path)));
  if (found === undefined) {
    return {
      id,
      verdict: 'blocker',
      found: 'The model has no tokenizer.',
      why,
      source: GUIDE_SOURCE,
      nextStep: 'Take a model with tokenizer.json, or add the tokenizer of the base model.'
    };
  }
  if (!paths.has('tokenizer_config.json')) {
    return {
      id,
      verdict: 'warning',
      found: `${found.join(' and ')}, but no tokenizer_config.json.`,
      why,
      source: GUIDE_SOURCE,
      nextStep: 'Expect the import to fail; a model saved by transformers has the file.'
    };
  }
  const names = `${found.join(' and ')} with tokenizer_config.json.`;
  return { id, verdict: 'ok', found: names, why, source: GUIDE_SOURCE };
};
