import type { DecoderConfig } from './config';

/** The angle per position of each pair of numbers in a head. */
export function ropeFrequencies(config: DecoderConfig): Float64Array {
  const half = config.headDim / 2;
  const frequencies = new Float64Array(half);
  for (let i = 0; i < half; i += 1) {
    frequencies[i] = scaled(config, config.ropeTheta ** (-i / half));
  }
  return frequencies;
}

function scaled(config: DecoderConfig, frequency: number): number {
  const scaling = config.ropeScaling;
  switch (scaling.kind) {
    case 'none':
      return frequency;
    case 'linear':
      return frequency / scaling.factor;
    case 'llama3': {
      const { factor, lowFrequencyFactor: low, highFrequencyFactor: high } = scaling;
      const turns = (scaling.originalContextLength * frequency) / (2 * Math.PI);
      // Fast angles stay, slow ones are stretched, and those between are mixed.
      const share = Math.min(1, Math.max(0, (turns - low) / (high - low)));
      return ((1 - share) * frequency) / factor + share * frequency;
    }
  }
}
