import { withoutSecrets } from '../../aws';
import type { WaitEvent } from '../../bedrock';
import type { StageRun } from './stageRun';

/** How long an import may wait for another one of the account to end, and how long it may itself take. */
export const DEFAULT_TIME_LIMIT_MS = 6 * 3600 * 1000;
/** A role that the user named is rarely fresh, so a wrong one should not keep them waiting long. */
export const NAMED_ROLE_RETRY_MS = 120_000;

/** Tells of a wait of Bedrock: in full to the caller, and as an event to all who follow. */
export function showWait(run: StageRun, wait: WaitEvent): void {
  run.options.onWait?.(wait);
  const { reason, waitedMs, budgetMs } = wait;
  run.emit({ type: 'wait', reason: withoutSecrets(reason), waitedMs, budgetMs });
}
