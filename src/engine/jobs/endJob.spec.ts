import { tinyModel } from '../cli/testing/tinyModel';
import { cancelJob, createCopyJob, createImportJob, JobRunner, JobStore, pauseJob } from '.';
import { removeJob, reviewImport, runJob } from '.';
import type { JobEvent } from '.';
import { QUICK, startJobTrial } from './testing/jobTrial';
import type { JobTrial } from './testing/jobTrial';

const BIG = 'trial/big';

jest.setTimeout(90_000);

describe('ending jobs', () => {
  let trial: JobTrial;
  let number = 0;

  beforeAll(async () => {
    trial = await startJobTrial({
      models: { [BIG]: tinyModel({ shards: 2, paddingBytes: 48 * 2 ** 20 }) },
      args: ['--fault', 'import-seconds=2', '--bandwidth', '8MB']
    });
  });

  afterAll(() => trial.stop());

  async function newCopy(): Promise<{ store: JobStore; other: JobStore; id: string }> {
    const store = await trial.newStore();
    const prefix = `ending-${++number}`;
    const options = { ...trial.options, model: BIG, prefix };
    const { plan } = await reviewImport(trial.context, options);
    const { id } = await createCopyJob(store, plan);
    return { store, other: await JobStore.open(store.stateDirectory, { timing: QUICK }), id };
  }

  /** Runs a job until its first bytes have arrived. */
  async function underWay(
    store: JobStore,
    id: string
  ): Promise<{ ended: Promise<string>; events: JobEvent[] }> {
    const events: JobEvent[] = [];
    let moving: () => void = () => undefined;
    const moved = new Promise<void>(resolve => {
      moving = resolve;
    });
    const ended = runJob(trial.context, store, id, {
      onEvent: event => {
        events.push(event);
        if (event.type === 'progress' && event.progress.movedBytes > 0) {
          moving();
        }
      }
    }).then(({ state }) => state);
    await Promise.race([moved, ended]);
    return { ended, events };
  }

  it.each(['here', 'elsewhere'])('pauses a job that runs %s, and it goes on later', async where => {
    const { store, other, id } = await newCopy();
    const { ended } = await underWay(store, id);
    const paused = await pauseJob(where === 'here' ? store : other, id);
    expect(paused.state).toBe('paused');
    expect(await ended).toBe('paused');
    expect(await pauseJob(other, id)).toMatchObject({ state: 'paused' });
    const outcome = await runJob(trial.context, other, id);
    expect(outcome.state).toBe('done');
    await expect(pauseJob(other, id)).rejects.toMatchObject({ code: 'JOB_NOT_RUNNING' });
    await expect(cancelJob(trial.context, other, id)).rejects.toMatchObject({
      code: 'JOB_FINISHED'
    });
    expect(await trial.uploads()).toEqual([]);
  });

  it.each(['here', 'elsewhere', 'nowhere'])(
    'looks first, then cancels a job that runs %s and cleans up',
    async where => {
      const { store, other, id } = await newCopy();
      const { ended } = await underWay(store, id);
      if (where === 'nowhere') {
        await pauseJob(store, id);
        await ended;
      }
      const by = where === 'here' ? store : other;
      const looked = await cancelJob(trial.context, by, id);
      expect(looked).toMatchObject({
        done: false,
        plan: {
          id,
          running: where !== 'nowhere',
          keeps: expect.stringContaining('s3://') as string
        }
      });
      const before = await trial.uploads();
      expect(before.length).toBeGreaterThan(0);
      expect(looked.plan.uploads.map(({ key }) => key).sort()).toEqual(before.sort());
      expect((await store.read(id)).state).not.toBe('cancelled');

      const cancelled = await cancelJob(trial.context, by, id, { confirmed: true });
      expect(cancelled).toMatchObject({ done: true, job: { state: 'cancelled' } });
      expect(await ended).toBe(where === 'nowhere' ? 'paused' : 'cancelled');
      expect(await trial.uploads()).toEqual([]);
      const warnings = (await store.events(id)).map(event =>
        event.type === 'warning' ? event.message : ''
      );
      expect(warnings.join()).toContain('Unfinished uploads were aborted');
      await expect(runJob(trial.context, other, id)).rejects.toMatchObject({
        code: 'JOB_CANCELLED'
      });
      await cancelJob(trial.context, other, id, { confirmed: true });
    }
  );

  it('looks first, then removes a job that nobody runs', async () => {
    const { store, other, id } = await newCopy();
    const { ended } = await underWay(store, id);
    await expect(removeJob(trial.context, other, id)).rejects.toMatchObject({
      code: 'JOB_RUNNING_ELSEWHERE'
    });
    await pauseJob(other, id);
    await ended;
    const looked = await removeJob(trial.context, other, id);
    expect(looked).toMatchObject({ done: false, plan: { folder: store.folderOf(id) } });
    expect(looked.plan.uploads.length).toBeGreaterThan(0);
    expect(looked.plan.files.map(({ path }) => path.split('/').at(-1))).toEqual([
      'job.json',
      'journal.jsonl'
    ]);
    expect(await store.list()).toHaveLength(1);
    await cancelJob(trial.context, other, id, { confirmed: true });
    expect(await removeJob(trial.context, other, id, { confirmed: true })).toMatchObject({
      done: true,
      plan: { uploads: [] }
    });
    expect(await store.list()).toEqual([]);
  });

  it('says what cannot be undone while Bedrock imports', async () => {
    const store = await trial.newStore();
    const review = await reviewImport(trial.context, { ...trial.options, prefix: 'undone' });
    const { id } = await createImportJob(store, review);
    let looked: Promise<string[]> | undefined;
    const outcome = await runJob(trial.context, store, id, {
      onEvent: event => {
        if (event.type === 'stage' && event.stage === 'wait' && event.state === 'start') {
          looked = cancelJob(trial.context, store, id).then(async ({ plan }) => {
            await cancelJob(trial.context, store, id, { confirmed: true });
            return plan.cannotUndo;
          });
        }
      }
    });
    expect(outcome.state).toBe('cancelled');
    expect((await looked)?.join()).toContain('runs on in Bedrock');
  });
});

describe('a runner of jobs', () => {
  it('runs several, stops so that the next one goes on, and imports one after the other', async () => {
    const trial = await startJobTrial({
      args: ['--fault', 'import-seconds=1', '--fault', 'model-not-ready=0']
    });
    try {
      const store = await trial.newStore();
      const ids: string[] = [];
      for (const prefix of ['one', 'two']) {
        const review = await reviewImport(trial.context, { ...trial.options, prefix });
        ids.push((await createImportJob(store, review)).id);
      }
      const first = new JobRunner(trial.context, store);
      const seen = new Set<string>();
      const closing = new Promise<void>(resolve => {
        first.subscribe((id, event) => {
          seen.add(id);
          if (event.type === 'stage' && event.stage === 'wait') {
            resolve(first.close());
          }
        });
      });
      expect((await first.resumeUnfinished()).found.sort()).toEqual([...ids].sort());
      ids.forEach(id => first.start(id));
      ids.forEach(id => first.start(id));
      expect(first.ids).toEqual(ids);
      await closing;
      expect([...seen].sort()).toEqual([...ids].sort());
      expect(() => first.start('x')).toThrow('no more jobs');
      expect((await store.list()).map(({ state }) => state)).toEqual([
        'interrupted',
        'interrupted'
      ]);

      const next = new JobRunner(
        trial.context,
        await JobStore.open(store.stateDirectory, { timing: QUICK }),
        { resume: 'auto' }
      );
      const waitedFor: string[] = [];
      next.subscribe((_, event) => {
        if (event.type === 'stage' && event.waitsFor !== undefined) {
          waitedFor.push(event.waitsFor);
        }
      });
      const { started } = await next.resumeUnfinished();
      expect([...started].sort()).toEqual([...ids].sort());
      const outcomes = await Promise.all(started.map(async id => await next.outcome(id)));
      expect(outcomes.map(outcome => outcome?.state)).toEqual(['done', 'done']);
      expect(waitedFor).toHaveLength(1);
      expect((await next.resumeUnfinished()).found).toEqual([]);
      await next.close();
    } finally {
      await trial.stop();
    }
  });
});
