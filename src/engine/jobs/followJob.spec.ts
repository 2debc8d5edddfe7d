import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobStore } from '.';
import type { JobEvent, JobEventBody } from '.';
import type { LiveJob } from './liveJob';
import { QUICK } from './testing/jobTrial';
import { sampleJob } from './testing/sampleJob';

const ID = 'copy-a-1';
let folder: string;
/** In the process that runs the job. */
let store: JobStore;
/** In another one, as far as the two can tell. */
let elsewhere: JobStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'follow-'));
  store = await JobStore.open(folder, { timing: QUICK });
  elsewhere = await JobStore.open(folder, { timing: QUICK });
  await store.put(sampleJob(ID));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function collect(events: AsyncIterable<JobEvent>): Promise<JobEvent[]> {
  const all: JobEvent[] = [];
  for await (const event of events) {
    all.push(event);
  }
  return all;
}

const progress = (movedBytes: number): JobEventBody => ({
  type: 'progress',
  progress: {
    phase: 'copy',
    totalBytes: 100,
    movedBytes,
    bytesPerSecond: 1,
    meanBytesPerSecond: 1,
    filesTotal: 1,
    filesDone: 0,
    filesProved: 0,
    retries: 0,
    retryCauses: {},
    connections: 1
  }
});

async function work(live: LiveJob, end: JobEventBody): Promise<void> {
  await live.record({ type: 'state', state: 'running' });
  for (let moved = 1; moved <= 20; moved++) {
    live.emit(progress(moved));
    live.emit({ type: 'warning', message: `after ${moved}` });
    await new Promise(resolve => setTimeout(resolve, 10));
  }
  await live.record(end);
  await store.letGo(live);
}

describe('following a job', () => {
  it('gives everybody the whole journal, here and in other processes, from any point', async () => {
    const live = await store.hold(ID);
    const followers = [1, 1, 5, 12, 23, 1000].flatMap(from => [
      collect(store.follow(ID, { from })),
      collect(elsewhere.follow(ID, { from }))
    ]);
    await work(live, { type: 'state', state: 'done' });
    const journal = await store.events(ID);
    expect(journal.at(-1)).toMatchObject({ type: 'state', state: 'done', seq: journal.length });
    const told = await Promise.all(followers);
    [1, 1, 5, 12, 23, 1000].forEach((from, index) => {
      const [here = [], there = []] = told.slice(2 * index, 2 * index + 2);
      expect(there).toEqual(journal.filter(({ seq }) => seq >= from));
      const journalled = new Set(journal.map(({ at, seq, type }) => `${at} ${seq} ${type}`));
      expect(here.filter(({ at, seq, type }) => journalled.has(`${at} ${seq} ${type}`))).toEqual(
        there
      );
    });
    // Progress every time here, but rarely in the journal.
    const shown = (told[0] ?? []).filter(({ type }) => type === 'progress');
    expect(shown.length).toBeGreaterThan(15);
    expect(journal.filter(({ type }) => type === 'progress')).toHaveLength(1);
  });

  it('goes on from the last event that was seen, without a gap or a repetition', async () => {
    const live = await store.hold(ID);
    const working = work(live, { type: 'state', state: 'failed' });
    const seen: JobEvent[] = [];
    for (let end = false; !end;) {
      // A front end that loses its connection after every few events.
      let left = 3;
      for await (const event of elsewhere.follow(ID, { from: (seen.at(-1)?.seq ?? 0) + 1 })) {
        seen.push(event);
        end = event.type === 'state' && event.state === 'failed';
        left -= 1;
        if (left === 0) {
          break;
        }
      }
    }
    await working;
    expect(seen).toEqual(await store.events(ID));
  });

  it.each(['done', 'failed', 'cancelled', 'paused'] as const)(
    'ends at once when the job is %s already',
    async state => {
      const live = await store.hold(ID);
      await live.record({ type: 'state', state });
      await store.letGo(live);
      expect((await collect(elsewhere.follow(ID))).map(({ seq }) => seq)).toEqual([1, 2]);
      expect(await collect(elsewhere.follow(ID, { from: 3 }))).toEqual([]);
    }
  );

  it('ends when nobody runs the job any more, and says so', async () => {
    const live = await store.hold(ID);
    await live.record({ type: 'state', state: 'running' });
    const follower = collect(elsewhere.follow(ID));
    await store.letGo(live);
    const events = await follower;
    expect(events.at(-1)).toMatchObject({ type: 'state', state: 'interrupted', seq: 2 });
    expect(events).toHaveLength(3);
  });

  it('waits for the run that is about to begin', async () => {
    const first = await store.hold(ID);
    await first.record({ type: 'state', state: 'interrupted' });
    await store.letGo(first);
    const started = new AbortController();
    const isStarting = (): boolean => {
      // Asked, so the follower is there; only now the job is held.
      started.abort();
      return true;
    };
    const follower = collect(elsewhere.follow(ID, { isStarting }));
    await new Promise(resolve => started.signal.addEventListener('abort', resolve));
    const second = await store.hold(ID);
    await work(second, { type: 'state', state: 'done' });
    expect((await follower).at(-1)).toMatchObject({ type: 'state', state: 'done' });
  });

  it('goes on over a change of the one that runs it', async () => {
    const first = await store.hold(ID);
    await first.record({ type: 'state', state: 'running' });
    const followers = [collect(store.follow(ID)), collect(elsewhere.follow(ID))];
    await store.letGo(first);
    const second = await elsewhere.hold(ID);
    await second.record({ type: 'state', state: 'running' });
    await second.record({ type: 'state', state: 'done' });
    await elsewhere.letGo(second);
    for (const events of await Promise.all(followers)) {
      expect(events).toEqual(await store.events(ID));
    }
  });

  it('ends quietly when the follower is stopped', async () => {
    const live = await store.hold(ID);
    await live.record({ type: 'state', state: 'running' });
    const stop = new AbortController();
    const followers = [store, elsewhere].map(async one => {
      const seen: JobEvent[] = [];
      for await (const event of one.follow(ID, { signal: stop.signal })) {
        seen.push(event);
        stop.abort();
      }
      return seen;
    });
    expect((await Promise.all(followers)).every(seen => seen.length > 0)).toBe(true);
    await store.letGo(live);
  });
});
