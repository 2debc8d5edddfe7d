import type { JobEvent, JobOutcome } from './jobTypes';
import type { JobStore } from './store';
import type { EngineContext } from './types';

export interface JobRunnerOptions {
  /** Whether `resumeUnfinished` starts jobs or only says which there are. @default 'ask' */
  resume?: 'ask' | 'auto';
}

/** Runs several jobs in one process that lives long, such as the Jupyter server's engine. */
export class JobRunner {
  constructor(
    readonly context: EngineContext,
    readonly store: JobStore,
    readonly options: JobRunnerOptions = {}
  ) {}

  /** Starts a job in the background; one that this runner runs already goes on. */
  start(id: string): void {
    throw new Error(`not yet ${id}`);
  }

  /** Resolves or rejects as the run of this job does. */
  outcome(id: string): Promise<JobOutcome> | undefined {
    throw new Error(`not yet ${id}`);
  }

  /** Every event of the jobs that this runner runs. Returns the function that ends it. */
  subscribe(listener: (id: string, event: JobEvent) => void): () => void {
    throw new Error(`not yet ${typeof listener}`);
  }

  /**
   * Jobs that were interrupted or never got their turn; with `resume: 'auto'` they are started. Paused,
   * failed and cancelled ones rest until somebody asks for them.
   */
  async resumeUnfinished(): Promise<{ found: string[]; started: string[] }> {
    throw new Error('not yet');
  }

  /** Stops all, so that the next runner goes on with it. */
  async close(): Promise<void> {
    throw new Error('not yet');
  }
}
