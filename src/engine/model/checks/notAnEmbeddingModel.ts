import { GUIDE_SOURCE } from '../awsFacts';
import type { ModelCheck } from '../facts';

const TAGS: ReadonlySet<string> = new Set([
  'feature-extraction',
  'sentence-similarity',
  'text-ranking',
  'fill-mask'
]);

/** A model that writes text, not one that turns text into vectors or scores. */
export const notAnEmbeddingModel: ModelCheck = ({ model }) => {
  const id = 'not-an-embedding-model';
  const why = 'Embedding models cannot be imported.';
  const byTag = model.pipelineTag !== undefined && TAGS.has(model.pipelineTag);
  const byFiles = model.files.some(
    file => file.path === 'modules.json' || /^\d+_Pooling\//.test(file.path)
  );
  if (byTag || byFiles) {
    return {
      id,
      verdict: 'blocker',
      found: byTag
        ? `The hub lists the model under ${model.pipelineTag}.`
        : 'The files are those of a sentence-transformers model.',
      why,
      source: GUIDE_SOURCE,
      nextStep: 'Choose a model that generates text.'
    };
  }
  const found =
    model.gated === undefined
      ? 'The files are not those of sentence-transformers.'
      : `The hub lists the model under ${model.pipelineTag ?? 'no task'}.`;
  return { id, verdict: 'ok', found, why, source: GUIDE_SOURCE };
};
