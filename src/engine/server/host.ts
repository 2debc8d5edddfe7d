import { renewCacheWarnings } from '../environment';
import { createEngineContext, JobRunner, JobStore, ServedJobs } from '../jobs';
import type { JobFact } from '../../protocol';
import type { EngineContext, JobEvent } from '../jobs';
import { FollowedSteering } from '../steering';
import type { SteeringPlace } from '../steering';

/** Jobs that other processes run are looked at so often while a page is open. */
const LOOK_MS = 2_000;
/** Changes that come together are told together. */
const GATHER_MS = 250;

type JobsListener = (jobs: JobFact[]) => void;

export interface EngineHostOptions {
  createContext?: () => Promise<EngineContext>;
  /** Told whenever other jobs than before keep the host awake. */
  onAwake?: (jobs: { id: string; title: string }[]) => void;
  /** Told whenever the first job begins to run or the last one rests. */
  onBusy?: (busy: boolean) => void;
  /** Told whenever caches and temporary files are to go elsewhere. */
  onSteering?: () => void;
}

interface OpenedJobs {
  store: JobStore;
  runner: JobRunner;
  served: ServedJobs;
}

/** What all pages share: settings, jobs, and who runs them. */
export class EngineHost {
  private readonly listeners = new Set<JobsListener>();
  private opened: Promise<OpenedJobs> | undefined;
  private closing = false;
  private context: Promise<EngineContext> | undefined;
  private lookTimer: ReturnType<typeof setInterval> | undefined;
  private gatherTimer: ReturnType<typeof setTimeout> | undefined;
  private told = '';
  private awake = '';
  private busy = false;
  /** A command in a terminal changes it, too. */
  private readonly steering = new FollowedSteering();

  constructor(private readonly options: EngineHostOptions = {}) {}

  /** Made anew after a failure: what was wrong with the settings may have been put right. */
  engine(): Promise<EngineContext> {
    const context = (this.context ??= (this.options.createContext ?? createEngineContext)());
    context.catch(() => {
      this.context = undefined;
    });
    return context;
  }

  async store(): Promise<JobStore> {
    return (await this.open()).store;
  }

  async runner(): Promise<JobRunner> {
    return (await this.open()).runner;
  }

  async steeringPlace(): Promise<SteeringPlace> {
    return { environment: (await this.engine()).environment };
  }

  /** Has to be called after steering has changed here, so that the server and the warnings follow. */
  async steeringChanged(): Promise<void> {
    this.options.onSteering?.();
    renewCacheWarnings((await this.engine()).environment);
  }

  /** All jobs, and which of them other processes run. */
  async jobs(): Promise<JobFact[]> {
    const { store, runner } = await this.open();
    const before = runner.ids;
    const jobs = await store.list();
    // One that began or ended here while the list was read is not elsewhere.
    const here = new Set([...before, ...runner.ids]);
    return Promise.all(
      jobs.map(async job => {
        const isActive = job.state === 'running' || job.state === 'waiting';
        const runsElsewhere =
          isActive && !here.has(job.id) && (await store.lookAt(job.id)).state === 'held';
        return runsElsewhere ? { ...job, runsElsewhere } : job;
      })
    );
  }

  /** Starts a job in the background, or goes on with it. How it ends, its events say. */
  async start(id: string): Promise<void> {
    const { runner, served } = await this.open();
    served.add(id);
    runner.start(id);
    const settled = (): void => {
      // What is only interrupted because this engine ends, the next one goes on with.
      if (!this.closing) {
        served.remove(id);
      }
      this.gather();
    };
    runner.outcome(id)?.then(settled, settled);
    this.tellBusy(runner);
    this.gather();
  }

  /**
   * Goes on with the jobs that pages had set going when the engine before this one ended; with `all`,
   * with every job that was interrupted.
   */
  async resume({ all }: { all: boolean }): Promise<void> {
    const { runner, served } = await this.open();
    const ids = await served.list();
    if (ids.length === 0 && !all) {
      return;
    }
    const unfinished = await runner.findUnfinished();
    for (const id of ids.filter(known => !unfinished.includes(known))) {
      served.remove(id);
    }
    const wanted = unfinished.filter(id => all || ids.includes(id));
    await Promise.all(wanted.map(id => this.start(id)));
  }

  /** Tells of every change of the list of jobs. Returns the function that ends it. */
  watchJobs(listener: JobsListener): () => void {
    this.listeners.add(listener);
    this.lookTimer ??= setInterval(() => this.gather(), LOOK_MS);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) {
        clearInterval(this.lookTimer);
        this.lookTimer = undefined;
        this.told = '';
      }
    };
  }

  /** Stops all jobs, so that the next engine goes on with them. */
  async close(): Promise<void> {
    this.closing = true;
    clearInterval(this.lookTimer);
    clearTimeout(this.gatherTimer);
    await this.opened?.then(
      async ({ runner, served }) => {
        await runner.close();
        await served.settled();
      },
      () => undefined
    );
  }

  private open(): Promise<OpenedJobs> {
    const opened = (this.opened ??= this.openNow());
    opened.catch(() => {
      this.opened = undefined;
    });
    return opened;
  }

  private async openNow(): Promise<OpenedJobs> {
    const context = await this.engine();
    const store = await JobStore.open(context.environment.stateDirectory);
    const runner = new JobRunner(context, store);
    runner.subscribe((_, event) => this.onEvent(event));
    return { store, runner, served: new ServedJobs(context.environment.stateDirectory) };
  }

  private onEvent(event: JobEvent): void {
    const { type } = event;
    if (type === 'stage' && event.stage === 'switch' && event.state === 'done') {
      this.steeringChanged().catch(() => undefined);
    }
    if (type !== 'file' && type !== 'retry' && type !== 'answer') {
      this.gather();
    }
  }

  private gather(): void {
    this.gatherTimer ??= setTimeout(() => {
      this.gatherTimer = undefined;
      void this.look();
    }, GATHER_MS);
  }

  private async look(): Promise<void> {
    try {
      const { store, runner } = await this.open();
      if (await this.steering.follow(await this.steeringPlace())) {
        renewCacheWarnings((await this.engine()).environment);
      }
      this.tellBusy(runner);
      await this.tellAwake(store, runner);
      if (this.listeners.size === 0) {
        return;
      }
      const jobs = await this.jobs();
      const text = JSON.stringify(jobs);
      if (text !== this.told) {
        this.told = text;
        this.listeners.forEach(listener => listener(jobs));
      }
    } catch {
      // A state folder that cannot be read now: who asks for the jobs is told.
    }
  }

  private tellBusy(runner: JobRunner): void {
    const busy = runner.ids.length > 0;
    if (busy !== this.busy) {
      this.busy = busy;
      this.options.onBusy?.(busy);
    }
  }

  /** The user has agreed for each job by itself. */
  private async tellAwake(store: JobStore, runner: JobRunner): Promise<void> {
    const jobs = await Promise.all(runner.ids.map(id => store.read(id)));
    const awake = jobs
      .filter(({ settings }) => settings.keepAwake === true)
      .map(({ id, title }) => ({ id, title }));
    const text = JSON.stringify(awake);
    if (text !== this.awake && (this.awake !== '' || awake.length > 0)) {
      this.awake = text;
      this.options.onAwake?.(awake);
    }
  }
}
