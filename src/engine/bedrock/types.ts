import type { Clock } from '../aws';

export type ImportJobStatus = 'InProgress' | 'Completed' | 'Failed';

/** A model import job, as Bedrock reports it. Times are Bedrock's. */
export interface ImportJob {
  jobArn: string;
  jobName: string;
  importedModelName?: string;
  /** Set when the job is completed. */
  importedModelArn?: string;
  status: ImportJobStatus;
  /** Bedrock's own words, at most 2048 characters; only of failed jobs. */
  failureMessage?: string;
  creationTime?: Date;
  endTime?: Date;
  /** Only from GetModelImportJob; the list does not tell it. */
  s3Uri?: string;
  roleArn?: string;
}

export interface ImportedModel {
  modelArn: string;
  modelName: string;
  creationTime?: Date;
  modelArchitecture?: string;
  /** Whether Converse can be used with the model (Amazon Bedrock API Reference, "GetImportedModel"). */
  instructSupported?: boolean;
  jobArn?: string;
  jobName?: string;
  s3Uri?: string;
  /** What one active copy is billed as; only from GetImportedModel. */
  customModelUnits?: { perModelCopy?: number; version?: string };
}

/** A wait that the user should see. */
export interface WaitEvent {
  /** One sentence: what is waited for. */
  reason: string;
  waitedMs: number;
  /** Until the next try. */
  nextTryMs: number;
  /** After which the wait is given up. */
  budgetMs: number;
}

export interface CallOptions {
  signal?: AbortSignal;
}

export interface StartImportJobOptions extends CallOptions {
  jobName: string;
  importedModelName: string;
  roleArn: string;
  s3Uri: string;
  /**
   * The same token with the same request is the same job.
   * @default a SHA-256 over the four names above, see importRequestToken
   */
  clientRequestToken?: string;
  /**
   * How long the refusal of a fresh role is retried.
   * @default 300_000
   */
  roleRetryMs?: number;
  /**
   * How long to wait while another import runs; Bedrock runs one per account and Region.
   * @default 0
   */
  waitForQuotaMs?: number;
  onWait?: (wait: WaitEvent) => void;
  /** @default systemClock */
  clock?: Clock;
}

export interface FollowImportJobOptions extends CallOptions {
  /**
   * From this call on; the job itself cannot be stopped and runs on.
   * @default 6 hours
   */
  timeLimitMs?: number;
  /**
   * Between the first questions; grows to 30 seconds.
   * @default 2_000
   */
  pollMs?: number;
  /**
   * How long throttling and network failures are borne before they end the following; the job runs on.
   * @default 300_000
   */
  outageMs?: number;
  onStatus?: (job: ImportJob, elapsedMs: number) => void;
  onWait?: (wait: WaitEvent) => void;
  /** @default systemClock */
  clock?: Clock;
}

export interface ListImportJobsOptions extends CallOptions {
  nameContains?: string;
  status?: ImportJobStatus;
}

export interface ListImportedModelsOptions extends CallOptions {
  nameContains?: string;
}

export interface AskOptions extends CallOptions {
  prompt: string;
  system?: string;
  /** @default 512 */
  maxTokens?: number;
  temperature?: number;
  /**
   * How long to wait while Bedrock restores a copy of the model.
   * @default 15 minutes
   */
  readyBudgetMs?: number;
  /**
   * Known from GetImportedModel; asked for when not given.
   */
  instructSupported?: boolean;
  /**
   * How long the service may send nothing before the request is given up.
   * @default 5 minutes
   */
  idleMs?: number;
  /** Each piece of the answer, in order, as it arrives. */
  onText?: (text: string) => void;
  /** Each piece of a reasoning model's thoughts, where the model sends them apart. */
  onReasoning?: (text: string) => void;
  onWait?: (wait: WaitEvent) => void;
  /** @default systemClock */
  clock?: Clock;
}

export interface Answer {
  text: string;
  /** A reasoning model's thoughts, where it sends them apart from the text. */
  reasoning?: string;
  api: 'Converse' | 'InvokeModel (OpenAI chat)';
  inputTokens?: number;
  outputTokens?: number;
  stopReason?: string;
  /** Spent waiting for a copy of the model; 0 when one was active. */
  coldStartMs: number;
  /** From the request that was answered to its first piece of text. */
  firstTextMs: number;
  /** From the call of askModel to the end of the answer. */
  totalMs: number;
  /** Why Converse was not used. */
  fallbackReason?: string;
}
