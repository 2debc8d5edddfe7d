import { VDomModel } from '@jupyterlab/ui-components';

import { getJob } from '../../protocol';
import type { Failure, JobDetails, JobFact } from '../../protocol';
import { Loader } from '../connection';
import type { EngineState } from '../connection';
import type { IEngine } from '../tokens';
import type { JobFeed } from './jobFeed';
import type { JobStory } from './jobStory';
import type { JobsModel } from './jobsModel';

/** One job in full: what is kept of it, and what happens in it. */
export class JobTabModel extends VDomModel {
  private readonly loader = new Loader<JobDetails>(() => this.changed());
  private readonly feed: JobFeed;
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
    this.fetch();
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    super.dispose();
    this.loader.clear();
    this.feed.changed.disconnect(this.onStory, this);
    this.jobs.stateChanged.disconnect(this.onJobs, this);
    this.engine.stateChanged.disconnect(this.onEngineState, this);
    this.jobs.feeds.release(this.id);
  }

  /** As the list has it, which is newer than the details. */
  get job(): JobFact | undefined {
    return this.jobs.jobs.find(({ id }) => id === this.id) ?? this.details;
  }

  /** It was there, and has been removed from the list. */
  get isGone(): boolean {
    return this._isGone;
  }

  get details(): JobDetails | undefined {
    return this.loader.value;
  }

  get story(): JobStory {
    return this.feed.story;
  }

  get failure(): Failure | undefined {
    const { state } = this.loader;
    return state.status === 'failed' ? state.failure : this.feed.failure;
  }

  private onStory(): void {
    // Checks, result and answer are written down when the job has come to another state.
    if (this.story.state !== this.toldState) {
      this.toldState = this.story.state;
      this.fetch();
    }
    this.stateChanged.emit();
  }

  private onJobs(): void {
    const isListed = this.jobs.jobs.some(({ id }) => id === this.id);
    if (isListed && this._isGone) {
      // The same import was started once more.
      this.fetch();
    }
    this._isGone = !isListed && (this._isGone || this.wasListed);
    this.wasListed = isListed;
    this.stateChanged.emit();
  }

  private onEngineState(_: IEngine, { status }: EngineState): void {
    if (status === 'ready') {
      this.fetch();
    }
  }

  private fetch(): void {
    if (this.engine.state.status === 'ready') {
      void this.loader.load(signal => this.engine.request(getJob, { id: this.id }, { signal }));
    }
  }

  private changed(): void {
    if (!this.isDisposed) {
      this.stateChanged.emit();
    }
  }
}
