import type { ModelCheck } from '../facts';

/** There is one clear chat template. */
export const chatTemplatePresent: ModelCheck = ({ chatTemplate }) => {
  const id = 'chat-template';
  const why = 'Messages reach the model through its chat template.';
  const { effective, problems } = chatTemplate;
  if (effective === undefined || problems.length > 0) {
    return {
      id,
      verdict: 'warning',
      found: problems.length > 0 ? problems.join(' ') : 'The model has no chat template.',
      why,
      nextStep:
        'Give it a template on the way (in a terminal: --chat-template FILE), or send plain prompts to the imported model.'
    };
  }
  return { id, verdict: 'ok', found: `The chat template of ${effective.path} counts.`, why };
};
