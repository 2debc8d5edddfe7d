import { readDecoderConfig } from './config';
import { Decoder, MAX_BATCH, type KvCache } from './decoder';
import { createKernel } from './kernel/kernel';
import {
  madeUpModel,
  modelFiles,
  REFERENCE_CASES,
  type ReferenceCase
} from './testing/madeUpModel';
import { surveyModel } from './validate';
import { loadWeights } from './weights';

async function loadDecoder(reference: ReferenceCase, shards: 1 | 2 = 1): Promise<Decoder> {
  const files = modelFiles(madeUpModel(reference, shards));
  const config = readDecoderConfig(reference.config);
  const kernel = await createKernel();
  return new Decoder(
    config,
    kernel,
    await loadWeights(files, await surveyModel(files), config, kernel)
  );
}

/** Largest difference, against the spread of the expected numbers. */
function difference(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual).toHaveLength(expected.length);
  const spread = Math.max(...expected) - Math.min(...expected);
  return Math.max(...expected.map((value, i) => Math.abs(value - (actual[i] ?? NaN)))) / spread;
}

describe.each(REFERENCE_CASES)('$name', reference => {
  const { tokens } = reference;
  const positions = Object.keys(reference.logits).map(Number);
  let decoder: Decoder;

  beforeAll(async () => {
    decoder = await loadDecoder(reference);
  });

  const compare = (position: number, logits: Float32Array): void => {
    expect(difference(logits, reference.logits[position] ?? [])).toBeLessThan(2e-5);
  };

  it('gives the logits of the numpy reference in batches', () => {
    expect(positions.length).toBeGreaterThan(2);
    for (const position of positions) {
      const cache = decoder.acquire(tokens.length);
      const seen = tokens.slice(0, position + 1);
      let logits = new Float32Array();
      for (let start = 0; start < seen.length; start += MAX_BATCH) {
        logits = decoder.forward(seen.slice(start, start + MAX_BATCH), cache).slice();
      }
      compare(position, logits);
      decoder.release(cache);
    }
  });

  it('gives the same logits token by token', () => {
    const cache = decoder.acquire(tokens.length);
    tokens.forEach((token, position) => {
      const logits = decoder.forward([token], cache);
      if (positions.includes(position)) {
        compare(position, logits);
      }
    });
    decoder.release(cache);
  });
});

const [reference] = REFERENCE_CASES as [ReferenceCase];

it('reads weights from several files', async () => {
  const decoder = await loadDecoder(reference, 2);
  const logits = decoder.forward(reference.tokens.slice(0, 1), decoder.acquire(1));
  expect(difference(logits, reference.logits[0] ?? [])).toBeLessThan(2e-5);
});

it('keeps conversations apart that take turns', async () => {
  const decoder = await loadDecoder(reference);
  const alone = (token: number, cache: KvCache): number[] => [...decoder.forward([token], cache)];
  const [a, b] = [decoder.acquire(10), decoder.acquire(600)];
  const taken = [3, 4, 5].map(token => [alone(token, a), alone(token + 9, b)]);
  const again = decoder.acquire(10);
  expect([3, 4, 5].map(token => alone(token, again))).toEqual(taken.map(([first]) => first));
});

it('uses the room of a finished conversation again, as if it were empty', async () => {
  const decoder = await loadDecoder(reference);
  const first = decoder.acquire(100);
  const before = [...decoder.forward([5, 6], first)];
  decoder.release(first);
  const second = decoder.acquire(90);
  expect(second.address).toBe(first.address);
  expect([...decoder.forward([5, 6], second)]).toEqual(before);
});

it('refuses tokens that it does not have and batches that do not fit', async () => {
  const decoder = await loadDecoder(reference);
  const cache = decoder.acquire(256);
  expect(() => decoder.forward([41], cache)).toThrow("not in the model's vocabulary");
  expect(() => decoder.forward(Array<number>(MAX_BATCH + 1).fill(1), cache)).toThrow(RangeError);
  expect(() => decoder.forward([], cache)).toThrow(RangeError);
});
