import { AWS_FACTS, GUIDE_SOURCE } from '../awsFacts';
import type { ModelCheck } from '../facts';

export const dataType: ModelCheck = ({ torchDtype }) => {
  if (torchDtype === undefined) {
    return undefined;
  }
  const id = 'data-type';
  const why = 'An import takes weights in FP32, FP16 and BF16.';
  const known: readonly string[] = AWS_FACTS.dataTypes;
  if (known.includes(torchDtype)) {
    const note = torchDtype === 'float32' ? '; it is reported to become BF16 in the import' : '';
    const found = `config.json says ${torchDtype}${note}.`;
    return { id, verdict: 'ok', found, why, source: GUIDE_SOURCE };
  }
  return {
    id,
    verdict: 'warning',
    found: `config.json says ${torchDtype}.`,
    why,
    source: GUIDE_SOURCE,
    nextStep: 'Save the weights again in bfloat16, or expect the import to fail.'
  };
};
