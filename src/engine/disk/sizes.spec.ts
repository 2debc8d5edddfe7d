import fc from 'fast-check';

import { formatBytes, parseSize, requiredBytesFor } from '.';
import { BedrockImportError } from '../errors';

const bytes = fc.integer({ min: 0, max: 8e15 });

describe('parseSize', () => {
  it.each([
    ['61GB', 61e9],
    ['61 gb', 61e9],
    ['61G', 61e9],
    ['57GiB', 57 * 2 ** 30],
    ['500MB', 500e6],
    ['1024', 1024],
    ['0', 0],
    ['1.1GB', 1_100_000_000],
    ['0.1B', 1],
    ['2.5TiB', 2.5 * 2 ** 40],
    ['7k', 7000]
  ])('reads %s', (text, size) => {
    expect(parseSize(text)).toBe(size);
  });

  it.each([
    '',
    'GB',
    '-1GB',
    '1e9',
    '1,5GB',
    '.5GB',
    '5.GB',
    '61GBs',
    '6 1',
    ' 1',
    '١',
    '9PB9',
    '10PB',
    '1\n'
  ])('refuses %j', text => {
    expect(() => parseSize(text)).toThrow(
      expect.objectContaining({ code: 'SIZE_INVALID', kind: 'usage' })
    );
  });

  it('reads every number of bytes and every unit exactly', () => {
    fc.assert(fc.property(bytes, size => expect(parseSize(String(size))).toBe(size)));
    const units = fc.constantFrom(['kB', 1e3], ['MB', 1e6], ['GB', 1e9], ['KiB', 1024]);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), units, (count, [unit, factor]) => {
        expect(parseSize(`${count}${unit}`)).toBe(count * Number(factor));
      })
    );
  });

  it('either reads a text or refuses it in words', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        try {
          expect(Number.isSafeInteger(parseSize(text))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(BedrockImportError);
          expect(String(error)).not.toMatch(/\p{Cc}/u);
        }
      })
    );
  });
});

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [999.7, '1.00 kB'],
    [1000, '1.00 kB'],
    [999_994, '999.99 kB'],
    [999_996, '1.00 MB'],
    [66.05e9, '66.05 GB'],
    [1e12, '1.00 TB'],
    [5e18, '5000.00 PB'],
    [-1500, '-1.50 kB'],
    [Number.POSITIVE_INFINITY, 'unlimited']
  ])('shows %d', (size, text) => {
    expect(formatBytes(size)).toBe(text);
  });

  it('is read back within half of its last digit', () => {
    fc.assert(
      fc.property(bytes, size => {
        const text = formatBytes(size);
        expect(text).toMatch(/^\d{1,3}(?:\.\d\d)? [kMGTP]?B$/);
        expect(Math.abs(parseSize(text) - size)).toBeLessThanOrEqual(size * 0.005 + 1);
      })
    );
  });
});

describe('requiredBytesFor', () => {
  it('is size × 1.05 + 2 GB', () => {
    expect(requiredBytesFor(61e9)).toBe(66_050_000_000);
    expect(requiredBytesFor(0)).toBe(2e9);
    expect(requiredBytesFor(1)).toBe(2_000_000_002);
  });

  it('is never too small, never a byte too large, and grows with the size', () => {
    fc.assert(
      fc.property(bytes, size => {
        const required = BigInt(requiredBytesFor(size)) - 2_000_000_000n;
        expect(required * 100n).toBeGreaterThanOrEqual(BigInt(size) * 105n);
        expect((required - 1n) * 100n).toBeLessThan(BigInt(size) * 105n);
      })
    );
    fc.assert(fc.property(bytes, size => requiredBytesFor(size + 1) > requiredBytesFor(size)));
  });
});
