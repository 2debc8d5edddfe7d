import fc from 'fast-check';
import { RateMeter } from './rates';

const MiB = 2 ** 20;

describe('rates', () => {
  it('says nothing about the time left in the first seconds', () => {
    const meter = new RateMeter(0);
    expect(meter.update(1000, 10 * MiB, 90 * MiB).secondsLeft).toBeUndefined();
    expect(meter.update(3000, 30 * MiB, 70 * MiB).secondsLeft).toBeCloseTo(7, 1);
  });

  it('runs down like a clock while the rate stays', () => {
    const meter = new RateMeter(0);
    const total = 1000 * MiB;
    const shown: number[] = [];
    for (let at = 250; at < 100_000; at += 250) {
      const moved = (at / 100_000) * total;
      shown.push(meter.update(at, moved, total - moved).secondsLeft ?? Infinity);
    }
    const errors = shown.map((left, index) => Math.abs(left - (100 - (index + 1) * 0.25)));
    expect(Math.max(...errors.filter(Number.isFinite))).toBeLessThan(0.5);
  });

  it('does not jump when bytes come in bursts or go back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -16, max: 64 }), { minLength: 40, maxLength: 200 }),
        bursts => {
          const meter = new RateMeter(0);
          let at = 0;
          let moved = 0;
          let before: number | undefined;
          for (const burst of bursts) {
            at += 250;
            moved = Math.max(0, moved + burst * MiB);
            const rates = meter.update(at, moved, 1e12);
            expect(rates.recent).toBeGreaterThanOrEqual(0);
            expect(rates.mean).toBeGreaterThanOrEqual(0);
            const left = rates.secondsLeft;
            if (left !== undefined) {
              expect(left).toBeGreaterThanOrEqual(0);
              expect(Number.isFinite(left)).toBe(true);
              // It never falls faster than a tenth of itself in a look, beyond the time that passed.
              if (before !== undefined) {
                expect(left).toBeGreaterThan(before * 0.9 - 0.25);
              }
            }
            before = left;
          }
        }
      )
    );
  });

  it('keeps quiet while nothing moves', () => {
    const meter = new RateMeter(0);
    expect(meter.update(5000, 0, 100).secondsLeft).toBeUndefined();
    expect(meter.update(5000, 0, 100)).toMatchObject({ recent: 0, mean: 0 });
  });
});
