import { cancelJob, listJobs, pauseJob, planCancel, planRemove, removeJob } from '../../protocol';
import type { JobFact } from '../../protocol';
import { EngineFailure } from '../connection';
import { FakeEngine } from '../testing/fakeEngine';
import { JobNotifier, shortened } from './jobNotifier';
import { JobsModel } from './jobsModel';
import { actionsFor, inOrder } from './jobWords';
import { jobFact } from './testing/jobFacts';

const PLAN = { running: true, uploads: [], keeps: 's3://bucket/model/', cannotUndo: [] };

async function settle(): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, 0));
}

function setUp() {
  const engine = new FakeEngine().onQuery(listJobs, () => [jobFact()]);
  const model = new JobsModel(engine);
  return { engine, model };
}

describe('the list of jobs', () => {
  it('asks nothing before the engine is ready, and again on every connection', async () => {
    const { engine, model } = setUp();
    await settle();
    expect(engine.sent).toEqual([]);
    expect(model.isLoaded).toBe(false);
    engine.becomeReady();
    await settle();
    expect(model.jobs.map(({ id }) => id)).toEqual(['import-model']);
    engine.setState({ status: 'connecting' });
    expect(model.jobs).toHaveLength(1);
    engine.becomeReady();
    await settle();
    expect(engine.sent.filter(({ method }) => method === 'jobs/list')).toHaveLength(2);
  });

  it('puts first what somebody has to look at', () => {
    const jobs = inOrder([
      jobFact({ id: 'old', state: 'done', createdAt: '2026-01-01T00:00:00Z' }),
      jobFact({ id: 'new', state: 'done', createdAt: '2026-02-01T00:00:00Z' }),
      jobFact({ id: 'paused', state: 'paused' }),
      jobFact({ id: 'failed', state: 'failed' }),
      jobFact({ id: 'waiting', state: 'waiting' }),
      jobFact({ id: 'running', state: 'running' })
    ]);
    expect(jobs.map(({ id }) => id)).toEqual([
      'running',
      'waiting',
      'failed',
      'paused',
      'new',
      'old'
    ]);
  });

  it('follows what runs, and stops when it rests', async () => {
    const { engine, model } = setUp();
    engine.becomeReady();
    await settle();
    expect(engine.followed.has('import-model')).toBe(true);
    engine.followed.get('import-model')?.({
      seq: 1,
      at: '2026-11-28T10:00:00Z',
      type: 'wait',
      reason: 'The network is down.',
      waitedMs: 1
    });
    await new Promise(resolve => setTimeout(resolve, 150));
    expect(model.storyOf('import-model')?.wait?.reason).toBe('The network is down.');
    engine.jobsChanged.emit([jobFact({ state: 'done' })]);
    expect(model.storyOf('import-model')).toBeUndefined();
  });

  it('does one thing with a job at a time', async () => {
    const { engine, model } = setUp();
    let finish: (() => void) | undefined;
    engine.on(pauseJob, () => {
      return new Promise(resolve => {
        finish = () => resolve(jobFact({ state: 'paused' }));
      });
    });
    engine.becomeReady();
    const pausing = model.pause('import-model');
    await model.pause('import-model');
    await model.resume('import-model');
    expect(model.pendingOf('import-model')).toBe('pause');
    expect(engine.sent.filter(({ method }) => /pause|resume/.test(method))).toHaveLength(1);
    finish?.();
    await pausing;
    expect(model.pendingOf('import-model')).toBeUndefined();
  });

  it('shows at the job why something could not be done, until it is tried again', async () => {
    const { engine, model } = setUp();
    engine.on(pauseJob, () => {
      throw new EngineFailure({
        code: 'JOB_DOES_NOT_ANSWER',
        message: 'It does not answer.',
        nextStep: 'Wait.',
        kind: 'failed'
      });
    });
    engine.becomeReady();
    await model.pause('import-model');
    expect(model.failureOf('import-model')?.message).toBe('It does not answer.');
    engine.on(pauseJob, () => jobFact({ state: 'paused' }));
    await model.pause('import-model');
    expect(model.failureOf('import-model')).toBeUndefined();
  });

  it('cancels and removes only what was shown and agreed to', async () => {
    const { engine, model } = setUp();
    const removePlan = { folder: '/jobs/x', files: [], keeps: 's3://bucket/model/', uploads: [] };
    engine
      .on(planCancel, () => PLAN)
      .on(cancelJob, () => jobFact({ state: 'cancelled' }))
      .on(planRemove, () => removePlan)
      .on(removeJob, () => null);
    engine.becomeReady();
    const shown: unknown[] = [];
    const answer = (yes: boolean) => async (plan: unknown) => {
      shown.push(plan);
      return yes;
    };
    await model.cancel('import-model', answer(false));
    await model.remove('import-model', answer(false));
    expect(shown).toEqual([PLAN, removePlan]);
    expect(engine.sent.some(({ method }) => /^jobs\/(cancel|remove)$/.test(method))).toBe(false);
    await model.cancel('import-model', answer(true));
    await model.remove('import-model', answer(true));
    expect(engine.sent.filter(({ method }) => /^jobs\/(cancel|remove)$/.test(method))).toHaveLength(
      2
    );
  });

  it('prefers what the engine tells to a list that was asked for before', async () => {
    const { engine, model } = setUp();
    engine.becomeReady();
    await settle();
    let answer: ((jobs: JobFact[]) => void) | undefined;
    engine.onQuery(listJobs, () => {
      return new Promise(resolve => {
        answer = resolve;
      });
    });
    const refreshing = model.refresh();
    await settle();
    engine.jobsChanged.emit([jobFact({ state: 'done' })]);
    answer?.([jobFact()]);
    await refreshing;
    expect(model.jobs[0]?.state).toBe('done');
  });

  it('forgets what could not be done when the job has come to another state', async () => {
    const { engine, model } = setUp();
    engine.becomeReady();
    await settle();
    await model.pause('import-model');
    expect(model.failureOf('import-model')).toBeDefined();
    engine.jobsChanged.emit([jobFact({ updatedAt: '2026-11-28T10:01:00.000Z' })]);
    expect(model.failureOf('import-model')).toBeDefined();
    engine.jobsChanged.emit([jobFact({ state: 'done' })]);
    expect(model.failureOf('import-model')).toBeUndefined();
  });

  it('hears nothing any more when it is disposed', async () => {
    const { engine, model } = setUp();
    engine.becomeReady();
    await settle();
    model.dispose();
    engine.sent.length = 0;
    engine.becomeReady();
    engine.jobsChanged.emit([]);
    await settle();
    expect(engine.sent).toEqual([]);
    expect(model.jobs).toHaveLength(1);
  });
});

describe('what can be done with a job', () => {
  it('is what makes sense in its state', () => {
    expect(actionsFor('running')).toEqual(['pause', 'cancel']);
    expect(actionsFor('failed')).toEqual(['resume', 'cancel', 'remove']);
    expect(actionsFor('done')).toEqual(['remove']);
  });
});

describe('news of jobs', () => {
  it('are told once, of jobs that were seen at work', async () => {
    const { engine, model } = setUp();
    const told: string[] = [];
    const notifier = new JobNotifier(model, ({ id, state }) => told.push(`${id} ${state}`));
    engine.becomeReady();
    const step = (...jobs: Parameters<typeof jobFact>[0][]): void =>
      engine.jobsChanged.emit(jobs.map(job => jobFact(job)));
    step({ id: 'before', state: 'done' }, { id: 'a' }, { id: 'b', state: 'waiting' }, { id: 'c' });
    // The engine breaks down and goes on.
    step({ id: 'a', state: 'interrupted' }, { id: 'b', state: 'waiting' }, { id: 'c' });
    step({ id: 'a' }, { id: 'b' }, { id: 'c', state: 'cancelled' });
    step({ id: 'a', state: 'done' }, { id: 'b', state: 'failed' }, { id: 'c', state: 'cancelled' });
    step({ id: 'a', state: 'done' }, { id: 'b', state: 'failed' });
    expect(told.sort()).toEqual(['a done', 'b failed']);
    notifier.dispose();
    step({ id: 'a' });
    step({ id: 'a', state: 'done' });
    expect(told).toHaveLength(2);
  });

  it('fit into a toast', () => {
    expect(shortened('x'.repeat(140))).toHaveLength(140);
    expect(shortened('x'.repeat(400))).toBe(`${'x'.repeat(139)}…`);
  });
});
