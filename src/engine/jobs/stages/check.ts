import type { Check } from '../../checks';
import { getCallerIdentity } from '../../environment';
import { BedrockImportError } from '../../errors';
import { refreshPlan, requireExecutable } from '../../transfer';
import type { StoredTransfer } from '../jobFile';
import type { EngineContext } from '../types';

import type { StageRun } from './stageRun';

/** A plan is looked at again when this much time lies between it and its start. */
const FRESH_MS = 60_000;

/**
 * Whether the job can be done from here, now: the checks of its plan, who and where this process is,
 * and, of a plan that is not quite new, what the destination holds by now.
 *
 * @throws BedrockImportError `CHECK_BLOCKS`, `OVERWRITE_REFUSED`, `DESTINATION_UNUSABLE`,
 *   `JOB_OTHER_ACCOUNT`, `JOB_OTHER_REGION`, `JOB_OTHER_HUB`
 */
export async function checkStage(run: StageRun): Promise<string | undefined> {
  const { stored, context, signal } = run;
  requireNoBlocker(stored.checks, stored.plan.source.modelId);
  requireSamePlace(context, stored);
  if (stored.import !== undefined) {
    const { account } = stored.import.identity;
    const caller = await getCallerIdentity(context.aws, { signal });
    if (caller.account !== account) {
      throw otherPlace(stored, 'JOB_OTHER_ACCOUNT', `the account ${account}`, caller.account);
    }
  }
  requireExecutable(stored.plan, stored.settings.allowOverwrite ?? false);
  const age = Date.now() - Date.parse(stored.plannedAt);
  // A clock that was set back makes a plan look young; then it is looked at too.
  if (run.resumed || !(age >= 0 && age < FRESH_MS)) {
    run.plan = await refreshPlan(context, stored.plan, signal);
    const there = run.plan.alreadyThere;
    return there > 0
      ? `${there} of ${run.plan.files.length} files are there and proved`
      : undefined;
  }
  return undefined;
}

/** @throws BedrockImportError `CHECK_BLOCKS` */
export function requireNoBlocker(checks: readonly Check[], modelId: string): void {
  const blockers = checks.filter(({ verdict }) => verdict === 'blocker');
  const first = blockers[0];
  if (first !== undefined) {
    throw new BedrockImportError({
      code: 'CHECK_BLOCKS',
      message: `${first.found} ${first.why}`,
      subject: `${modelId} (${blockers.map(({ id }) => id).join(', ')})`,
      nextStep: first.nextStep ?? 'Choose another model.',
      kind: 'blocked'
    });
  }
}

function requireSamePlace(context: EngineContext, stored: StoredTransfer): void {
  const { source, destination } = stored.plan;
  if (stored.import !== undefined && context.aws.region !== destination.region) {
    throw otherPlace(
      stored,
      'JOB_OTHER_REGION',
      `the Region ${destination.region}`,
      context.aws.region
    );
  }
  if (source.kind === 'hub' && context.hub.endpoint !== source.endpoint) {
    throw otherPlace(stored, 'JOB_OTHER_HUB', `the hub ${source.endpoint}`, context.hub.endpoint);
  }
}

function otherPlace(
  stored: StoredTransfer,
  code: string,
  planned: string,
  here: string
): BedrockImportError {
  return new BedrockImportError({
    code,
    message: `The job was planned for ${planned}, and this process uses ${here}.`,
    subject: stored.id,
    nextStep: 'Resume it with the settings and credentials that it was planned with.',
    kind: 'blocked'
  });
}
