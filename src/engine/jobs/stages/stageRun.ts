import type { CopyPlan } from '../../transfer';
import type { StoredMove, StoredTransfer } from '../jobFile';
import type { JobEventBody, JobStageResult } from '../jobTypes';
import type { LiveJob } from '../liveJob';
import type { RunJobOptions } from '../runJobOptions';
import type { JobStore } from '../store';
import type { EngineContext } from '../types';

/** One run of any job, as its stages see it. */
export interface JobRun {
  readonly context: EngineContext;
  readonly store: JobStore;
  readonly live: LiveJob;
  readonly options: RunJobOptions;
  readonly signal: AbortSignal;
  /** An earlier run has begun this job. */
  readonly resumed: boolean;
  /** Of stages that are done, in this run or an earlier one. */
  readonly results: JobStageResult;
  emit(body: JobEventBody): void;
  /** Asks the disk before something that must happen once. @throws BedrockImportError `LEASE_LOST` */
  requireOurs(): Promise<void>;
}

export interface MoveRun extends JobRun {
  readonly stored: StoredMove;
}

export interface StageRun extends JobRun {
  readonly stored: StoredTransfer;
  /** Name of an import that an earlier run may have started. */
  readonly earlierImport: string | undefined;
  /** As the destination is now; what is there already is left out. */
  plan: CopyPlan;
}
