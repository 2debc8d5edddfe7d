import { VDomModel } from '@jupyterlab/ui-components';

import {
  cancelJob,
  listJobs,
  pauseJob,
  planCancel,
  planRemove,
  removeJob,
  resumeJob
} from '../../protocol';
import type { CancelPlan, Failure, JobFact, RemovePlan } from '../../protocol';
import { isCancelled, toFailure } from '../connection';
import type { EngineState } from '../connection';
import type { IEngine } from '../tokens';
import { JobFeeds } from './jobFeed';
import type { JobFeed } from './jobFeed';
import type { JobStory } from './jobStory';
import { inOrder, isActive } from './jobWords';
import type { JobAction } from './jobWords';

/** The jobs of this machine, and what can be done with them. */
export class JobsModel extends VDomModel {
  readonly feeds: JobFeeds;
  private _jobs: readonly JobFact[] = [];
  private _isLoaded = false;
  private _failure: Failure | undefined;
  /** Counts what the engine has told of by itself. */
  private newsCount = 0;
  private readonly pending = new Map<string, JobAction>();
  private readonly failures = new Map<string, Failure>();
  /** Jobs whose events the list shows. */
  private readonly followed = new Map<string, JobFeed>();

  constructor(private readonly engine: IEngine) {
    super();
    this.feeds = new JobFeeds(engine);
    engine.stateChanged.connect(this.onEngineState, this);
    engine.jobsChanged.connect(this.onJobsChanged, this);
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    super.dispose();
    this.engine.stateChanged.disconnect(this.onEngineState, this);
    this.engine.jobsChanged.disconnect(this.onJobsChanged, this);
    [...this.followed.keys()].forEach(id => this.unfollow(id));
  }

  /** What somebody has to look at first. */
  get jobs(): readonly JobFact[] {
    return this._jobs;
  }

  /** Whether the list is known, be it empty. */
  get isLoaded(): boolean {
    return this._isLoaded;
  }

  /** Why the list is not known. */
  get failure(): Failure | undefined {
    return this._failure;
  }

  titleOf(id: string): string {
    return this._jobs.find(job => job.id === id)?.title ?? id;
  }

  get isReady(): boolean {
    return this.engine.state.status === 'ready';
  }

  /** What is being done with a job right now. */
  pendingOf(id: string): JobAction | undefined {
    return this.pending.get(id);
  }

  /** Why the last thing that was to be done with a job could not be done. */
  failureOf(id: string): Failure | undefined {
    return this.failures.get(id);
  }

  /** What has happened in a job that runs or waits. */
  storyOf(id: string): JobStory | undefined {
    return this.followed.get(id)?.story;
  }

  async refresh(): Promise<void> {
    if (!this.isReady) {
      return;
    }
    const newsBefore = this.newsCount;
    try {
      const jobs = await this.engine.query(listJobs);
      // What was told meanwhile may be newer than this answer, and never is older for long.
      if (this.newsCount === newsBefore) {
        this.take(jobs);
      }
    } catch (error) {
      if (!isCancelled(error)) {
        this._failure = toFailure(error);
        this.stateChanged.emit();
      }
    }
  }

  pause(id: string): Promise<void> {
    return this.act(id, 'pause', () => this.engine.request(pauseJob, { id }));
  }

  resume(id: string): Promise<void> {
    return this.act(id, 'resume', () => this.engine.request(resumeJob, { id }));
  }

  /** Ends a job after `confirm` has been shown what that does. */
  cancel(id: string, confirm: (plan: CancelPlan) => Promise<boolean>): Promise<void> {
    return this.act(id, 'cancel', async () => {
      if (await confirm(await this.engine.request(planCancel, { id }))) {
        await this.engine.request(cancelJob, { id });
      }
    });
  }

  /** Takes a job off the list after `confirm` has been shown what that does. */
  remove(id: string, confirm: (plan: RemovePlan) => Promise<boolean>): Promise<void> {
    return this.act(id, 'remove', async () => {
      if (await confirm(await this.engine.request(planRemove, { id }))) {
        await this.engine.request(removeJob, { id });
      }
    });
  }

  /** Does one thing with a job at a time; a second click does nothing. */
  private async act(id: string, action: JobAction, work: () => Promise<unknown>): Promise<void> {
    if (this.pending.has(id)) {
      return;
    }
    this.pending.set(id, action);
    this.failures.delete(id);
    this.stateChanged.emit();
    try {
      await work();
      await this.refresh();
    } catch (error) {
      if (!isCancelled(error)) {
        this.failures.set(id, toFailure(error));
      }
    } finally {
      this.pending.delete(id);
      this.stateChanged.emit();
    }
  }

  private onEngineState(_: IEngine, state: EngineState): void {
    if (state.status === 'ready') {
      void this.refresh();
    }
    this.stateChanged.emit();
  }

  private onJobsChanged(_: IEngine, jobs: JobFact[]): void {
    this.newsCount += 1;
    this.take(jobs);
  }

  private take(jobs: readonly JobFact[]): void {
    if (this.isDisposed) {
      return;
    }
    const stateBefore = new Map(this._jobs.map(({ id, state }) => [id, state]));
    this._jobs = inOrder(jobs);
    this._isLoaded = true;
    this._failure = undefined;
    const active = new Set(jobs.filter(isActive).map(({ id }) => id));
    active.forEach(id => this.follow(id));
    [...this.followed.keys()].filter(id => !active.has(id)).forEach(id => this.unfollow(id));
    for (const id of this.failures.keys()) {
      // What could not be done with a job in another state says nothing any more.
      if (jobs.find(job => job.id === id)?.state !== stateBefore.get(id)) {
        this.failures.delete(id);
      }
    }
    this.stateChanged.emit();
  }

  private follow(id: string): void {
    if (!this.followed.has(id)) {
      const feed = this.feeds.acquire(id);
      feed.changed.connect(this.onStory, this);
      this.followed.set(id, feed);
    }
  }

  private unfollow(id: string): void {
    this.followed.get(id)?.changed.disconnect(this.onStory, this);
    this.followed.delete(id);
    this.feeds.release(id);
  }

  private onStory(): void {
    this.stateChanged.emit();
  }
}
