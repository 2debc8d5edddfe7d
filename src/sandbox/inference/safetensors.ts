import type { StoredDtype } from './kernel/kernel';
import { ModelFilesError, type ModelFiles } from './types';

/** One tensor of a safetensors file. */
export interface StoredTensor {
  name: string;
  file: string;
  dtype: string;
  shape: number[];
  /** Offset in the file. */
  start: number;
  end: number;
}

const MAX_HEADER_BYTES = 100_000_000;
const DTYPE_BYTES: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2 };

/** True for the number formats that an import accepts and the kernel reads. */
export function isStoredDtype(dtype: string): dtype is StoredDtype {
  return Object.hasOwn(DTYPE_BYTES, dtype);
}

/**
 * The tensors of one safetensors file from its header alone, checked against the file's size: the
 * format demands that the tensors cover the rest of the file without gap or overlap.
 * @throws ModelFilesError
 */
export async function readTensorList(
  files: ModelFiles,
  file: string,
  sizeBytes: number
): Promise<StoredTensor[]> {
  const broken = (what: string): ModelFilesError =>
    new ModelFilesError(`The safetensors file ${file} is corrupted: ${what}.`);
  if (sizeBytes < 8) {
    throw broken('it is too short to hold a header');
  }
  const prefix = await files.read(file, 0, 8);
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  if (headerBytes > MAX_HEADER_BYTES) {
    throw broken('its header length is not plausible');
  }
  if (8 + headerBytes > sizeBytes) {
    throw broken('the file ends inside its header');
  }
  const text = new TextDecoder().decode(await files.read(file, 8, 8 + headerBytes));
  const header = parseHeader(text);
  if (header === undefined) {
    throw broken('its header is not valid JSON');
  }
  const dataStart = 8 + headerBytes;
  const tensors: StoredTensor[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name !== '__metadata__') {
      const tensor = toTensor(name, entry, file, dataStart);
      if (tensor === undefined) {
        throw broken(`its entry for tensor ${name} is not valid`);
      }
      tensors.push(tensor);
    }
  }
  tensors.sort((a, b) => a.start - b.start || a.end - b.end);
  let position = dataStart;
  for (const tensor of tensors) {
    if (tensor.start !== position) {
      throw broken(`the data of tensor ${tensor.name} does not follow the tensor before it`);
    }
    position = tensor.end;
  }
  if (position !== sizeBytes) {
    throw broken(`it holds ${sizeBytes} bytes where its header describes ${position}`);
  }
  return tensors;
}

function parseHeader(text: string): Record<string, unknown> | undefined {
  try {
    const header: unknown = JSON.parse(text);
    return isRecord(header) ? header : undefined;
  } catch {
    return undefined;
  }
}

function toTensor(
  name: string,
  entry: unknown,
  file: string,
  dataStart: number
): StoredTensor | undefined {
  if (!isRecord(entry) || typeof entry['dtype'] !== 'string') {
    return undefined;
  }
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) {
    return undefined;
  }
  const [start = 0, end = 0] = offsets;
  const bytes = DTYPE_BYTES[dtype];
  const elements = shape.reduce((product, size) => product * size, 1);
  if (end < start || (bytes !== undefined && end - start !== elements * bytes)) {
    return undefined;
  }
  return {
    name,
    file,
    dtype: dtype,
    shape,
    start: dataStart + start,
    end: dataStart + end
  };
}

function isSizes(value: unknown): value is number[] {
  return (
    Array.isArray(value) && value.every(size => Number.isSafeInteger(size) && (size as number) >= 0)
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
