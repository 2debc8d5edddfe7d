import type { ByteSource } from './byteSource';

/** A file that needs no disk: an entry of `generated` in `.sandbox.json`. */
export interface GeneratedEntry {
  path: string;
  sizeBytes: number;
  /** Files with other seeds have other bytes. @default 0 */
  seed?: number;
  /** Of a safetensors file: the name of its one tensor. @default made from the path */
  tensor?: string;
  /** In hex; believed and not computed when it is given. */
  sha256?: string;
}

/** Not a multiple of anything that parts are cut by, so that no two parts hold the same bytes. */
const BLOCK_BYTES = 16 * 2 ** 20 + 4099;
/** Below this a safetensors file would be all header. */
const LEAST_SAFETENSORS_BYTES = 1024;
/** Changes when the same entry gives other bytes, so that kept hashes no longer count. */
const VERSION = 1;

let sharedBlock: Uint8Array<ArrayBuffer> | undefined;

/**
 * The content of a generated file: for a `.safetensors` a valid header of one BF16 tensor that ends
 * with the file, then one pseudo-random block over and over, from a place that the seed decides. All
 * files share the block, so serving them costs neither disk nor memory, and no byte is computed.
 */
export function openGenerated(entry: GeneratedEntry): ByteSource {
  const block = (sharedBlock ??= randomBlock());
  const head = header(entry);
  const shift = placeOf(entry.seed ?? 0);
  return {
    read: (position, length) => {
      const end = Math.min(position + length, entry.sizeBytes);
      if (position < head.length) {
        return head.subarray(position, Math.min(end, head.length));
      }
      const start = (position - head.length + shift) % BLOCK_BYTES;
      return block.subarray(start, Math.min(start + end - position, BLOCK_BYTES));
    },
    close: () => Promise.resolve()
  };
}

/** The same text for entries with the same bytes. */
export function contentKey(entry: GeneratedEntry): string {
  return `v${VERSION} ${entry.sizeBytes} ${entry.seed ?? 0} ${tensorName(entry) ?? ''}`;
}

function tensorName(entry: GeneratedEntry): string | undefined {
  return entry.path.endsWith('.safetensors') && entry.sizeBytes >= LEAST_SAFETENSORS_BYTES
    ? (entry.tensor ?? `generated.${entry.path.replace(/\.safetensors$/, '')}`)
    : undefined;
}

/** Empty for a file that is no safetensors. */
function header(entry: GeneratedEntry): Uint8Array<ArrayBuffer> {
  const name = tensorName(entry);
  if (name === undefined) {
    return new Uint8Array();
  }
  const text = (dataBytes: number) =>
    JSON.stringify({
      __metadata__: { format: 'pt' },
      [name]: { dtype: 'BF16', shape: [dataBytes / 2], data_offsets: [0, dataBytes] }
    });
  // Its own length is in the text, so it is padded with spaces to one that does not change; the
  // rest must be an even number of bytes.
  const longest = Buffer.byteLength(text(entry.sizeBytes)) + 3;
  const textBytes = longest + ((entry.sizeBytes - 8 - longest) % 2);
  const dataBytes = entry.sizeBytes - 8 - textBytes;
  const head = Buffer.alloc(8 + textBytes, ' ');
  head.writeBigUInt64LE(BigInt(textBytes));
  head.write(text(dataBytes), 8);
  return new Uint8Array(head);
}

function placeOf(seed: number): number {
  return (Math.imul(seed + 1, 0x9e3779b1) >>> 0) % BLOCK_BYTES;
}

/** Xorshift32 by George Marsaglia: quick, and random enough that nothing can compress it. */
function randomBlock(): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(BLOCK_BYTES / 4));
  let state = 0x2545f491;
  for (let at = 0; at < words.length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state;
  }
  return new Uint8Array(words.buffer, 0, BLOCK_BYTES);
}
