import { VDomModel } from '@jupyterlab/ui-components';

import { getJob } from '../../protocol';
import type { Failure, JobDetails, JobFact } from '../../protocol';
import { isCancelled, toFailure } from '../connection';
import type { EngineState } from '../connection';
import type { IEngine } from '../tokens';
import type { JobFeed } from './jobFeed';
import type { JobStory } from './jobStory';
import type { JobsModel } from './jobsModel';

/** One job in full: what is kept of it, and what happens in it. */
export class JobTabModel extends VDomModel {
  private _details: JobDetails | undefined;
  private _failure: Failure | undefined;
  private readonly feed: JobFeed;
  private readonly fetching = new AbortController();
  private toldState: string | undefined;
  private wasListed = false;
  private _isGone = false;

  constructor(
    private readonly engine: IEngine,
    readonly jobs: JobsModel,
    readonly id: string
  ) {
    super();
    this.feed = jobs.feeds.acquire(id);
    this.feed.changed.connect(this.onStory, this);
    jobs.stateChanged.connect(this.onJobs, this);
    engine.stateChanged.connect(this.onEngineState, this);
    void this.fetch();
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    super.dispose();
    this.fetching.abort();
    this.feed.changed.disconnect(this.onStory, this);
    this.jobs.stateChanged.disconnect(this.onJobs, this);
    this.engine.stateChanged.disconnect(this.onEngineState, this);
    this.jobs.feeds.release(this.id);
  }

  /** As the list has it, which is newer than the details. */
  get job(): JobFact | undefined {
    return this.jobs.jobs.find(({ id }) => id === this.id) ?? this._details;
  }

  /** It was there, and has been removed from the list. */
  get isGone(): boolean {
    return this._isGone;
  }

  get details(): JobDetails | undefined {
    return this._details;
  }

  get story(): JobStory {
    return this.feed.story;
  }

  get failure(): Failure | undefined {
    return this._failure ?? this.feed.failure;
  }

  private onStory(): void {
    // Checks, result and answer are written down when the job has come to another state.
    if (this.story.state !== this.toldState) {
      this.toldState = this.story.state;
      void this.fetch();
    }
    this.stateChanged.emit();
  }

  private onJobs(): void {
    const isListed = this.jobs.jobs.some(({ id }) => id === this.id);
    if (isListed && this._isGone) {
      // The same import was started once more.
      void this.fetch();
    }
    this._isGone = !isListed && (this._isGone || this.wasListed);
    this.wasListed = isListed;
    this.stateChanged.emit();
  }

  private onEngineState(_: IEngine, { status }: EngineState): void {
    if (status === 'ready') {
      void this.fetch();
    }
  }

  private async fetch(): Promise<void> {
    if (this.engine.state.status !== 'ready') {
      return;
    }
    try {
      this._details = await this.engine.request(
        getJob,
        { id: this.id },
        { signal: this.fetching.signal }
      );
      this._failure = undefined;
    } catch (error) {
      if (isCancelled(error)) {
        return;
      }
      this._failure = toFailure(error);
    }
    if (!this.isDisposed) {
      this.stateChanged.emit();
    }
  }
}
