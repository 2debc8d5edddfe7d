export const MiB = 2 ** 20;
export const GiB = 2 ** 30;

/** Parts in one multipart upload, at most (Amazon S3 User Guide, "Amazon S3 multipart upload limits"). */
export const MAX_PARTS = 10_000;
/** Largest part and largest single PUT (same page). */
export const MAX_PART_BYTES = 5 * GiB;
/** Largest object that CopyObject copies in one call (Amazon S3 API Reference, "CopyObject"). */
export const MAX_COPY_BYTES = 5 * GiB;

const SMALLEST_PART = 16 * MiB;
/** Of files that are in many parts even so; larger ones would bring nothing more. */
const USUAL_PART = 32 * MiB;
/** Enough for every connection to have some of a single file. */
const MANY_PARTS = 128;
/** Below MAX_PARTS, so that rounding up never reaches it. */
const TARGET_PARTS = 9_000;

export interface PartLayout {
  method: 'single-put' | 'multipart';
  partSizeBytes: number;
  partCount: number;
}

/**
 * How a file of `sizeBytes` is cut. Parts are as small as the limits let them be, because a failed part
 * is sent again whole; under 16 MiB the requests cost more than the bytes, and files of gigabytes take
 * parts of 32 MiB.
 */
export function layOutParts(sizeBytes: number): PartLayout {
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw new RangeError(`Not a file size: ${sizeBytes}`);
  }
  if (sizeBytes <= SMALLEST_PART) {
    return { method: 'single-put', partSizeBytes: Math.max(sizeBytes, 1), partCount: 1 };
  }
  const cutInto = (parts: number): number => Math.ceil(sizeBytes / parts / MiB) * MiB;
  const partSizeBytes = Math.max(
    SMALLEST_PART,
    Math.min(USUAL_PART, cutInto(MANY_PARTS)),
    cutInto(TARGET_PARTS)
  );
  if (partSizeBytes > MAX_PART_BYTES) {
    throw new RangeError(`No multipart upload can hold ${sizeBytes} bytes`);
  }
  return { method: 'multipart', partSizeBytes, partCount: Math.ceil(sizeBytes / partSizeBytes) };
}

/** Byte range `[start, end)` of a 0-based part. */
export function partRange(
  sizeBytes: number,
  partSizeBytes: number,
  index: number
): { start: number; end: number } {
  const start = index * partSizeBytes;
  return { start, end: Math.min(sizeBytes, start + partSizeBytes) };
}

/** Bytes of some of a file's parts (0-based). */
export function bytesOfParts(
  file: { sizeBytes: number; partSizeBytes: number; partCount: number },
  parts: readonly number[]
): number {
  return parts.reduce((sum, index) => {
    const { start, end } = partRange(file.sizeBytes, file.partSizeBytes, index);
    return sum + end - start;
  }, 0);
}
