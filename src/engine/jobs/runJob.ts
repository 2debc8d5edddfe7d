import type { WaitEvent } from '../bedrock';
import type { CopyProgress } from '../transfer';
import type { JobEvent, JobOutcome } from './jobTypes';
import type { JobStore } from './store';
import type { EngineContext } from './types';

export interface RunJobOptions {
  /** Stops the run; what then becomes of the job, `onAbort` says. */
  signal?: AbortSignal;
  /**
   * `pause`: the job rests until somebody resumes it. `interrupt`: it counts as unfinished, and the next
   * runner that resumes unfinished jobs goes on with it.
   * @default 'pause'
   */
  onAbort?: 'pause' | 'interrupt';
  /** Every event, as it happens. */
  onEvent?: (event: JobEvent) => void;
  /** Progress with its single files, which events leave out. */
  onCopyProgress?: (progress: CopyProgress) => void;
  /** Waits of Bedrock with the time of the next try. */
  onWait?: (wait: WaitEvent) => void;
  /** Each piece of the model's answer. */
  onText?: (text: string) => void;
}

/**
 * Carries a job out, or on: stages that are done are not done again. Until it ends, pauses or is
 * cancelled, no other process can run it.
 *
 * @throws BedrockImportError `JOB_NOT_FOUND`, `JOB_RUNNING_ELSEWHERE`, `JOB_CANCELLED`, `LEASE_LOST`,
 *   `CHECK_BLOCKS`, and those of each stage; the job has then failed and the same call tries again.
 */
export async function runJob(
  context: EngineContext,
  store: JobStore,
  id: string,
  options: RunJobOptions = {}
): Promise<JobOutcome> {
  throw new Error(`not yet ${typeof context} ${typeof store} ${id} ${typeof options}`);
}
