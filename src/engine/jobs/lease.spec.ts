import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Lease } from './lease';
import { lookAtLease } from './leaseFile';
import { hasEnded, ownIdentity } from './processIdentity';
import { denoProgram } from './testing/denoProgram';
import type { DenoProgram } from './testing/denoProgram';
import { QUICK } from './testing/jobTrial';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lease-'));
  path = join(folder, 'lease.json');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function acquire(onLost?: () => void): Promise<Lease | undefined> {
  const got = await Lease.acquire(path, { holder: 'job', timing: QUICK, onLost });
  return 'lease' in got ? got.lease : undefined;
}

/** A lease as another process would have left it. */
async function leave(changes: object, silentMs = 0): Promise<void> {
  const content = { version: 1, ...ownIdentity(), token: 'theirs', holder: 'job', ...changes };
  await writeFile(path, JSON.stringify(content));
  const at = new Date(Date.now() - silentMs);
  await utimes(path, at, at);
}

describe('a lease', () => {
  it('has one holder until it is given back', async () => {
    const first = await acquire();
    expect(await acquire()).toBeUndefined();
    expect(await lookAtLease(path, QUICK)).toMatchObject({ state: 'held', pid: process.pid });
    await delay(3 * QUICK.heartbeatMs);
    expect(await first?.verify()).toBe(true);
    await first?.release();
    expect(await readdir(folder)).toEqual([]);
    const second = await acquire();
    expect(second).toBeDefined();
    await second?.release();
  });

  it('is readable for its owner only and holds no more than it must', async () => {
    const lease = await acquire();
    const content = JSON.parse(await readFile(path, 'utf8')) as object;
    expect(Object.keys(content).sort()).toEqual(
      ['acquiredAt', 'bootedAt', 'holder', 'host', 'pid', 'token', 'version'].sort()
    );
    await lease?.release();
  });

  it('is not taken from a live process, on whatever machine', async () => {
    await leave({ pid: process.ppid });
    expect(await acquire()).toBeUndefined();
    await leave({ host: 'another', pid: 4_000_000 });
    expect(await acquire()).toBeUndefined();
  });

  it.each([
    ['its process is gone', { pid: 4_000_000 }, 0],
    ['the machine was started since', { pid: process.ppid, bootedAt: 1 }, 0],
    ['it gives no sign of life', { host: 'another' }, 2 * QUICK.staleMs],
    ['its clock is far ahead', { host: 'another' }, -2 * QUICK.staleMs]
  ])('is taken over when %s', async (_, changes, silentMs) => {
    await leave(changes, silentMs);
    const lease = await acquire();
    expect(await lease?.verify()).toBe(true);
    await lease?.release();
  });

  it('is not taken over when the holder turns out to live', async () => {
    await leave({ pid: 4_000_000 });
    const beats = setInterval(() => void utimes(path, new Date(), new Date()), 50);
    const attempt = acquire();
    await delay(5 * QUICK.heartbeatMs);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ token: 'theirs' });
    clearInterval(beats);
    await (await attempt)?.release();
  });

  it('is taken over after a torn file, but not before it is old', async () => {
    await writeFile(path, '{"version":1,"to');
    expect(await acquire()).toBeUndefined();
    const old = new Date(Date.now() - 2 * QUICK.staleMs);
    await utimes(path, old, old);
    const lease = await acquire();
    expect(lease).toBeDefined();
    await lease?.release();
  });

  it.each([
    ['is another’s', () => leave({})],
    ['is gone', () => rm(path)]
  ])('tells its holder once when it %s, and leaves it alone', async (_, change) => {
    let lost = 0;
    const lease = await acquire(() => lost++);
    await change();
    await delay(3 * QUICK.heartbeatMs);
    expect(lost).toBe(1);
    expect(lease?.held).toBe(false);
    const before = await readdir(folder);
    await lease?.release();
    expect(await readdir(folder)).toEqual(before);
  });

  it('goes to one of many that want it at the same time', async () => {
    await leave({ pid: 4_000_000 });
    const got = await Promise.all(Array.from({ length: 40 }, () => acquire()));
    const winners = got.filter(lease => lease !== undefined);
    expect(winners).toHaveLength(1);
    await winners[0]?.release();
  });
});

it('tells processes apart without reading /proc', () => {
  const self = ownIdentity();
  expect(hasEnded(self)).toBe(false);
  expect(hasEnded({ ...self, pid: process.ppid })).toBe(false);
  expect(hasEnded({ ...self, pid: 4_000_000 })).toBe(true);
  expect(hasEnded({ ...self, pid: 4_000_000, host: 'another' })).toBe(false);
  expect(hasEnded({ ...self, bootedAt: self.bootedAt - 3600 })).toBe(true);
});

describe('leases of processes in Deno', () => {
  let program: DenoProgram;

  beforeAll(async () => {
    program = await denoProgram(`
      import { appendFileSync } from 'node:fs';
      import { Lease } from './lease';
      const [path, log, timing, deaths] = process.argv.slice(2);
      const options = { holder: 'job', timing: JSON.parse(timing), onLost: () => console.log('lost') };
      const note = word => appendFileSync(log, word + ' ' + process.pid + '\\n');
      const pause = ms => new Promise(resolve => setTimeout(resolve, ms));
      for (let turns = 0; turns < 3; ) {
        const got = await Lease.acquire(path, options);
        if ('heldBy' in got) {
          await pause(20 + 60 * Math.random());
          continue;
        }
        note('enter');
        console.log('holds');
        turns++;
        if (deaths === 'never') {
          await pause(60_000);
        }
        await pause(30 * Math.random());
        // Some die in the middle, as kill -9 would have it.
        const dies = Math.random() < Number(deaths);
        if (!(await got.lease.verify())) {
          note('lost');
        }
        note(dies ? 'die' : 'leave');
        if (dies) {
          process.exit(1);
        }
        await got.lease.release();
      }
      process.exit(0);`);
  });

  afterAll(() => program.remove());

  const run = (deaths: string): ReturnType<DenoProgram['start']> =>
    program.start([path, join(folder, 'log'), JSON.stringify(QUICK), deaths], {
      writable: [folder]
    });

  it('never have two holders, also when holders die', async () => {
    const competitors = Array.from({ length: 8 }, () => run('0.3'));
    await Promise.all(competitors.map(({ ended }) => ended));
    const lines = (await readFile(join(folder, 'log'), 'utf8')).trim().split('\n');
    let holder: string | undefined;
    for (const line of lines) {
      const [word, pid] = line.split(' ');
      expect(word).not.toBe('lost');
      expect(holder).toBe(word === 'enter' ? undefined : pid);
      holder = word === 'enter' ? pid : undefined;
    }
    expect(lines.length).toBeGreaterThanOrEqual(16);
  });

  it('pass on from one that was killed', async () => {
    const first = run('never');
    await first.wrote(/holds/);
    first.kill('SIGKILL');
    await first.ended;
    expect(await lookAtLease(path, QUICK)).toMatchObject({ state: 'ended' });
    const lease = await acquire();
    expect(lease).toBeDefined();
    await lease?.release();
  });

  it('are lost to one that sleeps, which notices when it wakes', async () => {
    const sleeper = run('never');
    await sleeper.wrote(/holds/);
    sleeper.kill('SIGSTOP');
    expect(await acquire()).toBeUndefined();
    await delay(1.2 * QUICK.staleMs);
    const lease = await acquire();
    expect(lease).toBeDefined();
    sleeper.kill('SIGCONT');
    await sleeper.wrote(/lost/);
    expect(await lease?.verify()).toBe(true);
    await lease?.release();
    sleeper.kill('SIGKILL');
    await sleeper.ended;
  });
});
