import { faultSchedule, SeededChoices } from './schedule';

describe('the schedule of faults', () => {
  it('is the same for the same seed', () => {
    expect(faultSchedule(42)).toEqual(faultSchedule(42));
  });

  it('meets every kind of strike and fault somewhere', () => {
    const schedules = Array.from({ length: 300 }, (_, seed) => faultSchedule(seed));
    const kinds = new Set(schedules.flatMap(({ strikes }) => strikes.map(({ kind }) => kind)));
    expect([...kinds].sort()).toEqual([
      'cut-network',
      'freeze-network',
      'kill-engine',
      'second-engine'
    ]);
    expect(new Set(schedules.flatMap(({ faults }) => faults)).size).toBe(17);
    expect(new Set(schedules.map(({ goOnWith }) => goOnWith)).size).toBe(2);
  });

  it('takes no fault twice', () => {
    for (let seed = 0; seed < 100; seed++) {
      const { faults } = faultSchedule(seed);
      expect(new Set(faults).size).toBe(faults.length);
    }
  });

  it('chooses within its bounds', () => {
    const choices = new SeededChoices(1);
    const seen = new Set(Array.from({ length: 200 }, () => choices.between(2, 4)));
    expect([...seen].sort()).toEqual([2, 3, 4]);
  });
});
