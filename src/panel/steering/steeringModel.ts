import type { Poll } from '@lumino/polling';

import {
  getMachine,
  getSteering,
  planCacheMove,
  startCacheMove,
  steer,
  unsteer
} from '../../protocol';
import type {
  CacheMovePlan,
  EnvironmentFacts,
  Failure,
  JobFact,
  JobState,
  Machine,
  Steering
} from '../../protocol';
import { createPoll, EngineModel, isCancelled, Loader, toFailure } from '../connection';
import type { EngineState } from '../connection';
import type { IEngine } from '../tokens';
import type { RunningEnvironment } from './runningEnvironment';

/** Kernels and terminals come and go without telling this page of those that others started. */
const POLL_MS = 10_000;

export type SteeringAction = 'steer' | 'unsteer' | 'plan' | 'move';

/** Where tools keep large files, and what can be done about it. It asks for nothing before the engine is ready. */
export class SteeringModel extends EngineModel {
  readonly machine = this.loader<Machine>();
  readonly steering = this.loader<Steering>();
  readonly running = this.loader<EnvironmentFacts>();
  private readonly poll: Poll;
  private readonly ending = new AbortController();
  private shown = false;
  /** Whether what the engine knows has to be asked for again. */
  private stale = true;
  private _pending: SteeringAction | undefined;
  private _done: 'steer' | 'unsteer' | undefined;
  private _failed: { action: SteeringAction; failure: Failure } | undefined;
  private _movePlan: CacheMovePlan | undefined;
  private _moveJob: string | undefined;
  /** Jobs that move a cache, with their states: what they do changes what is steered. */
  private moves = new Map<string, JobState>();

  constructor(
    engine: IEngine,
    private readonly environment: RunningEnvironment
  ) {
    super(engine);
    this.poll = createPoll('steering', POLL_MS, () => this.askRunning());
    engine.stateChanged.connect(this.onEngineState, this);
    engine.jobsChanged.connect(this.onJobs, this);
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this.engine.stateChanged.disconnect(this.onEngineState, this);
    this.engine.jobsChanged.disconnect(this.onJobs, this);
    this.poll.dispose();
    super.dispose();
    this.ending.abort();
    this.loaders.forEach(loader => loader.cancel());
  }

  /** What keeps the page from the engine; the panel tells more. */
  get connection(): EngineState {
    return this.engine.state;
  }

  /** What is being done right now. */
  get pending(): SteeringAction | undefined {
    return this._pending;
  }

  /** What was done last, since the tab was opened. */
  get done(): 'steer' | 'unsteer' | undefined {
    return this._done;
  }

  /** Why the last thing that was to be done could not be done. */
  failureOf(...actions: SteeringAction[]): Failure | undefined {
    return this._failed !== undefined && actions.includes(this._failed.action)
      ? this._failed.failure
      : undefined;
  }

  /** What moving the cache would do; set after `planMove`. */
  get movePlan(): CacheMovePlan | undefined {
    return this._movePlan;
  }

  /** The job that moves the cache. */
  get moveJob(): string | undefined {
    return this._moveJob;
  }

  /** How far that job is, once the engine has told. */
  get moveState(): JobState | undefined {
    return this._moveJob === undefined ? undefined : this.moves.get(this._moveJob);
  }

  /** Says whether the tab is in sight. */
  setShown(shown: boolean): void {
    if (shown !== this.shown) {
      this.shown = shown;
      // Others may have steered meanwhile, such as a terminal.
      this.stale ||= shown;
      this.look();
    }
  }

  /** Asks for everything again. */
  refresh(): void {
    if (this.isReady) {
      this.askFacts();
      void this.askRunning();
    }
  }

  /** Gives new kernels and terminals the variables, after `confirm` has been shown what changes. */
  steer(confirm: (steering: Steering) => Promise<boolean>): Promise<void> {
    return this.change('steer', confirm, signal => this.engine.query(steer, { signal }));
  }

  /** Takes the variables back, after `confirm` has been shown what that means. */
  unsteer(confirm: (steering: Steering) => Promise<boolean>): Promise<void> {
    return this.change('unsteer', confirm, signal => this.engine.query(unsteer, { signal }));
  }

  /** Finds out what moving the cache would do. */
  planMove(): Promise<void> {
    return this.act('plan', async signal => {
      this._moveJob = undefined;
      this._movePlan = await this.engine.request(planCacheMove, {}, { signal });
    });
  }

  forgetMove(): void {
    this._movePlan = undefined;
    this.changed();
  }

  /** Starts the job that moves the cache. @returns its id; undefined when it was not started */
  async move(confirm: (plan: CacheMovePlan) => Promise<boolean>): Promise<string | undefined> {
    const plan = this._movePlan;
    let started: string | undefined;
    await this.act('move', async signal => {
      if (plan !== undefined && (await confirm(plan))) {
        const { jobId } = await this.engine.request(
          startCacheMove,
          { shown: { from: plan.from, to: plan.to } },
          { signal }
        );
        started = jobId;
        this._moveJob = jobId;
        this._movePlan = undefined;
      }
    });
    return started;
  }

  private change(
    action: 'steer' | 'unsteer',
    confirm: (steering: Steering) => Promise<boolean>,
    work: (signal: AbortSignal) => Promise<Steering>
  ): Promise<void> {
    return this.act(action, async signal => {
      // What is confirmed is what is there now, not what was when the tab was opened.
      const now = await this.engine.query(getSteering, { signal });
      if (await confirm(now)) {
        const after = await work(signal);
        this._done = action;
        await this.steering.load(() => Promise.resolve(after));
        await this.askRunning();
      } else {
        await this.steering.load(() => Promise.resolve(now));
      }
    });
  }

  /** Does one thing at a time; a second click does nothing. */
  private async act(
    action: SteeringAction,
    work: (signal: AbortSignal) => Promise<void>
  ): Promise<void> {
    if (this._pending !== undefined) {
      return;
    }
    this._pending = action;
    this._failed = undefined;
    this._done = undefined;
    this.changed();
    try {
      await work(this.ending.signal);
    } catch (error) {
      if (!isCancelled(error)) {
        this._failed = { action, failure: toFailure(error) };
      }
    } finally {
      this._pending = undefined;
      this.changed();
    }
  }

  private get loaders(): Loader<unknown>[] {
    return [this.machine, this.steering, this.running];
  }

  private look(): void {
    if (!this.shown || !this.isReady) {
      void this.poll.stop();
      return;
    }
    if (this.stale) {
      this.stale = false;
      this.askFacts();
    }
    void this.poll.start();
  }

  private askFacts(): void {
    void this.machine.load(signal => this.engine.query(getMachine, { signal }));
    void this.steering.load(signal => this.engine.query(getSteering, { signal }));
  }

  private async askRunning(): Promise<void> {
    await this.running.load(signal => this.environment.read(signal));
  }

  private onEngineState(_: IEngine, { status }: EngineState): void {
    if (status !== 'ready') {
      this.stale = true;
      // The engine that was asked answers no more.
      this.machine.cancel();
      this.steering.cancel();
    }
    this.look();
    this.changed();
  }

  private onJobs(_: IEngine, jobs: JobFact[]): void {
    const moves = new Map(
      jobs.filter(({ kind }) => kind === 'move').map(({ id, state }) => [id, state])
    );
    const hasNews = [...moves].some(([id, state]) => this.moves.get(id) !== state);
    this.moves = moves;
    if (hasNews) {
      this.stale = true;
      this.look();
      this.changed();
    }
  }
}
