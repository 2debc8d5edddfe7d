import { copyShare, CopyPlan, parseShare, refreshPlan, ShareResult } from '../../transfer';
import type { Share } from '../../transfer';
import { executionRefusal } from '../executionRefusal';
import { printCopy } from '../jobs/jobResult';
import { consentToOverwrite, ownAccount, runCopy } from '../jobs/runCopy';
import { readPlanFile, requirePlace } from '../planFile';
import type { Printer } from '../output';
import type { Outcome, Session } from '../session';
import { planDocument, printPlan } from '../text/planLines';

export interface PlanFileOptions {
  share?: string;
  overwrite?: boolean;
  connections?: number;
  keepAwake?: boolean;
}

/** `copy --plan FILE`: the whole plan as a job, or one share of it. */
export async function copyPlanFile(
  session: Session,
  file: string,
  options: PlanFileOptions
): Promise<Outcome> {
  const share = options.share === undefined ? undefined : parseShare(options.share);
  const plan = await readPlanFile(session.io, file);
  const engine = await session.engine();
  requirePlace(
    plan,
    { hubEndpoint: engine.hub.endpoint, region: engine.environment.region?.name },
    file
  );
  const document = { plan: planDocument(plan), checks: plan.checks };
  const mayAsk = session.canAsk && share === undefined;
  const refusal = executionRefusal(plan, options.overwrite === true || mayAsk);
  if (refusal) {
    return { document, error: refusal, print: to => printPlan(to, plan) };
  }
  if (share !== undefined) {
    return runShare(session, plan, { ...options, share, document });
  }
  const refused = await consentToOverwrite(session, plan, options.overwrite === true);
  if (refused) {
    return { document, error: refused };
  }
  session.progress.status('Looking at the destination');
  // The plan may be days old; what has arrived meanwhile need not move again.
  const current = await refreshPlan(engine, plan, session.signal);
  session.progress.clear();
  return runCopy(session, current, { ...options, account: await ownAccount(session), document });
}

/** What the shares tell each other lies in S3, so a share is no job of this machine. */
async function runShare(
  session: Session,
  plan: CopyPlan,
  options: { share: Share; connections?: number; document: object }
): Promise<Outcome> {
  const { progress, signal } = session;
  const { share, of } = options.share;
  progress.stage(`Copying share ${share} of ${of} of ${plan.source.modelId}`);
  const result = await copyShare(await session.engine(), plan, {
    share,
    of,
    allowOverwrite: true,
    connections: options.connections,
    onProgress: progress.copy,
    onRetry: progress.retry,
    onConnections: progress.connections,
    onWait: wait => progress.status(wait.reason, wait),
    signal
  });
  progress.clear();
  return {
    document: { ...result, ...options.document },
    print: to => printShare(to, result)
  };
}

function printShare(to: Printer, result: ShareResult): void {
  printCopy(to, result, result.files.length);
  to.line();
  to.line(
    result.whole
      ? 'The whole model is in S3 and proved.'
      : `Share ${result.share} of ${result.of} is done. The first share writes the manifest when all are.`
  );
}
