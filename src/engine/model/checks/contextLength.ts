import { AWS_FACTS, GUIDE_SOURCE } from '../awsFacts';
import type { ModelCheck } from '../facts';

export const contextLength: ModelCheck = ({ config, contextLength: length }) => {
  if (config === undefined || length === undefined) {
    return undefined;
  }
  const id = 'context-length';
  const why = 'The user guide asks for a context length below 128K.';
  const found = `max_position_embeddings is ${length}.`;
  if (length <= AWS_FACTS.maxContextTokens) {
    return { id, verdict: 'ok', found, why, source: GUIDE_SOURCE };
  }
  return {
    id,
    verdict: 'warning',
    found,
    why,
    source: GUIDE_SOURCE,
    nextStep: 'Expect the import to fail or the context to be cut.'
  };
};
