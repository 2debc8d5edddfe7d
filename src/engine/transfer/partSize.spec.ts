import fc from 'fast-check';
import { GiB, layOutParts, MAX_PART_BYTES, MAX_PARTS, MiB, partRange } from './partSize';

const TiB = 1024 * GiB;

describe('layOutParts', () => {
  it('covers every byte of any file once, within the limits of S3', () => {
    fc.assert(
      fc.property(
        fc.maxSafeNat().map(n => n % (40 * TiB)),
        sizeBytes => {
          const layout = layOutParts(sizeBytes);
          expect(layout.partCount).toBeLessThanOrEqual(MAX_PARTS);
          expect(layout.partSizeBytes).toBeLessThanOrEqual(MAX_PART_BYTES);
          const last = partRange(sizeBytes, layout.partSizeBytes, layout.partCount - 1);
          expect(last.end).toBe(sizeBytes);
          expect(last.start).toBe((layout.partCount - 1) * layout.partSizeBytes);
          if (layout.method === 'multipart') {
            expect(layout.partSizeBytes).toBeGreaterThanOrEqual(16 * MiB);
            expect(last.end).toBeGreaterThan(last.start);
          }
        }
      )
    );
  });

  it('cuts a file of up to 5 TiB into parts that follow one another, none of a size that S3 refuses', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.integer({ min: 1, max: 64 * MiB }),
          fc.maxSafeNat().map(n => 1 + (n % (5 * TiB))),
          // Around the sizes at which the layout changes.
          fc
            .tuple(fc.integer({ min: 1, max: 9_000 }), fc.integer({ min: -2, max: 2 }))
            .map(([parts, more]) => parts * 16 * MiB + more)
        ),
        fc.nat(),
        (sizeBytes, seed) => {
          const { method, partSizeBytes, partCount } = layOutParts(sizeBytes);
          const index = seed % partCount;
          const part = partRange(sizeBytes, partSizeBytes, index);
          expect(part.start).toBe(
            index === 0 ? 0 : partRange(sizeBytes, partSizeBytes, index - 1).end
          );
          const length = part.end - part.start;
          expect(length).toBeLessThanOrEqual(5 * GiB);
          if (method === 'multipart' && index < partCount - 1) {
            expect(length).toBe(partSizeBytes);
            expect(length).toBeGreaterThanOrEqual(5 * MiB);
          } else {
            expect(length).toBeGreaterThan(0);
          }
          expect(partCount).toBeLessThanOrEqual(10_000);
        }
      ),
      { numRuns: 500 }
    );
  });

  it('sends small files in one request and the next byte in two', () => {
    expect(layOutParts(16 * MiB)).toMatchObject({ method: 'single-put', partCount: 1 });
    expect(layOutParts(16 * MiB + 1)).toMatchObject({ method: 'multipart', partCount: 2 });
  });

  it('cuts files of gigabytes larger, and only those', () => {
    expect(layOutParts(GiB).partSizeBytes).toBe(16 * MiB);
    expect(layOutParts(2 * GiB + 1).partSizeBytes).toBe(17 * MiB);
    expect(layOutParts(5e9).partSizeBytes).toBe(32 * MiB);
    expect(layOutParts(200e9).partSizeBytes).toBe(32 * MiB);
    expect(layOutParts(500e9).partSizeBytes).toBe(53 * MiB);
  });

  it('gives an empty file one request', () => {
    expect(layOutParts(0)).toMatchObject({ method: 'single-put', partCount: 1 });
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses %p as a size', size => {
    expect(() => layOutParts(size)).toThrow(RangeError);
  });
});
