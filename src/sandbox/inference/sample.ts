export interface SamplingOptions {
  temperature?: number;
  topP?: number;
  random?: () => number;
}

/** The next token: the likeliest one, or one drawn from the likeliest that make up `topP`. */
export function sampleToken(logits: Float32Array, options: SamplingOptions = {}): number {
  const { temperature = 0, topP = 1, random = Math.random } = options;
  const best = likeliest(logits);
  if (temperature <= 0 || topP <= 0) {
    return best;
  }
  const highest = logits[best] ?? 0;
  const weights = Float64Array.from(logits, logit => Math.exp((logit - highest) / temperature));
  const order = topP < 1 ? byWeight(weights) : Uint32Array.from(weights, (_, id) => id);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let kept = 0;
  let count = 0;
  while (count < order.length && (count === 0 || kept < topP * total)) {
    kept += weights[order[count] ?? 0] ?? 0;
    count += 1;
  }
  let left = random() * kept;
  for (const id of order.subarray(0, count)) {
    left -= weights[id] ?? 0;
    if (left < 0) {
      return id;
    }
  }
  return best;
}

function likeliest(logits: Float32Array): number {
  let best = 0;
  logits.forEach((logit, id) => {
    if (logit > (logits[best] ?? -Infinity)) {
      best = id;
    }
  });
  return best;
}

function byWeight(weights: Float64Array): Uint32Array {
  const order = Uint32Array.from(weights, (_, id) => id);
  return order.sort((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0));
}
