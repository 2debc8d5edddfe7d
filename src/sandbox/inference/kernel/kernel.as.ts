// AssemblyScript, compiled to WebAssembly with SIMD by scripts/wasm.mjs. Everything is an address in
// the one imported memory; nothing is allocated here. Numbers are float32 unless a dtype is named.
// kernel.spec.ts says the same in plain JavaScript and compares.

const F32: i32 = 0;
const F16: i32 = 1;
// 2 is BF16, the last case everywhere.

/** 2^112: what a float16's exponent lacks when its bits are shifted into a float32. */
const F16_SCALE: f32 = 5.192296858534828e33;

@inline
function widen1(dtype: i32, source: usize, index: i32): f32 {
  if (dtype == F32) {
    return load<f32>(source + (<usize>index << 2));
  }
  const bits = <u32>load<u16>(source + (<usize>index << 1));
  if (dtype == F16) {
    const magnitude = reinterpret<f32>((bits & 0x7fff) << 13) * F16_SCALE;
    return reinterpret<f32>(reinterpret<u32>(magnitude) | ((bits & 0x8000) << 16));
  }
  return reinterpret<f32>(bits << 16);
}

@inline
function widen4(dtype: i32, source: usize): v128 {
  if (dtype == F32) {
    return v128.load(source);
  }
  const bits = v128.load_ext<u16>(source);
  if (dtype == F16) {
    const magnitude = i32x4.shl(v128.and(bits, i32x4.splat(0x7fff)), 13);
    const sign = i32x4.shl(v128.and(bits, i32x4.splat(0x8000)), 16);
    return v128.or(f32x4.mul(magnitude, f32x4.splat(F16_SCALE)), sign);
  }
  return i32x4.shl(bits, 16);
}

@inline
function sum4(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) +
    f32x4.extract_lane(v, 1) +
    (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  );
}

/** `count` stored numbers as float32. */
export function widen(dtype: i32, source: usize, target: usize, count: i32): void {
  const size: usize = dtype == F32 ? 4 : 2;
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(target + (<usize>i << 2), widen4(dtype, source + <usize>i * size));
  }
  for (; i < count; i++) {
    store<f32>(target + (<usize>i << 2), widen1(dtype, source, i));
  }
}

@inline
function dotStored(dtype: i32, row: usize, x: usize, cols: i32): f32 {
  const size: usize = dtype == F32 ? 4 : 2;
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  let c = f32x4.splat(0);
  let d = f32x4.splat(0);
  let i = 0;
  for (; i + 16 <= cols; i += 16) {
    const w = row + <usize>i * size;
    const v = x + (<usize>i << 2);
    a = f32x4.add(a, f32x4.mul(widen4(dtype, w), v128.load(v)));
    b = f32x4.add(b, f32x4.mul(widen4(dtype, w + 4 * size), v128.load(v, 16)));
    c = f32x4.add(c, f32x4.mul(widen4(dtype, w + 8 * size), v128.load(v, 32)));
    d = f32x4.add(d, f32x4.mul(widen4(dtype, w + 12 * size), v128.load(v, 48)));
  }
  let sum = sum4(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
  for (; i < cols; i++) {
    sum += widen1(dtype, row, i) * load<f32>(x + (<usize>i << 2));
  }
  return sum;
}

@inline
function matvec(dtype: i32, w: usize, x: usize, y: usize, rows: i32, cols: i32): void {
  const stride = <usize>cols * (dtype == F32 ? 4 : 2);
  for (let r = 0; r < rows; r++) {
    store<f32>(y + (<usize>r << 2), dotStored(dtype, w + <usize>r * stride, x, cols));
  }
}

/** Two rows by four vectors at a time, so that every number loaded is used more than once. */
@inline
function block2x4(w: usize, x: usize, y: usize, cols: i32, rowStride: usize): void {
  const c4 = <usize>cols << 2;
  let a0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let a2 = f32x4.splat(0);
  let a3 = f32x4.splat(0);
  let b0 = f32x4.splat(0);
  let b1 = f32x4.splat(0);
  let b2 = f32x4.splat(0);
  let b3 = f32x4.splat(0);
  const whole = c4 & ~15;
  for (let at: usize = 0; at < whole; at += 16) {
    const wa = v128.load(w + at);
    const wb = v128.load(w + c4 + at);
    const x0 = v128.load(x + at);
    const x1 = v128.load(x + c4 + at);
    const x2 = v128.load(x + 2 * c4 + at);
    const x3 = v128.load(x + 3 * c4 + at);
    a0 = f32x4.add(a0, f32x4.mul(wa, x0));
    a1 = f32x4.add(a1, f32x4.mul(wa, x1));
    a2 = f32x4.add(a2, f32x4.mul(wa, x2));
    a3 = f32x4.add(a3, f32x4.mul(wa, x3));
    b0 = f32x4.add(b0, f32x4.mul(wb, x0));
    b1 = f32x4.add(b1, f32x4.mul(wb, x1));
    b2 = f32x4.add(b2, f32x4.mul(wb, x2));
    b3 = f32x4.add(b3, f32x4.mul(wb, x3));
  }
  let sa0 = sum4(a0);
  let sa1 = sum4(a1);
  let sa2 = sum4(a2);
  let sa3 = sum4(a3);
  let sb0 = sum4(b0);
  let sb1 = sum4(b1);
  let sb2 = sum4(b2);
  let sb3 = sum4(b3);
  for (let at = whole; at < c4; at += 4) {
    const wa = load<f32>(w + at);
    const wb = load<f32>(w + c4 + at);
    sa0 += wa * load<f32>(x + at);
    sa1 += wa * load<f32>(x + c4 + at);
    sa2 += wa * load<f32>(x + 2 * c4 + at);
    sa3 += wa * load<f32>(x + 3 * c4 + at);
    sb0 += wb * load<f32>(x + at);
    sb1 += wb * load<f32>(x + c4 + at);
    sb2 += wb * load<f32>(x + 2 * c4 + at);
    sb3 += wb * load<f32>(x + 3 * c4 + at);
  }
  store<f32>(y, sa0);
  store<f32>(y + 4, sb0);
  store<f32>(y + rowStride, sa1);
  store<f32>(y + rowStride + 4, sb1);
  store<f32>(y + 2 * rowStride, sa2);
  store<f32>(y + 2 * rowStride + 4, sb2);
  store<f32>(y + 3 * rowStride, sa3);
  store<f32>(y + 3 * rowStride + 4, sb3);
}

/**
 * `y[t][r] = sum over c of w[r][c] * x[t][c]`, and `+ bias[r]` unless bias is 0. `w` is stored as
 * dtype says; `scratch` holds two rows of `cols` numbers.
 */
export function matmul(
  dtype: i32,
  w: usize,
  x: usize,
  y: usize,
  rows: i32,
  cols: i32,
  batch: i32,
  bias: usize,
  scratch: usize
): void {
  if (batch < 4) {
    for (let t = 0; t < batch; t++) {
      const xt = x + ((<usize>t * <usize>cols) << 2);
      const yt = y + ((<usize>t * <usize>rows) << 2);
      if (dtype == F32) {
        matvec(F32, w, xt, yt, rows, cols);
      } else if (dtype == F16) {
        matvec(F16, w, xt, yt, rows, cols);
      } else {
        matvec(2, w, xt, yt, rows, cols);
      }
    }
  } else {
    const stride = <usize>cols * (dtype == F32 ? 4 : 2);
    const rowStride = <usize>rows << 2;
    let r = 0;
    for (; r + 2 <= rows; r += 2) {
      widen(dtype, w + <usize>r * stride, scratch, 2 * cols);
      let t = 0;
      for (; t + 4 <= batch; t += 4) {
        const xt = x + ((<usize>t * <usize>cols) << 2);
        const yt = y + <usize>t * rowStride + (<usize>r << 2);
        block2x4(scratch, xt, yt, cols, rowStride);
      }
      for (; t < batch; t++) {
        const xt = x + ((<usize>t * <usize>cols) << 2);
        matvec(F32, scratch, xt, y + <usize>t * rowStride + (<usize>r << 2), 2, cols);
      }
    }
    for (; r < rows; r++) {
      for (let t = 0; t < batch; t++) {
        const xt = x + ((<usize>t * <usize>cols) << 2);
        const dot = dotStored(dtype, w + <usize>r * stride, xt, cols);
        store<f32>(y + <usize>t * rowStride + (<usize>r << 2), dot);
      }
    }
  }
  if (bias != 0) {
    for (let t = 0; t < batch; t++) {
      add(y + ((<usize>t * <usize>rows) << 2), bias, rows);
    }
  }
}

/** `x[i] += y[i]`. */
export function add(x: usize, y: usize, count: i32): void {
  const end = x + (<usize>count << 2);
  let a = x;
  let b = y;
  for (; a + 16 <= end; a += 16, b += 16) {
    v128.store(a, f32x4.add(v128.load(a), v128.load(b)));
  }
  for (; a < end; a += 4, b += 4) {
    store<f32>(a, load<f32>(a) + load<f32>(b));
  }
}

/** `y[t] = x[t] / rms(x[t]) * weight` for `batch` vectors of `count` numbers; x may be y. */
export function rmsNorm(
  x: usize,
  weight: usize,
  y: usize,
  count: i32,
  batch: i32,
  epsilon: f32
): void {
  const bytes = <usize>count << 2;
  for (let t = 0; t < batch; t++) {
    const from = x + <usize>t * bytes;
    const to = y + <usize>t * bytes;
    let squares: f64 = 0;
    for (let at: usize = 0; at < bytes; at += 4) {
      const value = load<f32>(from + at);
      squares += value * value;
    }
    const scale = <f32>(1 / sqrt(squares / count + epsilon));
    for (let at: usize = 0; at < bytes; at += 4) {
      store<f32>(to + at, load<f32>(from + at) * scale * load<f32>(weight + at));
    }
  }
}

/** Turns the two halves of each head by the angles of its position; one row of angles a vector. */
export function rope(
  x: usize,
  cosines: usize,
  sines: usize,
  heads: i32,
  headDim: i32,
  batch: i32
): void {
  const half = (<usize>headDim >> 1) << 2;
  for (let t = 0; t < batch; t++) {
    const c = cosines + <usize>t * half;
    const s = sines + <usize>t * half;
    for (let h = 0; h < heads; h++) {
      const head = x + <usize>(t * heads + h) * half * 2;
      for (let at: usize = 0; at < half; at += 4) {
        const cosine = load<f32>(c + at);
        const sine = load<f32>(s + at);
        const first = load<f32>(head + at);
        const second = load<f32>(head + half + at);
        store<f32>(head + at, first * cosine - second * sine);
        store<f32>(head + half + at, second * cosine + first * sine);
      }
    }
  }
}

/** `gate[i] = silu(gate[i]) * up[i]`. */
export function siluMultiply(gate: usize, up: usize, count: i32): void {
  for (let i = 0; i < count; i++) {
    const at = <usize>i << 2;
    const value = load<f32>(gate + at);
    store<f32>(gate + at, (value / (1 + Mathf.exp(-value))) * load<f32>(up + at));
  }
}

/**
 * Causal attention of `batch` new vectors, the first of them at `position`, over keys and values of
 * all positions up to their own, at most `window` of them. Query head h reads key head
 * `h / (heads / kvHeads)`. `scores` holds `position + batch` numbers.
 */
export function attention(
  q: usize,
  keys: usize,
  values: usize,
  out: usize,
  scores: usize,
  position: i32,
  batch: i32,
  heads: i32,
  kvHeads: i32,
  headDim: i32,
  window: i32,
  scale: f32
): void {
  const group = heads / kvHeads;
  const headBytes = <usize>headDim << 2;
  const stride = <usize>kvHeads * headBytes;
  for (let t = 0; t < batch; t++) {
    const last = position + t;
    const first = max(0, last - window + 1);
    for (let h = 0; h < heads; h++) {
      const query = q + <usize>(t * heads + h) * headBytes;
      const target = out + <usize>(t * heads + h) * headBytes;
      const kv = <usize>(h / group) * headBytes;
      let highest: f32 = -Infinity;
      for (let p = first; p <= last; p++) {
        const score = dotStored(F32, keys + <usize>p * stride + kv, query, headDim) * scale;
        store<f32>(scores + (<usize>p << 2), score);
        highest = max(highest, score);
      }
      let total: f32 = 0;
      for (let p = first; p <= last; p++) {
        const weight = Mathf.exp(load<f32>(scores + (<usize>p << 2)) - highest);
        store<f32>(scores + (<usize>p << 2), weight);
        total += weight;
      }
      memory.fill(target, 0, headBytes);
      for (let p = first; p <= last; p++) {
        const weight = load<f32>(scores + (<usize>p << 2)) / total;
        const value = values + <usize>p * stride + kv;
        const splat = f32x4.splat(weight);
        let at: usize = 0;
        for (; at + 16 <= headBytes; at += 16) {
          const product = f32x4.mul(splat, v128.load(value + at));
          v128.store(target + at, f32x4.add(v128.load(target + at), product));
        }
        for (; at < headBytes; at += 4) {
          store<f32>(target + at, load<f32>(target + at) + weight * load<f32>(value + at));
        }
      }
    }
  }
}
