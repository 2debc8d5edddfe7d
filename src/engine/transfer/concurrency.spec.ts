import fc from 'fast-check';
import { ConcurrencyController } from './concurrency';
import type { ConcurrencyChange } from './concurrency';
import type { ProcessorTimes } from './processorTimes';

const MB = 1e6;
const LOOK_MS = 100;
const PROCESSORS = 4;

interface Network {
  /** Bytes per second of one connection, and of all together. */
  connection: number;
  link: number;
  /** Share of the rate by which it varies, 0 to 1. */
  noise?: number;
  /** Milliseconds at which a server says that it is too much. */
  storms?: readonly number[];
  busy?: boolean;
  /** Bytes per second that take up a whole processor. */
  processor?: number;
  /** Share of all processors of the machine that others have in use. */
  others?: number;
}

interface Flow {
  level: number;
  changes: (ConcurrencyChange & { at: number; from: number })[];
  work: number;
}

/** Runs the controller on a network for a while; the same seed gives the same noise. */
function run(network: Network, options: { limit: number; start?: number; ms: number }): Flow {
  const { connection, link, noise = 0, storms = [], busy = true } = network;
  const { processor = Number.POSITIVE_INFINITY, others = 0 } = network;
  const controller = new ConcurrencyController({
    limit: options.limit,
    start: options.start ?? 8,
    now: 0
  });
  const changes: Flow['changes'] = [];
  let work = 0;
  let seed = 1;
  for (let at = LOOK_MS; at <= options.ms; at += LOOK_MS) {
    seed = (seed * 48271) % 2147483647;
    const rate = Math.min(link, processor, connection * controller.level);
    work += ((rate * LOOK_MS) / 1000) * (1 + noise * (seed / 2147483647 - 0.5));
    const from = controller.level;
    const keep = (change: ConcurrencyChange | undefined): void => {
      if (change !== undefined) {
        changes.push({ ...change, at, from });
      }
    };
    for (const storm of storms) {
      if (storm > at - LOOK_MS && storm <= at) {
        keep(controller.congested(storm, 'SlowDown'));
      }
    }
    const times = (): ProcessorTimes => ({
      ownMs: (1000 * work) / processor,
      machineMs: PROCESSORS * at,
      idleMs: PROCESSORS * at * (1 - others)
    });
    keep(controller.look(at, { work, events: at * 10, busy, processor: times }));
  }
  return { level: controller.level, changes, work };
}

describe('the number of connections', () => {
  it('grows until more brings no more, and goes back to where it did', () => {
    const { level, changes } = run(
      { connection: 60 * MB, link: 960 * MB },
      { limit: 64, ms: 9000 }
    );
    expect(changes.map(({ connections }) => connections)).toEqual([16, 32, 16]);
    expect(level).toBe(16);
    expect(changes.map(({ why }) => why)).toEqual([
      'trying whether more bring more',
      '16 brought 100 % more than 8',
      '32 brought no more than 16'
    ]);
  });

  it('stays where one connection already takes all that there is', () => {
    const { changes } = run({ connection: 900 * MB, link: 900 * MB }, { limit: 64, ms: 9000 });
    expect(changes.map(({ connections }) => connections)).toEqual([16, 8]);
  });

  it('stays where the processor has no time for more', () => {
    const { changes } = run(
      { connection: 60 * MB, link: 2000 * MB, processor: 480 * MB },
      { limit: 64, ms: 60_000 }
    );
    expect(changes).toEqual([]);
  });

  it('stays where other programs have taken the processors', () => {
    const { changes } = run(
      { connection: 60 * MB, link: 2000 * MB, others: 0.97 },
      { limit: 64, ms: 60_000 }
    );
    expect(changes).toEqual([]);
  });

  it('grows up to what the processor can do', () => {
    const { level, changes } = run(
      { connection: 60 * MB, link: 2000 * MB, processor: 800 * MB },
      { limit: 64, ms: 9000 }
    );
    expect(level).toBe(16);
    expect(changes.map(({ connections }) => connections)).toEqual([16]);
  });

  it('looks again later, less and less often while it does not help', () => {
    const { changes } = run({ connection: 900 * MB, link: 900 * MB }, { limit: 64, ms: 200_000 });
    const tries = changes.filter(({ why }) => why.includes('by now')).map(({ at }) => at);
    const gaps = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
    expect(tries.length).toBeGreaterThan(2);
    expect(gaps).toEqual([...gaps].sort((a, b) => a - b));
    expect(Math.max(...gaps)).toBeLessThan(70_000);
  });

  it('halves once in one storm', () => {
    const storms = Array.from({ length: 40 }, (_, index) => 4000 + index * 50);
    const { changes } = run(
      { connection: 1 * MB, link: 1e12, storms },
      { limit: 64, start: 64, ms: 6500 }
    );
    expect(changes.filter(({ why }) => why === 'SlowDown').map(c => c.connections)).toEqual([32]);
  });

  it('does not judge while there is not enough to do', () => {
    const { changes } = run({ connection: MB, link: 1e12, busy: false }, { limit: 64, ms: 20_000 });
    expect(changes).toEqual([]);
  });

  it('keeps within its bounds and says why, whatever the network does', () => {
    fc.assert(
      fc.property(
        fc.record({
          connection: fc.integer({ min: 1000, max: 1e9 }),
          link: fc.integer({ min: 1000, max: 1e10 }),
          noise: fc.double({ min: 0, max: 1, noNaN: true }),
          storms: fc.array(fc.integer({ min: 0, max: 60_000 }), { maxLength: 30 })
        }),
        fc.integer({ min: 1, max: 64 }),
        fc.integer({ min: 1, max: 64 }),
        (network, limit, start) => {
          const { level, changes } = run(network, { limit, start, ms: 60_000 });
          expect(level).toBeGreaterThanOrEqual(1);
          expect(level).toBeLessThanOrEqual(limit);
          const halvings = changes.filter(({ why }) => why === 'SlowDown');
          halvings.forEach(({ from, connections }) =>
            expect(connections).toBe(Math.max(1, Math.floor(from / 2)))
          );
          for (const [index, change] of changes.entries()) {
            expect(change.connections).toBeGreaterThanOrEqual(1);
            expect(change.connections).toBeLessThanOrEqual(limit);
            expect(change.connections).not.toBe(change.from);
            expect(change.why).not.toBe('');
            expect(index === 0 || change.from === changes[index - 1]?.connections).toBe(true);
          }
        }
      )
    );
  });

  it('comes to nine tenths of what a network gives, if it is quiet', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1 * MB, max: 100 * MB }),
        fc.integer({ min: 1, max: 48 }),
        (connection, useful) => {
          const link = connection * useful;
          const { level } = run({ connection, link }, { limit: 64, ms: 300_000 });
          expect(Math.min(link, level * connection)).toBeGreaterThanOrEqual(0.9 * link);
        }
      )
    );
  });

  it('recovers after a storm', () => {
    const { level } = run(
      { connection: 10 * MB, link: 320 * MB, storms: [3000] },
      { limit: 64, ms: 120_000 }
    );
    expect(level).toBeGreaterThanOrEqual(29);
  });
});
