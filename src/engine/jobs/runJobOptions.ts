import type { WaitEvent } from '../bedrock';
import type { CopyProgress } from '../transfer';
import type { JobEvent } from './jobTypes';

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
  /** File that keeps a Studio space awake. @default the one that its idle shutdown looks at */
  activityFile?: string;
}
