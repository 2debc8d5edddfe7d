import type { Poll } from '@lumino/polling';

import { getDisk, getIdentity, getMachine, getStorage } from '../../protocol';
import type { DiskSpace, Identity, JobFact, Machine, MachineStorage } from '../../protocol';
import { createPoll, EngineModel, Loader } from '../connection';
import type { EngineState } from '../connection';
import type { IEngine } from '../tokens';

/** How old sizes may be while somebody looks at them. */
const POLL_MS = 60_000;
/** While jobs run, their changes ask for new sizes no more often than this. */
const WHILE_JOBS_RUN_MS = 30_000;
/** Trash and hub cache are measured for no more than a twentieth of the time. */
const PAUSE_SHARE = 20;

/** What the section shows. It asks for nothing while the section is closed or the engine not ready. */
export class MachineModel extends EngineModel {
  readonly machine = this.loader<Machine>();
  readonly identity = this.loader<Identity>();
  readonly disk = this.loader<DiskSpace>();
  readonly storage = this.loader<MachineStorage>();
  private readonly poll: Poll;
  private shown = false;
  /** Whether machine and identity have to be asked for again. */
  private stale = true;
  private sizesAskedAt = 0;
  private storageDueAt = 0;
  private jobs = '';

  constructor(engine: IEngine) {
    super(engine);
    this.poll = createPoll('machine', POLL_MS, () => this.askSizes());
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
    this.loaders.forEach(loader => loader.cancel());
  }

  /** Says whether the section is in sight. */
  setShown(shown: boolean): void {
    this.shown = shown;
    this.look();
  }

  /** Asks for everything again. */
  refresh(): void {
    if (this.isReady) {
      this.storageDueAt = 0;
      this.askFacts();
      this.storage.cancel();
      void this.askSizes();
    }
  }

  /** Something was changed, such as what is on the disk: looks again, as soon as somebody can see it. */
  noteChange(): void {
    this.stale = true;
    this.storageDueAt = 0;
    this.look();
    if (this.polling) {
      void this.poll.refresh();
    }
  }

  private get loaders(): Loader<unknown>[] {
    return [this.machine, this.identity, this.disk, this.storage];
  }

  private get polling(): boolean {
    return this.shown && this.isReady;
  }

  private look(): void {
    if (!this.polling) {
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
    void this.identity.load(signal => this.engine.query(getIdentity, { signal }));
  }

  private async askSizes(): Promise<void> {
    this.sizesAskedAt = Date.now();
    await Promise.all([
      this.disk.load(signal => this.engine.query(getDisk, { signal })),
      this.askStorage()
    ]);
  }

  /** A trash of many files takes seconds: it is not measured anew all the time. */
  private async askStorage(): Promise<void> {
    const startedAt = Date.now();
    if (this.storage.state.status === 'loading' || startedAt < this.storageDueAt) {
      return;
    }
    await this.storage.load(signal => this.engine.query(getStorage, { signal }));
    const endedAt = Date.now();
    this.storageDueAt = endedAt + (endedAt - startedAt) * PAUSE_SHARE;
  }

  private onEngineState(_: IEngine, { status }: EngineState): void {
    if (status !== 'ready') {
      this.stale = true;
      this.storageDueAt = 0;
      // The engine that was asked answers no more.
      this.loaders.forEach(loader => loader.cancel());
    }
    this.look();
    this.stateChanged.emit();
  }

  /** A job that has come to another state may have used or freed the disk. */
  private onJobs(_: IEngine, jobs: JobFact[]): void {
    const states = jobs.map(({ id, state }) => `${id} ${state}`).join('\n');
    if (states === this.jobs) {
      return;
    }
    this.jobs = states;
    if (this.polling) {
      const running = jobs.some(({ state }) => state === 'running');
      const wait = running ? this.sizesAskedAt + WHILE_JOBS_RUN_MS - Date.now() : 0;
      void this.poll.schedule({ phase: 'refreshed', interval: Math.max(0, wait) });
    }
  }
}
