import { AWS_FACTS, GUIDE_SOURCE } from '../awsFacts';
import type { ModelCheck } from '../facts';

export const tokenizerClass: ModelCheck = ({ tokenizerConfig }) => {
  const name = tokenizerConfig?.['tokenizer_class'];
  if (typeof name !== 'string') {
    return undefined;
  }
  const id = 'tokenizer-class';
  const known: readonly string[] = AWS_FACTS.tokenizerClasses;
  const why = `The user guide lists ${known.join(', ')}, each with or without Fast.`;
  if (known.includes(name.replace(/Fast$/, ''))) {
    return {
      id,
      verdict: 'ok',
      found: `Tokenizer class ${name} can be imported.`,
      why,
      source: GUIDE_SOURCE
    };
  }
  return {
    id,
    verdict: 'warning',
    found: `Tokenizer class ${name} is not on the list of those that can be imported.`,
    why,
    source: GUIDE_SOURCE,
    nextStep:
      name === 'TokenizersBackend'
        ? 'Newer transformers write this name; an older revision of the model may name the class that is on the list.'
        : 'Expect the import to fail, or save the tokenizer again with a class of the list.'
  };
};
