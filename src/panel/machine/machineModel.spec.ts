import { getDisk, getIdentity, getStorage } from '../../protocol';
import type { JobFact, JobState, MachineStorage } from '../../protocol';
import type { FakeEngine } from '../testing/fakeEngine';
import { failing } from '../testing/failing';
import { jobFact } from '../testing/jobFact';
import { MachineModel } from './machineModel';
import { DISK, IDENTITY, MACHINE, machineEngine, STORAGE } from './testing/machineFacts';

const ALL = ['machine/get', 'machine/identity', 'machine/disk', 'machine/storage'];
const SIZES = ['machine/disk', 'machine/storage'];

let engine: FakeEngine;
let model: MachineModel;

beforeEach(() => {
  jest.useFakeTimers();
  engine = machineEngine();
  model = new MachineModel(engine);
});

afterEach(() => {
  model.dispose();
  jest.useRealTimers();
});

/** Lets time pass and says what was asked meanwhile. */
async function askedWithin(ms: number): Promise<string[]> {
  engine.sent.length = 0;
  await jest.advanceTimersByTimeAsync(ms);
  return engine.sent.map(({ method }) => method);
}

async function open(): Promise<void> {
  model.setShown(true);
  engine.becomeReady();
  await jest.advanceTimersByTimeAsync(100);
}

const job = (id: string, state: JobState): JobFact => jobFact({ id, state });

describe('the model of the machine', () => {
  it('asks for nothing before the engine is ready and the section in sight', async () => {
    expect(await askedWithin(120_000)).toEqual([]);
    engine.becomeReady();
    expect(await askedWithin(120_000)).toEqual([]);
    engine.setState({ status: 'connecting' });
    model.setShown(true);
    expect(await askedWithin(120_000)).toEqual([]);
    expect(engine.connects).toBe(0);
  });

  it('asks for everything by itself and once', async () => {
    await open();
    expect(engine.sent.map(({ method }) => method).sort()).toEqual([...ALL].sort());
    expect(model.machine.value).toBe(MACHINE);
    expect(model.identity.value).toBe(IDENTITY);
    expect(model.disk.value).toBe(DISK);
    expect(model.storage.value).toBe(STORAGE);
  });

  it('looks again when something was changed, as soon as it is in sight', async () => {
    const askedBy = async (change: () => void): Promise<string[]> => {
      engine.sent.length = 0;
      change();
      await jest.advanceTimersByTimeAsync(1_000);
      return engine.sent.map(({ method }) => method).sort();
    };
    await open();
    expect(await askedBy(() => model.noteChange())).toEqual([...ALL].sort());
    model.setShown(false);
    expect(await askedBy(() => model.noteChange())).toEqual([]);
    expect(await askedBy(() => model.setShown(true))).toEqual([...ALL].sort());
  });

  it('shows what is there while the rest is waited for', async () => {
    engine.onQuery(getStorage, () => new Promise<never>(() => undefined));
    engine.onQuery(getIdentity, () => new Promise<never>(() => undefined));
    await open();
    expect(model.disk.value).toBe(DISK);
    expect(model.storage.state.status).toBe('loading');
    expect(model.identity.value).toBeUndefined();
  });

  it('keeps each failure by itself, and what was known before', async () => {
    await open();
    engine.onQuery(getDisk, failing('DISK_UNREADABLE')).onQuery(getIdentity, failing('DENIED'));
    model.refresh();
    await jest.advanceTimersByTimeAsync(0);
    expect(model.disk.state).toMatchObject({ failure: { code: 'DISK_UNREADABLE' } });
    expect(model.disk.value).toBe(DISK);
    expect(model.identity.state).toMatchObject({ failure: { code: 'DENIED' } });
    expect(model.machine.state.status).toBe('ready');
    engine.onQuery(getDisk, () => DISK);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(model.disk.state.status).toBe('ready');
  });

  it('looks at the sizes every minute, and at nothing when it is out of sight', async () => {
    await open();
    expect(await askedWithin(60_000)).toEqual(SIZES);
    expect(await askedWithin(60_000)).toEqual(SIZES);
    model.setShown(false);
    expect(await askedWithin(600_000)).toEqual([]);
    model.setShown(true);
    expect(await askedWithin(100)).toEqual(SIZES);
  });

  it('does not measure a large trash all the time', async () => {
    let answer = (_: MachineStorage): void => undefined;
    engine.onQuery(getStorage, () => new Promise(resolve => (answer = resolve)));
    await open();
    await jest.advanceTimersByTimeAsync(10_000);
    answer(STORAGE);
    // Ten seconds for it, two hundred without.
    expect(await askedWithin(195_000)).not.toContain('machine/storage');
    expect(await askedWithin(60_000)).toContain('machine/storage');
    answer(STORAGE);
    model.refresh();
    expect(engine.sent.at(-1)?.method).toBe('machine/storage');
  });

  it('asks again for everything when it is told to', async () => {
    await open();
    engine.sent.length = 0;
    model.refresh();
    expect(engine.sent.map(({ method }) => method)).toEqual(ALL);
  });

  it('looks again when a job ends, and seldom while jobs run', async () => {
    await open();
    engine.jobsChanged.emit([job('a', 'running')]);
    expect(await askedWithin(25_000)).toEqual([]);
    engine.jobsChanged.emit([job('a', 'running'), job('b', 'waiting')]);
    expect(await askedWithin(6_000)).toEqual(SIZES);
    engine.jobsChanged.emit([job('a', 'running'), job('b', 'waiting')]);
    expect(await askedWithin(30_000)).toEqual([]);
    engine.jobsChanged.emit([job('a', 'done'), job('b', 'done')]);
    expect(await askedWithin(100)).toEqual(SIZES);
    expect(await askedWithin(60_000)).toEqual(SIZES);
  });

  it('leaves jobs alone when nobody looks', async () => {
    await open();
    model.setShown(false);
    engine.jobsChanged.emit([job('a', 'done')]);
    expect(await askedWithin(120_000)).toEqual([]);
  });

  it('asks for everything again after each reconnection, and keeps the numbers meanwhile', async () => {
    await open();
    engine.setState({ status: 'connecting' });
    expect(await askedWithin(120_000)).toEqual([]);
    expect(model.disk.value).toBe(DISK);
    engine.sent.length = 0;
    engine.becomeReady();
    await jest.advanceTimersByTimeAsync(100);
    expect(engine.sent.map(({ method }) => method).sort()).toEqual([...ALL].sort());
  });

  it('passes over what a lost connection leaves unanswered', async () => {
    let signal: AbortSignal | undefined;
    let fail = (_: unknown): void => undefined;
    jest.spyOn(engine, 'query').mockImplementation((_, options) => {
      signal = options?.signal;
      return new Promise((_resolve, reject) => (fail = reject));
    });
    await open();
    engine.setState({ status: 'connecting' });
    fail(new Error('The connection is closed.'));
    await jest.advanceTimersByTimeAsync(0);
    expect(signal?.aborted).toBe(true);
    expect(model.storage.state.status).toBe('none');
  });

  it('ends with its requests, its clock and its listening', async () => {
    const signals: (AbortSignal | undefined)[] = [];
    jest.spyOn(engine, 'query').mockImplementation((_, options) => {
      signals.push(options?.signal);
      return new Promise(() => undefined);
    });
    const changed = jest.fn();
    await open();
    model.stateChanged.connect(changed);
    model.dispose();
    model.dispose();
    expect(signals).toHaveLength(4);
    expect(signals.every(signal => signal?.aborted)).toBe(true);
    engine.becomeReady();
    engine.jobsChanged.emit([job('a', 'done')]);
    await jest.advanceTimersByTimeAsync(120_000);
    expect(signals).toHaveLength(4);
    expect(changed).not.toHaveBeenCalled();
    expect(jest.getTimerCount()).toBe(0);
  });
});
