import type { Poll } from '@lumino/polling';

import { getDisk, listJobs } from '../../protocol';
import type { DiskSpace, JobFact } from '../../protocol';
import { createPoll, EngineModel, Loader } from '../connection';
import type { EngineState } from '../connection';
import { shortageOf } from '../diskSpace';
import type { Shortage } from '../diskSpace';
import type { IEngine } from '../tokens';
import { FillRate } from './fillRate';

const POLL_MS = 60_000;
/** While something is copied, which may be a download to this disk. */
const WHILE_COPYING_MS = 10_000;
/** A forecast for later than that is no news where nobody knows when the writing ends. */
const FORECAST_SECONDS = 3_600;
/** A disk that will be full so soon is as urgent as one that is. */
const URGENT_SECONDS = 600;

/**
 * Whether the disk of the JupyterLab root gets short. It asks for nothing before the engine is ready, and
 * never connects by itself.
 *
 * The forecast comes from how the available bytes fall, not from a job's `secondsUntilFull`: that is right
 * for every writer, be it several jobs, a notebook that trains, or a command in a terminal.
 */
export class DiskWatchModel extends EngineModel {
  private readonly space = new Loader<DiskSpace>(() => undefined);
  private readonly jobs = new Loader<JobFact[]>(() => undefined);
  private readonly rate = new FillRate();
  private readonly poll: Poll;
  private copies: readonly JobFact[] = [];

  constructor(engine: IEngine) {
    super(engine);
    this.poll = createPoll('disk-watch', POLL_MS, () => this.ask());
    engine.stateChanged.connect(this.onEngineState, this);
    engine.jobsChanged.connect(this.onJobs, this);
    if (this.isReady) {
      this.look();
    }
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this.engine.stateChanged.disconnect(this.onEngineState, this);
    this.engine.jobsChanged.disconnect(this.onJobs, this);
    this.poll.dispose();
    super.dispose();
    this.space.cancel();
    this.jobs.cancel();
  }

  /** The last that is known, unless the engine is away for longer. */
  get disk(): DiskSpace | undefined {
    const { status } = this.engine.state;
    return status === 'ready' || status === 'connecting' ? this.space.value : undefined;
  }

  get shortage(): Shortage {
    return this.disk === undefined ? 'none' : shortageOf(this.disk);
  }

  /**
   * Set where the disk will be full before the copies that run are done or, where nobody can say when that
   * is, within the hour.
   */
  get secondsUntilFull(): number | undefined {
    const seconds = this.rate.secondsUntilFull;
    if (seconds === undefined || this.disk === undefined || this.disk.unlimited) {
      return undefined;
    }
    const ends = this.copies.map(({ progress }) => progress?.secondsLeft);
    const needsNone = ends.length === 0 && this.shortage === 'none';
    const known = ends.filter(end => end !== undefined);
    const until =
      known.length > 0 && known.length === ends.length ? Math.max(...known) : FORECAST_SECONDS;
    return needsNone || seconds >= until ? undefined : seconds;
  }

  get isCopying(): boolean {
    return this.copies.length > 0;
  }

  /** Whether the user has to hear of it. */
  get isShort(): boolean {
    return this.shortage !== 'none' || this.secondsUntilFull !== undefined;
  }

  /** Whether the user has to hear of it at once. */
  get isUrgent(): boolean {
    return (
      this.shortage === 'critical' || (this.secondsUntilFull ?? Number.MAX_VALUE) < URGENT_SECONDS
    );
  }

  /** Something was changed, such as what was in the trash: looks again at once. */
  noteChange(): void {
    if (this.isReady) {
      void this.poll.refresh();
    }
  }

  private look(): void {
    void this.poll.start();
    // Later ones are told by the engine.
    void this.jobs
      .load(signal => this.engine.query(listJobs, { signal }))
      .then(jobs => jobs && this.takeJobs(jobs));
  }

  private async ask(): Promise<void> {
    const disk = await this.space.load(signal => this.engine.query(getDisk, { signal }));
    if (disk !== undefined && !this.isDisposed) {
      this.rate.add(Date.now(), disk.availableBytes);
      this.stateChanged.emit();
    }
  }

  private onEngineState(_: IEngine, { status }: EngineState): void {
    if (status === 'ready') {
      this.look();
    } else {
      void this.poll.stop();
      // The engine that was asked answers no more, and what happens meanwhile nobody sees.
      this.space.cancel();
      this.jobs.cancel();
      this.rate.clear();
    }
    this.stateChanged.emit();
  }

  private onJobs(_: IEngine, jobs: JobFact[]): void {
    // What was asked for before is older.
    this.jobs.cancel();
    this.takeJobs(jobs);
  }

  private takeJobs(jobs: readonly JobFact[]): void {
    if (this.isDisposed) {
      return;
    }
    const wereCopying = this.isCopying;
    this.copies = jobs.filter(({ state, stage }) => state === 'running' && stage === 'copy');
    const areCopying = this.isCopying;
    if (areCopying !== wereCopying) {
      const interval = areCopying ? WHILE_COPYING_MS : POLL_MS;
      this.poll.frequency = { ...this.poll.frequency, interval };
      // The wait that goes on may be the long one.
      if (areCopying && this.isReady) {
        void this.poll.refresh();
      }
    }
    this.stateChanged.emit();
  }
}
