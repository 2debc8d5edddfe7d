import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { JobStore } from '.';
import type { LiveJob } from './liveJob';
import { ownIdentity } from './processIdentity';
import { takeImportSlot } from './queue';
import type { ImportSlot } from './queue';
import { QUICK } from './testing/jobTrial';
import { sampleJob } from './testing/sampleJob';

let folder: string;
let store: JobStore;
let held: LiveJob[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'queue-'));
  store = await JobStore.open(folder, { timing: QUICK });
  held = [];
});

afterEach(async () => {
  for (const live of held) {
    await store.letGo(live);
  }
  await rm(folder, { recursive: true, force: true });
});

async function job(id: string): Promise<string> {
  await store.put(sampleJob(id));
  held.push(await store.hold(id));
  return id;
}

function take(
  jobId: string,
  changes: { region?: string; signal?: AbortSignal; waits?: (string | undefined)[] } = {}
): Promise<ImportSlot | undefined> {
  return takeImportSlot({
    store,
    jobId,
    account: '123456789012',
    region: changes.region ?? 'us-east-1',
    onWaiting: waitsFor => changes.waits?.push(waitsFor),
    signal: changes.signal ?? new AbortController().signal
  });
}

describe('the queue of imports', () => {
  it('lets one at a time go, in the order of asking, and tells for whom the others wait', async () => {
    const order: string[] = [];
    const waits: Record<string, (string | undefined)[]> = {};
    const running = [];
    const ids = ['import-a-1', 'import-b-1', 'import-c-1', 'import-d-1'];
    const othersWait = (): boolean => ids.slice(1).every(id => (waits[id] ?? []).length > 0);
    for (const id of ids) {
      await job(id);
      running.push(
        take(id, { waits: (waits[id] = []) }).then(async slot => {
          order.push(`${id} in`);
          await delay(100);
          // The first one stays until all others have asked, however slow the machine is.
          while (!othersWait()) {
            await delay(10);
          }
          order.push(`${id} out`);
          await slot?.release();
        })
      );
      await delay(30);
    }
    await Promise.all(running);
    expect(order).toEqual(
      ['a', 'b', 'c', 'd'].flatMap(name => [`import-${name}-1 in`, `import-${name}-1 out`])
    );
    expect(waits['import-a-1']).toEqual([]);
    expect(waits['import-b-1']).toEqual(['import-a-1']);
    expect(waits['import-d-1']?.at(-1)).toBe('import-c-1');
  });

  it('does not hold up another Region', async () => {
    const first = await take(await job('import-a-1'));
    const second = await take(await job('import-b-1'), { region: 'eu-west-1' });
    expect([first, second].every(slot => slot !== undefined)).toBe(true);
    await first?.release();
    await second?.release();
  });

  it('passes over those that have died, waiting or importing', async () => {
    const first = await take(await job('import-a-1'));
    await first?.release();
    const queue = join(folder, 'queue', 'import-123456789012-us-east-1');
    await writeFile(join(queue, '00000000000001-import-gone-1.ticket'), '');
    await writeFile(join(queue, 'stray'), '');
    const gone = { version: 1, ...ownIdentity(), pid: 4_000_000, token: 'x', holder: 'gone' };
    await writeFile(join(queue, 'lease.json'), JSON.stringify(gone));
    const slot = await take(await job('import-b-1'));
    expect(slot).toBeDefined();
    await slot?.release();
    expect((await readdir(queue)).filter(name => name.endsWith('.ticket'))).toEqual([]);
  });

  it('is left by one that is stopped', async () => {
    const first = await take(await job('import-a-1'));
    const stop = new AbortController();
    const waiting = take(await job('import-b-1'), { signal: stop.signal });
    setTimeout(() => stop.abort(), 150);
    await expect(waiting).rejects.toMatchObject({ kind: 'cancelled' });
    await first?.release();
    const third = await take(await job('import-c-1'));
    expect(third).toBeDefined();
    await third?.release();
  });

  it('stops nobody where it cannot be kept', async () => {
    await rm(folder, { recursive: true });
    await writeFile(folder, '');
    expect(await take('import-a-1')).toBeUndefined();
    await rm(folder);
  });
});
