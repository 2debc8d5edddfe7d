import { AWS_FACTS, GUIDE_SOURCE } from '../awsFacts';
import type { ModelCheck } from '../facts';

/** config.json is there, and what was read of the model's JSON files makes sense. */
export const configReadable: ModelCheck = ({ config, unreadable, model }) => {
  const id = 'config-readable';
  const why = 'An import learns from config.json what kind of model it gets.';
  if (config === undefined) {
    const there = model.files.some(file => file.path === 'config.json');
    return {
      id,
      verdict: 'blocker',
      found: there ? 'config.json is not a JSON object.' : 'The model has no config.json.',
      why,
      source: GUIDE_SOURCE,
      nextStep:
        'Take a model in the Hugging Face transformers format, with config.json in its top folder.'
    };
  }
  if (unreadable.length > 0) {
    return {
      id,
      verdict: 'warning',
      found: `Not valid JSON or not text: ${unreadable.join(', ')}.`,
      why: 'A loader that reads these files may refuse the model.',
      source: AWS_FACTS.guide,
      nextStep: 'Take another revision of the model, or expect the import to fail.'
    };
  }
  return { id, verdict: 'ok', found: 'config.json can be read.', why, source: GUIDE_SOURCE };
};
