import type { DecoderConfig } from './config';
import { DTYPE, type Kernel } from './kernel/kernel';
import { ropeFrequencies } from './rope';

/** A matrix as it is stored, and its bias as float32 or 0. */
export interface Matrix {
  dtype: number;
  address: number;
  rows: number;
  cols: number;
  bias: number;
}

export interface LayerWeights {
  inputNorm: number;
  query: Matrix;
  key: Matrix;
  value: Matrix;
  output: Matrix;
  /** 0 where the architecture has none. */
  queryNorm: number;
  keyNorm: number;
  mlpNorm: number;
  gate: Matrix;
  up: Matrix;
  down: Matrix;
}

/** Where a decoder's weights lie in the kernel's memory; norms and biases are float32. */
export interface DecoderWeights {
  embedding: Matrix;
  head: Matrix;
  norm: number;
  layers: LayerWeights[];
}

/** Keys and values of one conversation. */
export interface KvCache {
  address: number;
  /** Positions that fit. */
  capacity: number;
  /** Positions that are filled. */
  length: number;
}

/** How many tokens go through the layers together while a prompt is read. */
export const MAX_BATCH = 32;

/** The forward pass of Llama, Mistral, Qwen2 and dense Qwen3 models. */
export class Decoder {
  private readonly frequencies: Float64Array;
  private readonly freeCaches: KvCache[] = [];
  private readonly space: WorkingSpace;
  private scores = { address: 0, capacity: 0 };

  constructor(
    readonly config: DecoderConfig,
    private readonly kernel: Kernel,
    private readonly weights: DecoderWeights
  ) {
    this.frequencies = ropeFrequencies(config);
    this.space = reserveSpace(config, kernel);
  }

  /** Room for `positions` tokens, to be handed back with `release`. */
  acquire(positions: number): KvCache {
    const at = this.freeCaches.findIndex(cache => cache.capacity >= positions);
    const [free] = at < 0 ? [] : this.freeCaches.splice(at, 1);
    if (free !== undefined) {
      free.length = 0;
      return free;
    }
    const { layers, kvHeads, headDim } = this.config;
    const capacity = Math.ceil(positions / 256) * 256;
    const bytes = layers * 2 * capacity * kvHeads * headDim * 4;
    return { address: this.kernel.reserve(bytes), capacity, length: 0 };
  }

  release(cache: KvCache): void {
    this.freeCaches.push(cache);
  }

  /**
   * Runs up to `MAX_BATCH` tokens, appends them to the cache, and returns the logits that follow the
   * last one: a view that is valid until the next call of anything here.
   */
  forward(tokenIds: readonly number[], cache: KvCache): Float32Array {
    const { kernel, config, space, weights } = this;
    const batch = tokenIds.length;
    if (batch === 0 || batch > MAX_BATCH || cache.length + batch > cache.capacity) {
      throw new RangeError('The tokens do not fit in one batch or in the cache.');
    }
    this.reserveScores(cache.capacity);
    this.embed(tokenIds);
    this.writeAngles(cache.length, batch);
    weights.layers.forEach((layer, index) => {
      this.attend(layer, index, cache, batch);
      this.feedForward(layer, batch);
    });
    cache.length += batch;
    const last = space.hidden + (batch - 1) * config.hiddenSize * 4;
    kernel.rmsNorm(last, weights.norm, space.normed, config.hiddenSize, 1, config.rmsNormEpsilon);
    this.multiply(weights.head, space.normed, space.logits, 1);
    return kernel.floats(space.logits, config.vocabularySize);
  }

  private embed(tokenIds: readonly number[]): void {
    const { embedding } = this.weights;
    const rowBytes = embedding.cols * (embedding.dtype === DTYPE.F32 ? 4 : 2);
    tokenIds.forEach((id, t) => {
      if (!Number.isInteger(id) || id < 0 || id >= embedding.rows) {
        throw new RangeError(`The token ${id} is not in the model's vocabulary.`);
      }
      const source = embedding.address + id * rowBytes;
      const target = this.space.hidden + t * embedding.cols * 4;
      this.kernel.widen(embedding.dtype, source, target, embedding.cols);
    });
  }

  private writeAngles(position: number, batch: number): void {
    const half = this.frequencies.length;
    const cosines = this.kernel.floats(this.space.cosines, batch * half);
    const sines = this.kernel.floats(this.space.sines, batch * half);
    for (let t = 0; t < batch; t += 1) {
      this.frequencies.forEach((frequency, i) => {
        const angle = (position + t) * frequency;
        cosines[t * half + i] = Math.cos(angle);
        sines[t * half + i] = Math.sin(angle);
      });
    }
  }

  private attend(layer: LayerWeights, index: number, cache: KvCache, batch: number): void {
    const { kernel, config, space } = this;
    const { heads, kvHeads, headDim, hiddenSize, rmsNormEpsilon: epsilon } = config;
    const kvBytes = kvHeads * headDim * 4;
    const keys = cache.address + index * 2 * cache.capacity * kvBytes;
    const values = keys + cache.capacity * kvBytes;
    const newKeys = keys + cache.length * kvBytes;
    kernel.rmsNorm(space.hidden, layer.inputNorm, space.normed, hiddenSize, batch, epsilon);
    this.multiply(layer.query, space.normed, space.query, batch);
    this.multiply(layer.key, space.normed, newKeys, batch);
    this.multiply(layer.value, space.normed, values + cache.length * kvBytes, batch);
    if (layer.queryNorm !== 0) {
      const { query } = space;
      kernel.rmsNorm(query, layer.queryNorm, query, headDim, batch * heads, epsilon);
      kernel.rmsNorm(newKeys, layer.keyNorm, newKeys, headDim, batch * kvHeads, epsilon);
    }
    kernel.rope(space.query, space.cosines, space.sines, heads, headDim, batch);
    kernel.rope(newKeys, space.cosines, space.sines, kvHeads, headDim, batch);
    kernel.attention(
      space.query,
      keys,
      values,
      space.attended,
      this.scores.address,
      cache.length,
      batch,
      heads,
      kvHeads,
      headDim,
      config.slidingWindow ?? cache.capacity,
      1 / Math.sqrt(headDim)
    );
    this.multiply(layer.output, space.attended, space.normed, batch);
    kernel.add(space.hidden, space.normed, batch * hiddenSize);
  }

  private feedForward(layer: LayerWeights, batch: number): void {
    const { kernel, config, space } = this;
    const { hiddenSize, intermediateSize, rmsNormEpsilon } = config;
    kernel.rmsNorm(space.hidden, layer.mlpNorm, space.normed, hiddenSize, batch, rmsNormEpsilon);
    this.multiply(layer.gate, space.normed, space.gate, batch);
    this.multiply(layer.up, space.normed, space.up, batch);
    kernel.siluMultiply(space.gate, space.up, batch * intermediateSize);
    this.multiply(layer.down, space.gate, space.normed, batch);
    kernel.add(space.hidden, space.normed, batch * hiddenSize);
  }

  private multiply(matrix: Matrix, x: number, y: number, batch: number): void {
    const { dtype, address, rows, cols, bias } = matrix;
    this.kernel.matmul(dtype, address, x, y, rows, cols, batch, bias, this.space.twoRows);
  }

  private reserveScores(positions: number): void {
    if (positions > this.scores.capacity) {
      this.scores = { address: this.kernel.reserve(positions * 4), capacity: positions };
    }
  }
}

/** Addresses of what one call of `forward` works on; no call keeps anything there. */
interface WorkingSpace {
  hidden: number;
  normed: number;
  query: number;
  attended: number;
  gate: number;
  up: number;
  cosines: number;
  sines: number;
  logits: number;
  twoRows: number;
}

function reserveSpace(config: DecoderConfig, kernel: Kernel): WorkingSpace {
  const { hiddenSize, intermediateSize, heads, headDim, vocabularySize } = config;
  const vectors = (size: number): number => kernel.reserve(MAX_BATCH * size * 4);
  const widest = Math.max(hiddenSize, intermediateSize, heads * headDim);
  return {
    hidden: vectors(hiddenSize),
    normed: vectors(hiddenSize),
    query: vectors(heads * headDim),
    attended: vectors(heads * headDim),
    gate: vectors(intermediateSize),
    up: vectors(intermediateSize),
    cosines: vectors(headDim / 2),
    sines: vectors(headDim / 2),
    logits: kernel.reserve(vocabularySize * 4),
    twoRows: kernel.reserve(2 * widest * 4)
  };
}
