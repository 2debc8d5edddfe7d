import { KERNEL_WASM_BASE64 } from './kernelWasm';

/** How a stored number is read; the values are those of kernel.as.ts. */
export const DTYPE = { F32: 0, F16: 1, BF16: 2 } as const;
export type StoredDtype = keyof typeof DTYPE;

/** The functions of kernel.as.ts; every address is a byte offset in `memory`. */
interface KernelFunctions {
  widen(dtype: number, source: number, target: number, count: number): void;
  matmul(
    dtype: number,
    weights: number,
    x: number,
    y: number,
    rows: number,
    cols: number,
    batch: number,
    bias: number,
    scratch: number
  ): void;
  add(x: number, y: number, count: number): void;
  rmsNorm(
    x: number,
    weight: number,
    y: number,
    count: number,
    batch: number,
    epsilon: number
  ): void;
  rope(
    x: number,
    cosines: number,
    sines: number,
    heads: number,
    headDim: number,
    batch: number
  ): void;
  siluMultiply(gate: number, up: number, count: number): void;
  attention(
    q: number,
    keys: number,
    values: number,
    out: number,
    scores: number,
    position: number,
    batch: number,
    heads: number,
    kvHeads: number,
    headDim: number,
    window: number,
    scale: number
  ): void;
}

export type Kernel = KernelFunctions & KernelMemory;

interface KernelMemory {
  /** `bytes` of zeroed memory, aligned to 16 bytes. Never given back. */
  reserve(bytes: number): number;
  /** A view that is valid until the next call of `reserve`. */
  bytes(address: number, count: number): Uint8Array;
  /** A view that is valid until the next call of `reserve`; `address` is aligned to 4 bytes. */
  floats(address: number, count: number): Float32Array;
}

const PAGE_BYTES = 65_536;
const MAX_PAGES = 65_536;

/** What one kernel can hold: the address space of 32-bit WebAssembly, less its first page. */
export const KERNEL_CAPACITY_BYTES = PAGE_BYTES * (MAX_PAGES - 1);

/** A kernel with its own memory, at first almost empty. */
export async function createKernel(): Promise<Kernel> {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: MAX_PAGES });
  const binary = Uint8Array.from(atob(KERNEL_WASM_BASE64), character => character.charCodeAt(0));
  const imports = { env: { memory, abort: refuseAbort } };
  const { instance } = await WebAssembly.instantiate(binary, imports);
  // The compiler's output has no types; kernel.as.ts is where these signatures come from.
  const functions = instance.exports as unknown as KernelFunctions;
  // The first page holds the constants of the compiled module.
  let used = PAGE_BYTES;
  return {
    ...functions,
    reserve(bytes) {
      const address = used;
      const end = used + Math.ceil(bytes / 16) * 16;
      const missing = Math.ceil(end / PAGE_BYTES) - memory.buffer.byteLength / PAGE_BYTES;
      if (missing > 0) {
        memory.grow(missing);
      }
      used = end;
      return address;
    },
    bytes: (address, count) => new Uint8Array(memory.buffer, address, count),
    floats: (address, count) => new Float32Array(memory.buffer, address, count)
  };
}

function refuseAbort(): never {
  throw new Error('The inference kernel stopped.');
}
