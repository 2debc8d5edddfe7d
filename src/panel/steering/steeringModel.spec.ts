import { getSteering, planCacheMove, startCacheMove, steer } from '../../protocol';
import type { JobState } from '../../protocol';
import { failing } from '../testing/failing';
import type { FakeEngine } from '../testing/fakeEngine';
import { jobFact } from '../testing/jobFact';
import { SteeringModel } from './steeringModel';
import { FakeEnvironment, MOVE, OFF, ON, steeringEngine } from './testing/steeringFacts';

let engine: FakeEngine;
let environment: FakeEnvironment;
let model: SteeringModel;
const yes = (): Promise<boolean> => Promise.resolve(true);
const no = (): Promise<boolean> => Promise.resolve(false);

beforeEach(() => {
  jest.useFakeTimers();
  engine = steeringEngine();
  environment = new FakeEnvironment();
  model = new SteeringModel(engine, environment);
});

afterEach(() => {
  model.dispose();
  jest.useRealTimers();
});

async function pass(seconds: number): Promise<void> {
  await jest.advanceTimersByTimeAsync(seconds * 1000);
}

async function show(): Promise<void> {
  model.setShown(true);
  engine.becomeReady();
  await pass(1);
}

function sent(): string[] {
  return engine.sent.map(({ method }) => method);
}

describe('the model of steering', () => {
  it('asks for nothing before it is shown and the engine is ready', async () => {
    await pass(60);
    engine.becomeReady();
    await pass(60);
    expect([sent(), environment.asked]).toEqual([[], 0]);
    model.setShown(true);
    await pass(1);
    expect(sent()).toEqual(['machine/get', 'steering/get']);
    expect(environment.asked).toBe(1);
    expect(engine.connects).toBe(0);
  });

  it('looks at kernels every ten seconds while it is shown, and at once when it is again', async () => {
    await show();
    await pass(30);
    expect(environment.asked).toBe(4);
    model.setShown(false);
    await pass(60);
    expect(environment.asked).toBe(4);
    model.setShown(true);
    await pass(1);
    expect(environment.asked).toBe(5);
    expect(sent().filter(method => method === getSteering.method)).toHaveLength(2);
  });

  it('asks for all of it again when the engine was away, or when it is told to', async () => {
    await show();
    engine.setState({ status: 'connecting' });
    await pass(30);
    expect(environment.asked).toBe(1);
    engine.becomeReady();
    await pass(1);
    expect([sent().length, environment.asked]).toEqual([4, 2]);
    model.refresh();
    await pass(1);
    expect([sent().length, environment.asked]).toEqual([6, 3]);
  });

  it('steers after what there is now was confirmed, and then looks at kernels', async () => {
    await show();
    engine.onQuery(getSteering, () => ({ ...OFF, notes: ['Newer.'] }));
    const confirm = jest.fn(yes);
    await model.steer(confirm);
    expect(confirm).toHaveBeenCalledWith({ ...OFF, notes: ['Newer.'] });
    expect(model.steering.value).toEqual(ON);
    expect([model.done, model.pending]).toEqual(['steer', undefined]);
    expect(environment.asked).toBe(2);
    await model.unsteer(yes);
    expect([model.steering.value, model.done]).toEqual([OFF, 'unsteer']);
  });

  it('sends nothing that changes anything unless it was confirmed', async () => {
    await show();
    await model.steer(no);
    await model.unsteer(no);
    await model.planMove();
    expect(await model.move(no)).toBeUndefined();
    expect(sent()).not.toContain('steering/steer');
    expect(sent()).not.toContain('steering/unsteer');
    expect(sent()).not.toContain('cache/startMove');
    expect(model.done).toBeUndefined();
  });

  it('does one thing at a time', async () => {
    await show();
    let answer = (_: boolean): void => undefined;
    const first = model.steer(() => new Promise(resolve => (answer = resolve)));
    await pass(0);
    expect(model.pending).toBe('steer');
    const second = jest.fn(yes);
    await model.unsteer(second);
    await model.planMove();
    expect(second).not.toHaveBeenCalled();
    expect(sent()).not.toContain('cache/planMove');
    answer(true);
    await first;
    expect(model.done).toBe('steer');
  });

  it('keeps why something could not be done until the next thing is', async () => {
    await show();
    engine.onQuery(steer, failing('DISK_FULL'));
    await model.steer(yes);
    expect(model.failureOf('steer', 'unsteer')?.code).toBe('DISK_FULL');
    expect(model.failureOf('plan', 'move')).toBeUndefined();
    expect(model.steering.value).toEqual(OFF);
    engine.on(planCacheMove, failing('NOTHING_TO_MOVE'));
    await model.planMove();
    expect(model.failureOf('steer')).toBeUndefined();
    expect(model.failureOf('plan')?.code).toBe('NOTHING_TO_MOVE');
  });

  it('plans the move of the cache, and starts just that as a job', async () => {
    await show();
    await model.planMove();
    expect(model.movePlan).toEqual(MOVE);
    const confirm = jest.fn(yes);
    expect(await model.move(confirm)).toBe('move-cache');
    expect(confirm).toHaveBeenCalledWith(MOVE);
    expect(engine.sent.at(-1)).toEqual({
      method: 'cache/startMove',
      params: { shown: { from: MOVE.from, to: MOVE.to } }
    });
    expect([model.movePlan, model.moveJob]).toEqual([undefined, 'move-cache']);
    await model.planMove();
    expect(model.moveJob).toBeUndefined();
    model.forgetMove();
    expect(model.movePlan).toBeUndefined();
    expect(await model.move(yes)).toBeUndefined();
  });

  it('follows the job that moves the cache, and looks at what it has steered', async () => {
    await show();
    await model.planMove();
    await model.move(yes);
    expect(model.moveState).toBeUndefined();
    const tell = async (state: JobState): Promise<number> => {
      engine.sent.length = 0;
      const job = { ...jobFact({ id: 'move-cache', state }), kind: 'move' as const };
      engine.jobsChanged.emit([job, jobFact()]);
      await pass(1);
      return sent().filter(method => method === getSteering.method).length;
    };
    expect(await tell('running')).toBe(1);
    expect(await tell('running')).toBe(0);
    expect(model.moveState).toBe('running');
    expect(await tell('done')).toBe(1);
    expect(model.moveState).toBe('done');
  });

  it('keeps the plan when the job could not be started', async () => {
    await show();
    engine.on(startCacheMove, failing('BUSY'));
    await model.planMove();
    expect(await model.move(yes)).toBeUndefined();
    expect([model.movePlan, model.failureOf('move')?.code]).toEqual([MOVE, 'BUSY']);
  });

  it('keeps what was known of kernels when they cannot be asked about', async () => {
    await show();
    const { value } = model.running;
    environment.answer = failing('SERVER_UNREACHABLE');
    await pass(10);
    expect(model.running.state).toMatchObject({ status: 'failed', value });
    environment.answer = () => value!;
    await pass(10);
    expect(model.running.state.status).toBe('ready');
  });

  it('asks nothing after its end', async () => {
    await show();
    const before = [sent().length, environment.asked];
    model.dispose();
    model.dispose();
    engine.setState({ status: 'connecting' });
    engine.becomeReady();
    await pass(60);
    expect([sent().length, environment.asked]).toEqual(before);
  });
});
