import { store } from '../testing/madeUpModel';
import { createKernel, DTYPE, type Kernel, type StoredDtype } from './kernel';

let kernel: Kernel;

beforeAll(async () => {
  kernel = await createKernel();
});

let seed = 1;

/** Numbers that every stored type holds exactly. */
function numbers(count: number): Float32Array {
  return Float32Array.from({ length: count }, () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return ((seed >>> 24) - 128) / 64;
  });
}

function put(values: Float32Array, dtype: StoredDtype = 'F32'): number {
  const bytes = store(values, dtype);
  const address = kernel.reserve(bytes.length);
  kernel.bytes(address, bytes.length).set(bytes);
  return address;
}

const room = (count: number): number => put(new Float32Array(count).fill(NaN));
const read = (address: number, count: number): number[] => [...kernel.floats(address, count)];

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  const scale = Math.max(...expected.map(Math.abs), 1);
  const worst = Math.max(...actual.map((value, i) => Math.abs(value - (expected[i] ?? NaN))));
  expect(worst / scale).toBeLessThan(1e-5);
}

const dtypes: StoredDtype[] = ['F32', 'F16', 'BF16'];

describe.each(dtypes)('%s', dtype => {
  it('is widened', () => {
    const values = numbers(11);
    const target = room(11);
    kernel.widen(DTYPE[dtype], put(values, dtype), target, 11);
    expect(read(target, 11)).toEqual([...values]);
  });

  it.each([
    { rows: 5, cols: 7, batch: 1, bias: false },
    { rows: 4, cols: 32, batch: 1, bias: true },
    { rows: 7, cols: 35, batch: 3, bias: true },
    { rows: 8, cols: 48, batch: 4, bias: false },
    { rows: 9, cols: 21, batch: 7, bias: true }
  ])('is multiplied: $rows x $cols by $batch', ({ rows, cols, batch, bias }) => {
    const w = numbers(rows * cols);
    const x = numbers(batch * cols);
    const b = numbers(rows);
    const y = room(batch * rows);
    const addresses = { w: put(w, dtype), x: put(x), b: bias ? put(b) : 0, s: room(2 * cols) };
    const { w: wAt, x: xAt, b: bAt, s } = addresses;
    kernel.matmul(DTYPE[dtype], wAt, xAt, y, rows, cols, batch, bAt, s);
    const expected: number[] = [];
    for (let t = 0; t < batch; t += 1) {
      for (let r = 0; r < rows; r += 1) {
        let sum = bias ? (b[r] ?? 0) : 0;
        for (let c = 0; c < cols; c += 1) {
          sum += (w[r * cols + c] ?? 0) * (x[t * cols + c] ?? 0);
        }
        expected.push(sum);
      }
    }
    expectClose(read(y, batch * rows), expected);
  });
});

it('widens small and negative float16 numbers, and minus zero', () => {
  const bits = Uint16Array.of(0x0001, 0x8001, 0x03ff, 0x8000, 0x7bff, 0xfbff, 0x3c00, 0x0400);
  const address = kernel.reserve(16);
  kernel.bytes(address, 16).set(new Uint8Array(bits.buffer));
  const target = room(8);
  kernel.widen(DTYPE.F16, address, target, 8);
  const tiny = 2 ** -24;
  expect(read(target, 8)).toEqual([tiny, -tiny, 1023 * tiny, -0, 65504, -65504, 1, 2 ** -14]);
});

it('adds', () => {
  const x = numbers(9);
  const y = numbers(9);
  const at = put(x);
  kernel.add(at, put(y), 9);
  expectClose(
    read(at, 9),
    [...x].map((value, i) => value + (y[i] ?? 0))
  );
});

it('norms each vector by its root mean square', () => {
  const x = numbers(3 * 10);
  const weight = numbers(10);
  const out = room(30);
  kernel.rmsNorm(put(x), put(weight), out, 10, 3, 0.01);
  const expected = [0, 1, 2].flatMap(t => {
    const row = [...x.slice(t * 10, t * 10 + 10)];
    const mean = row.reduce((sum, value) => sum + value * value, 0) / 10;
    return row.map((value, i) => (value / Math.sqrt(mean + 0.01)) * (weight[i] ?? 0));
  });
  expectClose(read(out, 30), expected);
});

it('turns the halves of each head by the angles of its position', () => {
  const [heads, headDim, batch] = [2, 6, 3];
  const x = numbers(batch * heads * headDim);
  const angles = Float32Array.from({ length: batch * 3 }, (_, i) => i * 0.7);
  const at = put(x);
  kernel.rope(at, put(angles.map(Math.cos)), put(angles.map(Math.sin)), heads, headDim, batch);
  const expected = [...x];
  for (let t = 0; t < batch; t += 1) {
    for (let h = 0; h < heads; h += 1) {
      for (let i = 0; i < 3; i += 1) {
        const first = (t * heads + h) * headDim + i;
        const angle = angles[t * 3 + i] ?? 0;
        const [a, b] = [x[first] ?? 0, x[first + 3] ?? 0];
        expected[first] = a * Math.cos(angle) - b * Math.sin(angle);
        expected[first + 3] = b * Math.cos(angle) + a * Math.sin(angle);
      }
    }
  }
  expectClose(read(at, expected.length), expected);
});

it('multiplies by silu, for large numbers too', () => {
  const gate = Float32Array.of(0, 1, -1, 60, -60, 200, -200);
  const up = Float32Array.of(3, 2, 2, 2, 2, 1, 1);
  const at = put(gate);
  kernel.siluMultiply(at, put(up), 7);
  expectClose(
    read(at, 7),
    [...gate].map((value, i) => (value / (1 + Math.exp(-value))) * (up[i] ?? 0))
  );
});

it.each([{ window: 100 }, { window: 3 }])('attends to at most $window positions', ({ window }) => {
  const [heads, kvHeads, headDim, position, batch] = [4, 2, 6, 5, 3];
  const q = numbers(batch * heads * headDim);
  const keys = numbers((position + batch) * kvHeads * headDim);
  const values = numbers((position + batch) * kvHeads * headDim);
  const out = room(q.length);
  kernel.attention(
    put(q),
    put(keys),
    put(values),
    out,
    room(position + batch),
    position,
    batch,
    heads,
    kvHeads,
    headDim,
    window,
    0.4
  );
  const expected: number[] = [];
  for (let t = 0; t < batch; t += 1) {
    for (let h = 0; h < heads; h += 1) {
      const kv = Math.floor(h / 2);
      const seen = Array.from({ length: position + t + 1 }, (_, p) => p).slice(-window);
      const weights = seen.map(p => {
        let dot = 0;
        for (let d = 0; d < headDim; d += 1) {
          const key = keys[(p * kvHeads + kv) * headDim + d] ?? 0;
          dot += (q[(t * heads + h) * headDim + d] ?? 0) * key;
        }
        return Math.exp(dot * 0.4);
      });
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (let d = 0; d < headDim; d += 1) {
        const mixed = seen.map(
          (p, i) => ((weights[i] ?? 0) / total) * (values[(p * kvHeads + kv) * headDim + d] ?? 0)
        );
        expected.push(mixed.reduce((sum, value) => sum + value, 0));
      }
    }
  }
  expectClose(read(out, expected.length), expected);
});

it('keeps what is in its memory when the memory grows', async () => {
  const own = await createKernel();
  const first = own.reserve(5);
  own.bytes(first, 5).set([1, 2, 3, 4, 5]);
  const second = own.reserve(1_000_000);
  own.bytes(second, 1_000_000).fill(9);
  expect(second % 16).toBe(0);
  expect([...own.bytes(first, 5)]).toEqual([1, 2, 3, 4, 5]);
});
