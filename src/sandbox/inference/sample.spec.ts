import { sampleToken } from './sample';

const logits = Float32Array.from([0, 2, 1, -5].map(value => value));
const fixed =
  (value: number): (() => number) =>
  () =>
    value;

it('takes the likeliest token when no temperature is given', () => {
  expect(sampleToken(logits)).toBe(1);
  expect(sampleToken(logits, { temperature: 0, random: fixed(0.999) })).toBe(1);
});

it('draws in proportion to the probabilities', () => {
  let next = 0;
  const random = (): number => (next = (next + 0.001) % 1);
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 1000; i += 1) {
    const id = sampleToken(logits, { temperature: 1, random });
    counts[id] = (counts[id] ?? 0) + 1;
  }
  const weights = [0, 2, 1, -5].map(Math.exp);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  counts.forEach((count, id) => {
    expect(Math.abs(count - (1000 * (weights[id] ?? 0)) / total)).toBeLessThan(3);
  });
});

it('leaves out what lies beyond topP', () => {
  const drawn = [0, 0.3, 0.6, 0.9, 0.9999].map(value =>
    sampleToken(logits, { temperature: 1, topP: 0.7, random: fixed(value) })
  );
  expect(new Set(drawn)).toEqual(new Set([1, 2]));
  const narrow = sampleToken(logits, { temperature: 1, topP: 0.1, random: fixed(0.9999) });
  expect(narrow).toBe(1);
});

it('stays with the likeliest token at a tiny temperature', () => {
  expect(sampleToken(logits, { temperature: 1e-6, random: fixed(0.9999) })).toBe(1);
});
