import { BedrockImportError } from '../errors';
import type { Clock } from '../waiting';
import { Outages } from './outages';
import type { OutageOptions } from './outages';
import { TransientFault } from './retry';

/** Time passes only when somebody sleeps; sleepers wake in the order of their time. */
function testClock(): Clock & { time: number } {
  const clock = {
    time: 0,
    now: () => clock.time,
    sleep: async (ms: number) => {
      clock.time += ms;
      await Promise.resolve();
    },
    random: () => 1
  };
  return clock;
}

const expired = (): BedrockImportError =>
  new BedrockImportError({ code: 'CREDENTIALS_EXPIRED', message: 'expired', nextStep: 'n' });

function outages(options: Partial<OutageOptions> = {}): {
  gate: Outages;
  clock: ReturnType<typeof testClock>;
  waits: string[];
} {
  const clock = testClock();
  const waits: string[] = [];
  const gate = new Outages({
    signal: new AbortController().signal,
    clock,
    onWait: ({ reason }) => waits.push(reason),
    ...options
  });
  return { gate, clock, waits };
}

describe('one operation inside another', () => {
  it('does not wait for itself while it tries for all', async () => {
    const { gate, clock } = outages();
    let fresh = false;
    const answer = await gate.through(async () => {
      if (clock.time === 0) {
        throw expired();
      }
      return gate.through(async () => {
        fresh = clock.time > 3000;
        if (!fresh) {
          throw expired();
        }
        return 'done';
      });
    });
    expect(answer).toBe('done');
    expect(await gate.through(async () => 'open')).toBe('open');
  });
});

describe('credentials that expire', () => {
  it('are waited for by all together, and asked for by one', async () => {
    let fresh = false;
    let asked = 0;
    const { gate, clock, waits } = outages({
      renewCredentials: async () => {
        asked++;
        fresh = clock.time > 60_000;
        return fresh;
      }
    });
    let tries = 0;
    const work = (): Promise<string> =>
      gate.through(async () => {
        tries++;
        await Promise.resolve();
        if (!fresh) {
          throw expired();
        }
        return 'done';
      });
    const results = await Promise.all(Array.from({ length: 20 }, work));
    expect(results).toEqual(Array(20).fill('done'));
    expect(clock.time).toBeGreaterThan(60_000);
    // Twenty first tries and twenty last ones; between them one tries for all.
    expect(tries).toBeLessThanOrEqual(40 + asked);
    expect(asked).toBeLessThan(15);
    expect(new Set(waits)).toEqual(new Set(['AWS credentials expired; waiting for fresh ones']));
  });

  it('are given up after a quarter of an hour, keys of variables after a minute', async () => {
    for (const [credentialsAreFixed, limit] of [
      [false, 900_000],
      [true, 60_000]
    ] as const) {
      const { gate, clock } = outages({ credentialsAreFixed });
      const work = (): Promise<never> =>
        gate.through(async () => {
          throw expired();
        });
      const failures = await Promise.allSettled([work(), work(), work()]);
      expect(failures.map(result => result.status)).toEqual(Array(3).fill('rejected'));
      await expect(work()).rejects.toMatchObject({ code: 'CREDENTIALS_EXPIRED' });
      expect(clock.time).toBe(limit);
    }
  });

  it('that come back and expire again have their time anew', async () => {
    const { gate, clock } = outages({ credentialsAreFixed: true });
    for (let round = 0; round < 3; round++) {
      const until = clock.time + 40_000;
      await gate.through(async () => {
        if (clock.time < until) {
          throw expired();
        }
      });
    }
    expect(clock.time).toBeGreaterThanOrEqual(120_000);
  });
});

describe('a network that is gone', () => {
  const none = (): TransientFault => new TransientFault('no way', { connection: 'none' });

  it('is not seen in single failures while others get through', async () => {
    const { gate, waits } = outages();
    gate.alive();
    await expect(
      gate.through(async () => {
        throw none();
      })
    ).rejects.toThrow('no way');
    expect(waits).toEqual([]);
  });

  it('is not seen in one connection that stood still', async () => {
    const { gate, clock } = outages();
    clock.time = 60_000;
    const once = gate.through(() =>
      Promise.reject(new TransientFault('no bytes for 30 s', { connection: 'broken' }))
    );
    await expect(once).rejects.toThrow('no bytes');
  });

  it('is waited out after some seconds of silence', async () => {
    const { gate, clock, waits } = outages();
    clock.time = 5_000;
    await gate.through(() => Promise.reject(none())).catch(() => undefined);
    const result = gate.through(async () => {
      if (clock.time < 300_000) {
        throw none();
      }
      return 'back';
    });
    await expect(result).resolves.toBe('back');
    expect(waits[0]).toBe('The network is gone; waiting for it to come back');
  });

  it('ends the copy after a quarter of an hour, and it can go on', async () => {
    const { gate, clock } = outages();
    clock.time = 5_000;
    await gate.through(() => Promise.reject(none())).catch(() => undefined);
    await expect(
      gate.through(async () => {
        throw none();
      })
    ).rejects.toMatchObject({ code: 'COPY_GAVE_UP' });
    expect(clock.time).toBe(905_000);
  });

  it('is over for all as soon as bytes move', async () => {
    let wake: () => void = () => undefined;
    const asleep = new Promise<void>(resolve => {
      wake = resolve;
    });
    const clock = { ...testClock(), sleep: () => asleep };
    clock.now = () => clock.time;
    const { gate } = outages({ clock });
    clock.time = 5_000;
    await gate.through(() => Promise.reject(none())).catch(() => undefined);
    let failed = false;
    const probe = gate.through(async () => {
      if (!failed) {
        failed = true;
        throw none();
      }
    });
    await new Promise(resolve => setImmediate(resolve));
    const other = gate.through(async () => 'through');
    gate.alive();
    await expect(other).resolves.toBe('through');
    clock.time = 60_000;
    wake();
    await probe;
  });
});

it('lets other failures through', async () => {
  const { gate } = outages();
  const denied = new BedrockImportError({ code: 'ACCESS_DENIED', message: 'm', nextStep: 'n' });
  await expect(gate.through(() => Promise.reject(denied))).rejects.toBe(denied);
  await expect(gate.through(() => Promise.reject(new Error('x')))).rejects.toThrow('x');
});
