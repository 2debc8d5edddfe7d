import fc from 'fast-check';

import { forecastFull, SmoothedRate } from '.';

const MB = 1e6;

describe('forecastFull', () => {
  it('says when the disk is full before a download has ended, and nothing else', () => {
    const facts = { availableBytes: 3600 * MB, bytesPerSecond: 10 * MB };
    expect(forecastFull(facts)).toBe(360);
    expect(forecastFull({ ...facts, remainingBytes: 3601 * MB })).toBe(360);
    expect(forecastFull({ ...facts, remainingBytes: 3600 * MB })).toBeUndefined();
    expect(forecastFull({ ...facts, bytesPerSecond: 0 })).toBeUndefined();
    expect(forecastFull({ ...facts, bytesPerSecond: Number.NaN })).toBeUndefined();
    expect(forecastFull({ ...facts, availableBytes: 0, remainingBytes: 1 })).toBe(0);
  });

  it('knows that others write, too', () => {
    // It would fit, but half of what comes to be on the disk is somebody else's.
    const facts = {
      availableBytes: 1000 * MB,
      bytesPerSecond: 20 * MB,
      remainingBytes: 600 * MB,
      downloadBytesPerSecond: 10 * MB
    };
    expect(forecastFull(facts)).toBe(50);
    expect(forecastFull({ ...facts, downloadBytesPerSecond: 0 })).toBe(50);
    expect(forecastFull({ ...facts, remainingBytes: 500 * MB })).toBeUndefined();
  });

  it('is never negative, and later on a larger disk', () => {
    const bytes = fc.nat(1e15);
    fc.assert(
      fc.property(bytes, bytes, fc.integer({ min: 1, max: 1e10 }), (available, more, rate) => {
        const seconds = forecastFull({ availableBytes: available, bytesPerSecond: rate }) ?? -1;
        expect(seconds).toBeGreaterThanOrEqual(0);
        const later = forecastFull({ availableBytes: available + more, bytesPerSecond: rate });
        expect(later).toBeGreaterThanOrEqual(seconds);
      })
    );
  });
});

describe('SmoothedRate', () => {
  function rateOf(...values: [seconds: number, bytes: number][]): number | undefined {
    const rate = new SmoothedRate();
    values.forEach(([seconds, bytes]) => rate.add(seconds * 1000, bytes));
    return rate.bytesPerSecond;
  }

  it('needs a few seconds', () => {
    expect(rateOf([0, 0])).toBeUndefined();
    expect(rateOf([0, 0], [2, 100])).toBeUndefined();
    expect(rateOf([0, 0], [1, 100], [2, 200], [3, 300])).toBeCloseTo(100, 9);
  });

  it('follows, but does not jump', () => {
    const steady: [number, number][] = Array.from({ length: 30 }, (_, second) => [
      second,
      second * 100
    ]);
    expect(rateOf(...steady, [30, 2900 + 1100])).toBeGreaterThan(150);
    expect(rateOf(...steady, [30, 2900 + 1100])).toBeLessThan(250);
  });

  it('begins anew when bytes have gone, and passes over moments that are none', () => {
    expect(rateOf([0, 0], [5, 500], [6, 10])).toBeUndefined();
    expect(rateOf([0, 0], [5, 500], [6, 10], [10, 410])).toBeCloseTo(100, 9);
    expect(rateOf([0, 0], [5, 500], [5, 900], [4, 900])).toBeCloseTo(100, 9);
  });
});
