import { layOutParts, MAX_COPY_BYTES, MiB } from './partSize';
import type { PartLayout } from './partSize';
import type { PlanSource } from './planSource';

/** Below 10,000, so that rounding up never reaches it. */
const TARGET_PARTS = 9_000;
/** Of files whose parts are held in memory whole: those of a folder or an archive. */
const HELD_PART_BYTES = 8 * MiB;
/** Inside S3 the bytes cost nothing here, and each request takes its time whatever it copies. */
const SERVER_PART_BYTES = 512 * MiB;

/** How a file of this source is cut. */
export function layOutFile(source: PlanSource, sizeBytes: number): PartLayout {
  switch (source.kind) {
    case 'hub':
      return layOutParts(sizeBytes);
    case 'folder':
    case 'archive':
      return layOutParts(sizeBytes).method === 'single-put'
        ? layOutParts(sizeBytes)
        : inParts(sizeBytes, HELD_PART_BYTES);
    case 's3':
      return sizeBytes <= MAX_COPY_BYTES
        ? { method: 'single-put', partSizeBytes: Math.max(sizeBytes, 1), partCount: 1 }
        : inParts(sizeBytes, SERVER_PART_BYTES);
  }
}

function inParts(sizeBytes: number, smallestPart: number): PartLayout {
  const partSizeBytes = Math.max(smallestPart, Math.ceil(sizeBytes / TARGET_PARTS / MiB) * MiB);
  return { method: 'multipart', partSizeBytes, partCount: Math.ceil(sizeBytes / partSizeBytes) };
}
