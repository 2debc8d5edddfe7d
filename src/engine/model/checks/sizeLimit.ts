import { formatBytes } from '../../disk';
import { AWS_FACTS, GUIDE_SOURCE } from '../awsFacts';
import type { ModelCheck } from '../facts';

/** The weights stay below the documented limit. */
export const sizeLimit: ModelCheck = ({ architecture, weightsBytes }) => {
  const multimodal =
    architecture !== undefined && AWS_FACTS.multimodalArchitectures.has(architecture);
  const gigabytes = AWS_FACTS.maxWeightsGb[multimodal ? 'multimodal' : 'text'];
  const id = 'size-limit';
  const why = `Weights of a ${multimodal ? 'multimodal' : 'text'} model must stay below ${gigabytes} GB.`;
  const size = formatBytes(weightsBytes);
  if (weightsBytes < gigabytes * 1e9) {
    return {
      id,
      verdict: 'ok',
      found: `${size} of weights, ${gigabytes} GB are allowed.`,
      why,
      source: GUIDE_SOURCE
    };
  }
  const unclear = weightsBytes < gigabytes * 2 ** 30;
  return {
    id,
    verdict: unclear ? 'warning' : 'blocker',
    found: unclear
      ? `${size} of weights: over the limit if it counts in GB of 10⁹ bytes, below it in GiB.`
      : `${size} of weights.`,
    why,
    source: GUIDE_SOURCE,
    nextStep: 'Choose a smaller model, or one whose weights are stored as BF16 instead of FP32.'
  };
};
