import { BedrockImportError } from '../errors';
import type { JobEvent, JobOutcome } from './jobTypes';
import { runJob } from './runJob';
import type { RunJobOptions } from './runJobOptions';
import type { JobStore } from './store';
import type { EngineContext } from './types';

export interface JobRunnerOptions {
  /** Whether `resumeUnfinished` starts jobs or only says which there are. @default 'ask' */
  resume?: 'ask' | 'auto';
  /** For every job that this runner runs. */
  run?: Pick<RunJobOptions, 'activityFile'>;
}

type Listener = (id: string, event: JobEvent) => void;

/** Runs several jobs in one process that lives long, such as the Jupyter server's engine. */
export class JobRunner {
  private readonly running = new Map<string, Promise<JobOutcome>>();
  private readonly listeners = new Set<Listener>();
  private readonly stop = new AbortController();

  constructor(
    readonly context: EngineContext,
    readonly store: JobStore,
    readonly options: JobRunnerOptions = {}
  ) {}

  /**
   * Starts a job in the background, or goes on with it; one that this runner runs already is left alone.
   * How it ends, its events say, and `outcome`.
   *
   * @throws BedrockImportError `JOB_RUNNER_CLOSED`
   */
  start(id: string): void {
    if (this.stop.signal.aborted) {
      throw new BedrockImportError({
        code: 'JOB_RUNNER_CLOSED',
        message: 'This runner takes no more jobs.',
        subject: id,
        nextStep: 'Start the job with a new one.'
      });
    }
    if (this.running.has(id)) {
      return;
    }
    const run = runJob(this.context, this.store, id, {
      ...this.options.run,
      signal: this.stop.signal,
      onAbort: 'interrupt',
      onEvent: event => {
        for (const listener of [...this.listeners]) {
          listener(id, event);
        }
      }
    });
    this.running.set(id, run);
    const forget = (): void => {
      this.running.delete(id);
    };
    run.then(forget, forget);
  }

  /** Ids of the jobs that this runner runs now. */
  get ids(): string[] {
    return [...this.running.keys()];
  }

  /** Resolves or rejects as the run of this job does; `undefined` when it does not run here. */
  outcome(id: string): Promise<JobOutcome> | undefined {
    return this.running.get(id);
  }

  /** Every event of the jobs that this runner runs. Returns the function that ends it. */
  subscribe(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * Jobs that were interrupted or never got their turn; with `resume: 'auto'` they are started. Paused,
   * failed and cancelled ones rest until somebody asks for them.
   */
  async resumeUnfinished(): Promise<{ found: string[]; started: string[] }> {
    const found = await this.findUnfinished();
    if (this.options.resume !== 'auto') {
      return { found, started: [] };
    }
    found.forEach(id => this.start(id));
    return { found, started: found };
  }

  /** Ids of those that `resumeUnfinished` goes on with; the one that has waited longest comes first. */
  async findUnfinished(): Promise<string[]> {
    const found: string[] = [];
    for (const { id, state } of await this.store.list()) {
      const unfinished = state === 'interrupted' || state === 'waiting';
      if (unfinished && (await this.store.lookAt(id)).state !== 'held') {
        found.push(id);
      }
    }
    return found.reverse();
  }

  /** Stops all, so that the next runner goes on with it. */
  async close(): Promise<void> {
    this.stop.abort();
    await Promise.allSettled(this.running.values());
  }
}
