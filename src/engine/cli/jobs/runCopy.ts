import { getCallerIdentity } from '../../environment';
import { createCopyJob } from '../../jobs';
import type { CopyPlan } from '../../transfer';
import { requireConfirmation } from '../confirmation';
import { executionRefusal } from '../executionRefusal';
import { probe } from '../probe';
import type { Outcome, Session } from '../session';
import { counted } from '../text/layout';
import { overwrites, printPlan } from '../text/planLines';
import { jobResultDocument, printJobResult } from './jobResult';
import { runShown } from './runShown';

/** Keeps a plan as a job and carries it out in the foreground. */
export async function runCopy(
  session: Session,
  plan: CopyPlan,
  options: { connections?: number; keepAwake?: boolean; account?: string; document: object }
): Promise<Outcome> {
  const job = await createCopyJob(await session.jobs(), plan, {
    // The user has agreed to what the plan shows, or there is nothing to agree to.
    allowOverwrite: true,
    connections: options.connections,
    keepAwake: options.keepAwake,
    account: options.account
  });
  session.progress.stage(`${job.title}, as job ${job.id}`);
  const result = await runShown(session, job);
  return {
    document: { ...jobResultDocument(job, result), ...options.document },
    print: to => printJobResult(to, job, result)
  };
}

/** Where STS cannot be asked, S3 still refuses what the credentials do not allow. */
export async function ownAccount(session: Session): Promise<string | undefined> {
  const { aws } = await session.engine();
  const asked = await probe(session.signal, signal => getCallerIdentity(aws, { signal }));
  return 'value' in asked ? asked.value.account : undefined;
}

export async function consentToOverwrite(
  session: Session,
  plan: CopyPlan,
  allowed: boolean
): Promise<Outcome['error']> {
  if (executionRefusal(plan, allowed) === undefined) {
    return undefined;
  }
  printPlan(session.words, plan);
  return requireConfirmation(session, {
    yes: false,
    question: `Overwrite ${counted(overwrites(plan).length, 'object')}?`,
    what: 'Overwriting'
  });
}
