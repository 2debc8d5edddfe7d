import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  createFaultPlan,
  createManualClock,
  FAULT_NAMES,
  openDocument,
  openSandboxState,
  parseFault,
  writeFileAtomically
} from '.';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandbox-state-'));
});

afterAll(() => rm(folder, { recursive: true }));

describe('faults', () => {
  it.each([
    ['hub-reset=0.05', 0.05],
    ['s3-503=1', 1],
    ['import-failure=The model = broken', 'The model = broken'],
    ['import-failure=0.5', 0.5],
    ['role-not-ready=20', 20],
    ['model-not-ready=1.5s', 1.5],
    ['credentials-expire=3', 3],
    ['hub-reset-every=20', 20],
    ['hub-swap=0.5', 0.5],
    ['hub-swap=2.5s', '2.5s']
  ])('reads %s', (text, value) => {
    expect(parseFault(text)).toEqual({ name: text.slice(0, text.indexOf('=')), value });
  });

  it.each([
    'hub-reset',
    'hub-reset=',
    'hub-reset=2',
    'hub-reset=-1',
    'role-not-ready=soon',
    'hub-reset-every=0',
    'hub-reset-every=0.5',
    'hub-rate-limit=many',
    'hub-swap=7',
    'hub-swap=soon'
  ])('refuses %s with an example', text => {
    expect(() => parseFault(text)).toThrow(
      new RegExp(`such as ${text.slice(0, text.indexOf('=') + 1)}`)
    );
    expect(() => parseFault(text)).toThrow(/=\d/);
  });

  it('strikes every so many times, and tells seconds from rates', () => {
    const plan = createFaultPlan({
      faults: { 'hub-reset-every': 3, 'hub-swap': '2.5s', 's3-503-storm': 4, 'hub-stall': 0.5 }
    });
    expect(Array.from({ length: 7 }, () => plan.roll('hub-reset-every'))).toEqual([
      false,
      false,
      true,
      false,
      false,
      true,
      false
    ]);
    expect([plan.roll('hub-swap'), plan.seconds('hub-swap')]).toEqual([true, 2.5]);
    expect(plan.seconds('s3-503-storm')).toBe(4);
    expect([plan.seconds('hub-stall'), plan.seconds('hub-reset-every')]).toEqual([
      undefined,
      undefined
    ]);
    const rate = createFaultPlan({ faults: { 'hub-swap': 0.5 } });
    expect(rate.seconds('hub-swap')).toBeUndefined();
  });

  it('lists what it knows when a name is unknown', () => {
    expect(() => parseFault('hub-fire=1')).toThrow(FAULT_NAMES.join(', '));
  });

  it('rolls the same sequence for the same seed, whatever else is rolled', () => {
    const faults = { 'hub-reset': 0.5, 's3-503': 0.5 };
    const first = createFaultPlan({ faults, seed: 7 });
    const second = createFaultPlan({ faults, seed: 7 });
    const other = createFaultPlan({ faults, seed: 8 });
    const roll = (plan: typeof first) => {
      plan.roll('s3-503');
      return plan.roll('hub-reset');
    };
    const sequence = Array.from({ length: 64 }, () => roll(first));
    expect(Array.from({ length: 64 }, () => second.roll('hub-reset'))).toEqual(sequence);
    expect(Array.from({ length: 64 }, () => other.roll('hub-reset'))).not.toEqual(sequence);
    expect(new Set(sequence).size).toBe(2);
  });

  it('keeps to the rate, and to never and always', () => {
    const plan = createFaultPlan({
      faults: { 'hub-reset': 0.25, 's3-503': 1, 's3-reset': 0, 'import-failure': 'No' },
      seed: 1
    });
    const hits = Array.from({ length: 4000 }, () => plan.roll('hub-reset')).filter(Boolean).length;
    expect(hits).toBeGreaterThan(850);
    expect(hits).toBeLessThan(1150);
    expect([plan.roll('s3-503'), plan.roll('s3-reset'), plan.roll('hub-429')]).toEqual([
      true,
      false,
      false
    ]);
    expect([plan.roll('import-failure'), plan.value('import-failure')]).toEqual([true, 'No']);
  });

  it('tells which ones happen', () => {
    const struck: string[] = [];
    const faults = { 'hub-reset': 1, 's3-503': 0 };
    const plan = createFaultPlan({ faults, onStrike: name => struck.push(name) });
    plan.roll('hub-reset');
    plan.roll('s3-503');
    plan.roll('hub-429');
    expect(struck).toEqual(['hub-reset']);
  });
});

describe('what is kept', () => {
  it('replaces a file whole and leaves nothing beside it', async () => {
    const path = join(folder, 'deep', 'file.txt');
    await writeFileAtomically(path, 'one');
    await writeFileAtomically(path, 'two');
    expect(await readFile(path, 'utf8')).toBe('two');
    expect(await readdir(join(folder, 'deep'))).toEqual(['file.txt']);
  });

  it('saves a document as it is when the write begins, and reads it again', async () => {
    const path = join(folder, 'document.json');
    const document = await openDocument(path, () => ({ count: 0 }));
    const saves = Array.from({ length: 20 }, () => {
      document.value.count += 1;
      return document.save();
    });
    await Promise.all(saves);
    const again = await openDocument(path, () => ({ count: -1 }));
    expect(again.value).toEqual({ count: 20 });
  });

  it('keeps the credentials, for their owner only, and shares documents', async () => {
    const first = await openSandboxState({ dataDirectory: folder });
    const second = await openSandboxState({ dataDirectory: folder, region: 'eu-west-1' });
    expect(second.secretAccessKey).toBe(first.secretAccessKey);
    expect(second.startBucket).toBe('bedrock-import-sandbox-eu-west-1');
    expect((await stat(join(folder, 'credentials.json'))).mode & 0o777).toBe(0o600);
    expect(await first.document('x', () => ({}))).toBe(await first.document('x', () => ({})));
  });
});

describe('the manual clock', () => {
  it('wakes sleepers when their time has come, and lets them be aborted', async () => {
    const clock = createManualClock(new Date(0));
    const woken: string[] = [];
    const early = clock.sleep(10).then(() => woken.push('early'));
    const late = clock.sleep(20).then(() => woken.push('late'));
    const stop = new AbortController();
    const stopped = clock.sleep(5, stop.signal);
    stop.abort(new Error('enough'));
    await expect(stopped).rejects.toThrow('enough');
    clock.advance(10);
    await early;
    expect(woken).toEqual(['early']);
    clock.advance(10);
    await late;
    expect(clock.now()).toEqual(new Date(20));
  });
});
