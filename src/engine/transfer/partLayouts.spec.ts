import fc from 'fast-check';
import { layOutFile } from './partLayouts';
import { GiB, MAX_COPY_BYTES, MAX_PART_BYTES, MAX_PARTS, MiB, partRange } from './partSize';
import type { PlanSource } from './planSource';

const named = { modelId: 'm', fingerprint: 'f'.repeat(64) };
const FOLDER: PlanSource = { kind: 'folder', path: '/m', ...named };
const ARCHIVE: PlanSource = {
  kind: 'archive',
  bucket: 'b',
  key: 'model.tar.gz',
  etag: '"e"',
  sizeBytes: 1000,
  region: 'us-east-1',
  ...named
};
const S3: PlanSource = { kind: 's3', bucket: 'b', prefix: 'm/', region: 'us-east-1', ...named };
const TiB = 1024 * GiB;

describe('how files are cut', () => {
  it.each([FOLDER, ARCHIVE, S3])('holds the limits of S3 for every size: %o', source => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5 * TiB }), sizeBytes => {
        const { method, partSizeBytes, partCount } = layOutFile(source, sizeBytes);
        const last = partRange(sizeBytes, partSizeBytes, partCount - 1);
        expect(last.end).toBe(sizeBytes);
        expect(sizeBytes === 0 || last.end > last.start).toBe(true);
        expect(partCount).toBeLessThanOrEqual(MAX_PARTS);
        expect(partSizeBytes).toBeLessThanOrEqual(MAX_PART_BYTES);
        expect(method === 'single-put').toBe(partCount === 1);
      })
    );
  });

  it.each([FOLDER, ARCHIVE])('keeps parts small that are held in memory: %o', source => {
    expect(layOutFile(source, 16 * MiB)).toMatchObject({ method: 'single-put' });
    expect(layOutFile(source, 5 * GiB)).toMatchObject({
      method: 'multipart',
      partSizeBytes: 8 * MiB
    });
  });

  it('copies an object in one request as long as S3 does that', () => {
    expect(layOutFile(S3, MAX_COPY_BYTES)).toMatchObject({ method: 'single-put', partCount: 1 });
    expect(layOutFile(S3, MAX_COPY_BYTES + 1)).toMatchObject({
      method: 'multipart',
      partSizeBytes: 512 * MiB,
      partCount: 11
    });
  });
});
