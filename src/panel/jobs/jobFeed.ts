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
const LOST = ['CONNECTION_LOST', 'SERVER_UNREACHABLE'];

/** Everything that happens in one job, through lost connections and restarts. */
export class JobFeed {
  private readonly _changed = new Signal<this, void>(this);
  private _story: JobStory = NO_STORY;
  private _failure: Failure | undefined;
  private gathered: JobEvent[] = [];
  private gatherTimer: number | undefined;
  private following: AbortController | undefined;
  private followed: Promise<void> | undefined;
  private isDisposed = false;
  /** The job rests as far as this page has heard. */
  private heardAll = false;
  /** Tells a job from one that was made anew under the same id after it was removed. */
  private createdAt: string | undefined;

  constructor(
    private readonly engine: IEngine,
    readonly id: string,
    /** The engine is told of one follower of a job at a time. */
    private readonly before?: Promise<void>
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

  /** Settles when nobody follows the job any more. */
  async dispose(): Promise<void> {
    this.isDisposed = true;
    this.engine.stateChanged.disconnect(this.onEngineState, this);
    this.engine.jobsChanged.disconnect(this.onJobsChanged, this);
    window.clearTimeout(this.gatherTimer);
    this.following?.abort();
    Signal.clearData(this);
    await this.followed;
  }

  private onEngineState(_: IEngine, { status }: EngineState): void {
    if (status === 'ready') {
      this.follow();
    }
  }

  /** A job that rested as far as this page knows may run again, here or in another engine. */
  private onJobsChanged(_: IEngine, jobs: JobFact[]): void {
    const job = jobs.find(({ id }) => id === this.id);
    if (job === undefined) {
      return;
    }
    if (this.createdAt !== undefined && job.createdAt !== this.createdAt) {
      this.beginAnew();
    }
    this.createdAt = job.createdAt;
    if (isActive(job) || job.state !== this._story.state) {
      this.heardAll = false;
      this.follow();
    }
  }

  private beginAnew(): void {
    this.following?.abort();
    this.gathered = [];
    this._story = NO_STORY;
    this._failure = undefined;
    this.heardAll = false;
    this._changed.emit();
  }

  private follow(): void {
    if (this.engine.state.status === 'ready' && this.following === undefined && !this.heardAll) {
      this.followed = this.followNow();
    }
  }

  private async followNow(): Promise<void> {
    const following = new AbortController();
    const { signal } = following;
    this.following = following;
    try {
      if (this.before !== undefined) {
        await this.before;
      }
      await this.engine.followJob(this.id, {
        from: this._story.lastSeq + 1,
        signal,
        onEvent: event => {
          if (!signal.aborted) {
            this.gather(event);
          }
        }
      });
      this.heardAll = !signal.aborted;
    } catch (error) {
      const failure = toFailure(error);
      if (!signal.aborted && !isCancelled(error) && !LOST.includes(failure.code)) {
        this.heardAll = true;
        this._failure = failure;
      }
    } finally {
      this.following = undefined;
      if (!this.isDisposed) {
        this.tell();
        if (signal.aborted) {
          this.follow();
        }
      }
    }
  }

  private gather(event: JobEvent): void {
    this._failure = undefined;
    this.gathered.push(event);
    this.gatherTimer ??= window.setTimeout(() => this.tell(), GATHER_MS);
  }

  private tell(): void {
    window.clearTimeout(this.gatherTimer);
    this.gatherTimer = undefined;
    const events = onlyNew(this.gathered, this._story);
    this.gathered = [];
    if (events.length > 0) {
      this._story = tellOn(this._story, events);
    }
    this._changed.emit();
  }
}

/**
 * Progress, and a state that the engine found rather than read (nobody runs the job any more), come
 * with the number of the event before them.
 */
function onlyNew(events: readonly JobEvent[], story: JobStory): JobEvent[] {
  let { lastSeq, state } = story;
  return events.filter(event => {
    const isNew =
      event.seq > lastSeq ||
      event.type === 'progress' ||
      (event.type === 'state' && event.seq === lastSeq && event.state !== state);
    if (isNew) {
      lastSeq = Math.max(lastSeq, event.seq);
      state = event.type === 'state' ? event.state : state;
    }
    return isNew;
  });
}

/** One feed for each job, however many views show it: the engine is asked once. */
export class JobFeeds {
  private readonly feeds = new Map<string, { feed: JobFeed; users: number }>();
  /** Feeds of which the engine may not know yet that nobody needs them. */
  private readonly ending = new Map<string, Promise<void>>();

  constructor(private readonly engine: IEngine) {}

  /** To be released once. */
  acquire(id: string): JobFeed {
    const known = this.feeds.get(id);
    if (known !== undefined) {
      known.users += 1;
      return known.feed;
    }
    const feed = new JobFeed(this.engine, id, this.ending.get(id));
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
      const ending = known.feed.dispose().finally(() => {
        if (this.ending.get(id) === ending) {
          this.ending.delete(id);
        }
      });
      this.ending.set(id, ending);
    }
  }
}
