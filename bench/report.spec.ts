import { ratios, renderResults, summarise, type Record } from './report';
import type { Result } from './runWays';
import { median, rotated, spread } from './statistics';
import { MANY, planWorkload } from './workloads';

const GIB = 2 ** 30;

const result = (changes: Partial<Result>): Result => ({
  round: 0,
  way: 'ours',
  workload: 'one',
  network: 'loopback',
  bytes: 2 * GIB,
  seconds: 4,
  userSeconds: 2,
  systemSeconds: 1,
  peakBytes: 100 * 2 ** 20,
  code: 0,
  serverSeconds: { hub: 1, aws: 2 },
  ...changes
});

const record = (results: readonly Result[]): Record => ({
  date: '2026-01-02',
  commandLine: 'npm run bench -- --rounds 2',
  rounds: 2,
  machine: { system: 'Linux', processor: 'P', cores: 2, memoryBytes: 8 * GIB, load: 0.5 },
  versions: { Deno: '1.2.3' },
  workloads: [{ name: 'one', title: 'one file', scale: 0.4 }],
  networks: [{ name: 'loopback', title: 'loopback, unlimited' }],
  results
});

describe('statistics', () => {
  it('finds the middle of odd and even lists', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 2, 9])).toBe(3);
    expect(median([7])).toBe(7);
    expect(() => median([])).toThrow(RangeError);
    expect(spread([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3 });
  });

  it('lets each round start with another one', () => {
    const list = ['a', 'b', 'c'];
    expect([0, 1, 2, 3].map(round => rotated(list, round).join(''))).toEqual([
      'abc',
      'bca',
      'cab',
      'abc'
    ]);
  });
});

describe('summaries', () => {
  const results = [
    result({}),
    result({ round: 1, seconds: 8, userSeconds: 4, systemSeconds: 1 }),
    result({
      way: 'rclone',
      seconds: 12,
      userSeconds: 12,
      systemSeconds: 4,
      peakBytes: 400 * 2 ** 20
    }),
    result({ way: 's5cmd', failure: 'ended with 1: no such\nhost' })
  ];

  it('count a GiB as a GiB, and leave failed runs out', () => {
    const { summaries, failed } = summarise(results);
    expect(summaries.map(summary => [summary.way, summary.runs])).toEqual([
      ['ours', 2],
      ['rclone', 1]
    ]);
    expect(summaries[0]?.cpuPerGib).toEqual({ median: 2, least: 1.5, most: 2.5 });
    expect(summaries[0]?.mibPerSecond).toEqual({ median: 384, least: 256, most: 512 });
    expect(failed).toEqual([{ way: 's5cmd', runs: 1, failures: ['ended with 1: no such\nhost'] }]);
  });

  it('divide ours by the other', () => {
    const [rclone] = ratios(summarise(results).summaries);
    expect(rclone?.way).toBe('rclone');
    expect(rclone?.cpu).toBeCloseTo(2 / 8);
    expect(rclone?.throughput).toBeCloseTo(384 / (2048 / 12));
    expect(rclone?.memory).toBeCloseTo(0.25);
    expect(ratios(summarise(results.slice(2)).summaries)).toEqual([]);
  });

  it('are written with ratios first, failures and all that is needed to repeat them', () => {
    const text = renderResults(record(results));
    const order = ['0.25 ×', '2.00 (1.50 to 2.50)', 'failed in 1 of 1 runs: host', 'scale 0.4'];
    const places = order.map(part => text.indexOf(part));
    expect(places.every(place => place > 0)).toBe(true);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(text).toContain('npm run bench -- --rounds 2');
    expect(text).toContain('Deno 1.2.3');
  });
});

describe('workloads', () => {
  it('shrink only where the size is the point, and have names of their own', () => {
    const full = { scale: { one: 1, shards: 1 }, quick: false };
    const one = planWorkload('one', full);
    const shards = planWorkload('shards', full);
    const small = planWorkload('small', { scale: { one: 0.1 }, quick: false });
    expect(one.weights.map(file => file.sizeBytes)).toEqual([5e9]);
    expect(shards.weights.map(file => file.sizeBytes)).toEqual(Array(16).fill(4.9e9));
    expect(small.weights).toHaveLength(300);
    expect(Math.min(...small.weights.map(file => file.sizeBytes))).toBe(100_000);
    expect(Math.max(...small.weights.map(file => file.sizeBytes))).toBe(2_000_000);
    expect(MANY.weights).toHaveLength(2000);
    const whole = planWorkload('whole', full);
    const long = planWorkload('long', full);
    expect(whole.weights.map(file => file.sizeBytes)).toEqual([5e9]);
    expect(long.weights).toHaveLength(15);
    const paths = [one, shards, small, whole, long, MANY].flatMap(each =>
      each.weights.map(file => file.path)
    );
    expect(new Set(paths).size).toBe(paths.length);
  });
});
