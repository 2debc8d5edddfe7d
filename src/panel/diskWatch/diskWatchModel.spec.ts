import { jobFact } from '../testing/jobFact';
import { failing } from '../testing/failing';
import { getDisk } from '../../protocol';
import { DiskWatchModel } from './diskWatchModel';
import { copying, DISK, FillingDisk } from './testing/fillingDisk';

let given: FillingDisk;
let model: DiskWatchModel;

beforeEach(() => {
  jest.useFakeTimers();
  given = new FillingDisk();
  model = new DiskWatchModel(given.engine);
});

afterEach(() => {
  model.dispose();
  jest.useRealTimers();
});

async function pass(seconds: number): Promise<void> {
  await jest.advanceTimersByTimeAsync(seconds * 1000);
}

async function becomeReady(): Promise<void> {
  given.engine.becomeReady();
  await pass(1);
}

/** Each value is what is left ten seconds after the one before. */
async function fill(...left: number[]): Promise<void> {
  for (const bytes of left) {
    given.leave(bytes);
    await pass(10);
  }
}

describe('the watch of the disk', () => {
  it('sends nothing before the engine is ready, and never connects', async () => {
    await pass(600);
    expect(given.engine.sent).toEqual([]);
    given.engine.setState({ status: 'connecting' });
    await pass(600);
    expect(given.engine.sent).toEqual([]);
    expect(given.engine.connects).toBe(0);
    await becomeReady();
    expect(given.looks).toBe(1);
    expect(given.engine.connects).toBe(0);
  });

  it('begins at once where the engine is ready already', async () => {
    await becomeReady();
    const second = new DiskWatchModel(given.engine);
    await pass(1);
    expect(second.disk).toEqual(DISK);
    second.dispose();
  });

  it('looks once a minute, every ten seconds while something is copied, and then again once a minute', async () => {
    await becomeReady();
    await pass(180);
    expect(given.looks).toBe(4);
    given.engine.jobsChanged.emit([copying()]);
    await pass(1);
    expect(given.looks).toBe(5);
    await pass(60);
    expect(given.looks).toBe(11);
    given.engine.jobsChanged.emit([jobFact({ state: 'done' })]);
    await pass(10);
    const looks = given.looks;
    await pass(120);
    expect(given.looks).toBe(looks + 2);
  });

  it('knows of a copy that ran before the page came', async () => {
    given.jobs = [copying()];
    await becomeReady();
    await pass(20);
    expect(given.looks).toBeGreaterThanOrEqual(3);
    expect(model.isCopying).toBe(true);
  });

  it('believes what the engine tells rather than an older answer', async () => {
    given.jobs = [copying()];
    given.engine.becomeReady();
    given.engine.jobsChanged.emit([]);
    await pass(1);
    expect(model.isCopying).toBe(false);
  });

  it('says when the disk is short, and when no longer', async () => {
    await becomeReady();
    expect([model.isShort, model.isUrgent]).toEqual([false, false]);
    given.leave(4e9);
    await pass(60);
    expect([model.shortage, model.isShort, model.isUrgent]).toEqual(['short', true, false]);
    given.leave(0);
    await pass(60);
    expect([model.shortage, model.isUrgent]).toEqual(['critical', true]);
    given.leave(60e9);
    await pass(60);
    expect([model.shortage, model.isShort]).toEqual(['none', false]);
  });

  it('forecasts while a copy runs that the disk will be full before it ends', async () => {
    given.jobs = [copying(3_000)];
    await becomeReady();
    await fill(59e9, 58e9, 57e9, 56e9, 55e9);
    // 0.1 GB a second.
    expect(model.secondsUntilFull).toBeGreaterThan(500);
    expect(model.secondsUntilFull).toBeLessThan(620);
    expect([model.shortage, model.isShort]).toEqual(['none', true]);
    given.engine.jobsChanged.emit([copying(300)]);
    expect(model.secondsUntilFull).toBeUndefined();
    expect(model.isShort).toBe(false);
  });

  it('forecasts within the hour where nobody knows when the copy ends', async () => {
    given.jobs = [copying(20), copying()];
    await becomeReady();
    await fill(60e9, 59e9, 58e9, 57e9);
    expect(model.secondsUntilFull).toBeDefined();
    given.engine.jobsChanged.emit([copying(20)]);
    expect(model.secondsUntilFull).toBeUndefined();
    given.engine.jobsChanged.emit([copying()]);
    await fill(...Array.from({ length: 20 }, (_, index) => 57e9 - (index + 1) * 1e7));
    expect(model.secondsUntilFull).toBeUndefined();
  });

  it('forecasts without a job only where the disk is short already', async () => {
    await becomeReady();
    for (const left of [60e9, 50e9, 40e9]) {
      given.leave(left);
      await pass(60);
    }
    expect(model.secondsUntilFull).toBeUndefined();
    for (const left of [4e9, 3.5e9, 3e9, 2.5e9]) {
      given.leave(left);
      await pass(60);
    }
    expect(model.secondsUntilFull).toBeGreaterThan(0);
  });

  it('says nothing of an elastic file system', async () => {
    given.jobs = [copying()];
    given.disk = { ...DISK, unlimited: true, availableBytes: 1 };
    await becomeReady();
    await pass(60);
    expect([model.isShort, model.isUrgent]).toEqual([false, false]);
  });

  it('keeps what it knew over a short break, forgets the rate, and is silent when the engine is away', async () => {
    given.jobs = [copying(3_000)];
    await becomeReady();
    await fill(4e9, 3.9e9, 3.8e9);
    expect(model.secondsUntilFull).toBeDefined();
    given.engine.setState({ status: 'connecting' });
    expect([model.shortage, model.secondsUntilFull]).toEqual(['short', undefined]);
    const looks = given.looks;
    await pass(120);
    expect(given.looks).toBe(looks);
    given.engine.setState({ status: 'absent' });
    expect([model.disk, model.shortage]).toEqual([undefined, 'none']);
  });

  it('goes on after a look that failed', async () => {
    await becomeReady();
    given.engine.onQuery(getDisk, failing('DISK'));
    await pass(60);
    expect(model.disk).toEqual(DISK);
    given.engine.onQuery(getDisk, () => ({ ...DISK, availableBytes: 1e9 }));
    await pass(60);
    expect(model.isShort).toBe(true);
  });

  it('asks nothing after its end', async () => {
    await becomeReady();
    const { looks } = given;
    model.dispose();
    model.dispose();
    await pass(300);
    given.engine.becomeReady();
    given.engine.jobsChanged.emit([copying()]);
    await pass(300);
    expect(given.looks).toBe(looks);
  });
});
