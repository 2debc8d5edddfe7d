import type { EngineContext, ImportReview } from '../types';
import { createImportRole } from '../../iam';
import type { ImportRole } from '../../iam';
import type { StageRun } from './stageRun';

/** Before the copy: IAM takes a while to spread a new role, and the copy takes longer. */
export async function roleStage(run: StageRun): Promise<string> {
  const { import: target, plan } = run.stored;
  if (target === undefined) {
    throw new Error('A copy needs no role.');
  }
  const role = await provideRole(
    run.context,
    { role: target.role, identity: target.identity, bucket: plan.destination.bucket },
    run.signal
  );
  // A role that an earlier run of this job created is as fresh as it was.
  const created = role.created || run.results.role?.created === true;
  run.results.role = { ...role, created };
  return `${role.roleArn}${created ? ' (created)' : ''}`;
}

/** The role of a review: the one that was named, or one that is created now or was before. */
async function provideRole(
  context: EngineContext,
  wanted: Pick<ImportReview, 'role' | 'identity'> & { bucket: string },
  signal: AbortSignal | undefined
): Promise<ImportRole> {
  const { roleArn, roleName } = wanted.role;
  if (wanted.role.action === 'use' && roleArn !== undefined) {
    return { roleArn, roleName: roleArn.slice(roleArn.lastIndexOf('/') + 1), created: false };
  }
  return createImportRole(context.aws, {
    account: wanted.identity.account,
    partition: wanted.identity.partition,
    region: context.aws.region,
    bucket: wanted.bucket,
    roleName,
    signal
  });
}
