import { Signal } from '@lumino/signaling';
import type { ISignal } from '@lumino/signaling';

import type { Failure, JobEvent, JobFact } from '../../protocol';
import { isCancelled, toFailure } from '../connection';
import type { EngineState } from '../connection';
import type { IEngine } from '../tokens';
import { NO_STORY, tellOn } from './jobStory';
import type { JobStory } from './jobStory';
import { isActive } from './jobWords';

/** Events that come together are shown together. */
const GATHER_MS = 100;

/** Codes after which following makes sense again when the engine is back. */
const LOST = ['CONNECTION_LOST', 'CANCELLED', 'SERVER_UNREACHABLE'];

/** Everything that happens in one job, through lost connections and restarts. */
export class JobFeed {
  private readonly _changed = new Signal<this, void>(this);
  private _story: JobStory = NO_STORY;
  private _failure: Failure | undefined;
  private gathered: JobEvent[] = [];
  private gatherTimer: number | undefined;
  private following: AbortController | undefined;
  /** The job rests as far as this page has heard. */
  private heardAll = false;

  constructor(
    private readonly engine: IEngine,
    readonly id: string
  ) {
    engine.stateChanged.connect(this.onEngineState, this);
    engine.jobsChanged.connect(this.onJobsChanged, this);
    this.follow();
  }

  get story(): JobStory {
    return this._story;
  }

  /** Why the job cannot be followed. */
  get failure(): Failure | undefined {
    return this._failure;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  dispose(): void {
    this.engine.stateChanged.disconnect(this.onEngineState, this);
    this.engine.jobsChanged.disconnect(this.onJobsChanged, this);
    window.clearTimeout(this.gatherTimer);
    this.following?.abort();
    Signal.clearData(this);
  }

  private onEngineState(_: IEngine, { status }: EngineState): void {
    if (status === 'ready') {
      this.follow();
    }
  }

  /** A job that rested as far as this page knows may run again, here or in another engine. */
  private onJobsChanged(_: IEngine, jobs: JobFact[]): void {
    const job = jobs.find(({ id }) => id === this.id);
    if (job !== undefined && (isActive(job) || job.state !== this._story.state)) {
      this.heardAll = false;
      this.follow();
    }
  }

  private follow(): void {
    if (this.engine.state.status === 'ready' && this.following === undefined && !this.heardAll) {
      void this.followNow();
    }
  }

  private async followNow(): Promise<void> {
    const following = new AbortController();
    this.following = following;
    try {
      await this.engine.followJob(this.id, {
        from: this._story.lastSeq + 1,
        signal: following.signal,
        onEvent: event => this.gather(event)
      });
      this.heardAll = true;
      this._failure = undefined;
    } catch (error) {
      const failure = toFailure(error);
      if (!isCancelled(error) && !LOST.includes(failure.code)) {
        this.heardAll = true;
        this._failure = failure;
      }
    } finally {
      if (this.following === following) {
        this.following = undefined;
        this.tell();
      }
    }
  }

  private gather(event: JobEvent): void {
    this.gathered.push(event);
    this.gatherTimer ??= window.setTimeout(() => this.tell(), GATHER_MS);
  }

  private tell(): void {
    window.clearTimeout(this.gatherTimer);
    this.gatherTimer = undefined;
    const events = this.gathered.filter(
      ({ seq, type }) => seq > this._story.lastSeq || type === 'progress'
    );
    this.gathered = [];
    if (events.length > 0) {
      this._story = tellOn(this._story, events);
    }
    this._changed.emit();
  }
}

/** One feed for each job, however many views show it: the engine is asked once. */
export class JobFeeds {
  private readonly feeds = new Map<string, { feed: JobFeed; users: number }>();

  constructor(private readonly engine: IEngine) {}

  /** To be released once. */
  acquire(id: string): JobFeed {
    const known = this.feeds.get(id);
    if (known !== undefined) {
      known.users += 1;
      return known.feed;
    }
    const feed = new JobFeed(this.engine, id);
    this.feeds.set(id, { feed, users: 1 });
    return feed;
  }

  release(id: string): void {
    const known = this.feeds.get(id);
    if (known === undefined) {
      return;
    }
    known.users -= 1;
    if (known.users === 0) {
      this.feeds.delete(id);
      known.feed.dispose();
    }
  }
}
