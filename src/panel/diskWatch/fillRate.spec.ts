import { FillRate } from './fillRate';

/** Adds a value every ten seconds. */
function rateOf(...available: number[]): FillRate {
  const rate = new FillRate();
  available.forEach((bytes, index) => rate.add(index * 10_000, bytes));
  return rate;
}

describe('how fast a disk fills', () => {
  it('is not known from one look, nor from two that are close', () => {
    expect(rateOf().secondsUntilFull).toBeUndefined();
    expect(rateOf(1e9).secondsUntilFull).toBeUndefined();
    expect(rateOf(2e9, 1e9).secondsUntilFull).toBeUndefined();
    const jump = rateOf(60e9);
    jump.add(60_000, 4e9);
    expect(jump.secondsUntilFull).toBeUndefined();
  });

  it('says when it is full at an even rate, to the second', () => {
    expect(rateOf(10e9, 9e9, 8e9, 7e9).secondsUntilFull).toBeCloseTo(70, 6);
    expect(rateOf(2e9, 1e9, 0).secondsUntilFull).toBe(0);
  });

  it('follows a rate that changes, without jumping to it', () => {
    const rate = rateOf(100e9, 99e9, 98e9, 97e9);
    rate.add(40_000, 87e9);
    const first = rate.secondsUntilFull ?? 0;
    // At the old rate 870 s, at the new one 87 s.
    expect(first).toBeGreaterThan(87);
    expect(first).toBeLessThan(870);
    [77e9, 67e9, 57e9, 47e9, 37e9, 27e9, 17e9].forEach((bytes, index) =>
      rate.add(50_000 + index * 10_000, bytes)
    );
    expect(rate.secondsUntilFull).toBeGreaterThan(17);
    expect(rate.secondsUntilFull).toBeLessThan(25);
  });

  it('begins anew when something was deleted', () => {
    const rate = rateOf(10e9, 9e9, 8e9, 20e9);
    expect(rate.secondsUntilFull).toBeUndefined();
    rate.add(40_000, 19e9);
    expect(rate.secondsUntilFull).toBeUndefined();
    rate.add(50_000, 18e9);
    expect(rate.secondsUntilFull).toBeCloseTo(180, 6);
  });

  it('is none where the disk hardly changes', () => {
    expect(rateOf(10e9, 10e9, 10e9, 10e9).secondsUntilFull).toBeUndefined();
    expect(rateOf(10e9, 10e9 - 4e5, 10e9 - 8e5, 10e9 - 12e5).secondsUntilFull).toBeUndefined();
    expect(rateOf(10e9, 10e9 - 6e5, 10e9 - 12e5, 10e9 - 18e5).secondsUntilFull).toBeDefined();
  });

  it('takes no harm from a clock that stands still or goes back', () => {
    const rate = rateOf(10e9, 9e9, 8e9);
    rate.add(20_000, 1e9);
    rate.add(0, 1e9);
    expect(rate.secondsUntilFull).toBeCloseTo(80, 6);
  });

  it('can be forgotten', () => {
    const rate = rateOf(10e9, 9e9, 8e9);
    rate.clear();
    expect(rate.secondsUntilFull).toBeUndefined();
    rate.add(30_000, 7e9);
    expect(rate.secondsUntilFull).toBeUndefined();
  });
});
