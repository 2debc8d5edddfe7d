import type { ModelCheck } from '../facts';

/** Says under which terms a model of the hub stands; judging them is the user's. */
export const licence: ModelCheck = ({ model }) => {
  if (model.gated === undefined) {
    return undefined;
  }
  const gate = model.gated === false ? '' : ' The model is gated, and you have access to it.';
  return {
    id: 'licence',
    verdict: 'ok',
    found: `${model.license === undefined ? 'The hub names no licence.' : `Licence: ${model.license}.`}${gate}`,
    why: 'You remain responsible for using the model within its licence.'
  };
};
