import {
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  paginateListRolePolicies
} from '@aws-sdk/client-iam';

import {
  BedrockImportError,
  IMPORT_ROLE_TAG,
  readServiceFailure,
  throwIfCancelled,
  toAwsError
} from '../../engine';
import type { AwsClients } from '../../engine';
import {
  displayedAs,
  heading,
  keyValues,
  note,
  requireYes,
  show,
  stack,
  withCellSignal
} from '../display';
import type { Displayed, View } from '../display';
import { currentSession } from '../session';

/** What would go with a role. */
export interface RoleDeletionPlan {
  roleName: string;
  /** Missing when there is no such role, or none any more. */
  roleArn?: string;
  /** Names of its inline policies. */
  policies: string[];
}

const shown = new WeakSet<RoleDeletionPlan>();

/**
 * Looks what deleting a role would delete. Changes nothing.
 *
 * @throws BedrockImportError `CELL_ORDER` before `connect()`, `ROLE_NOT_OURS` for a role that this product has
 *   not made, and those of `toAwsError`
 */
export async function planRoleDeletion(
  roleName: string,
  options: { signal?: AbortSignal } = {}
): Promise<RoleDeletionPlan & Displayed> {
  const { aws } = currentSession().context;
  const signal = withCellSignal(options.signal);
  const plan = await lookAt(aws, roleName, signal);
  return displayedAs(plan, () => planView(plan));
}

/**
 * Deletes a role that this product has made, and its policies, as `planRoleDeletion` has listed them. What
 * nobody has looked at is shown, and on AWS asked for.
 *
 * @throws BedrockImportError `CELL_ORDER`, `NOT_CONFIRMED`, `ROLE_NOT_OURS`, and those of `toAwsError`
 */
export async function deleteImportRole(
  plan: RoleDeletionPlan,
  options: { confirm?: boolean; signal?: AbortSignal } = {}
): Promise<RoleDeletionPlan & Displayed> {
  const { context, where } = currentSession();
  const signal = withCellSignal(options.signal);
  const { roleName } = plan;
  if (!shown.has(plan)) {
    await show(planView(plan));
    await requireYes({
      agreed: options.confirm === true || where === 'sandbox',
      question: `Delete the IAM role ${roleName}?`,
      message: 'Nothing was deleted.',
      subject: roleName,
      nextStep: 'Look at what is shown above, then run this cell again.'
    });
  }
  const now = await lookAt(context.aws, roleName, signal);
  if (now.roleArn !== undefined) {
    // IAM deletes no role that still has policies.
    for (const PolicyName of now.policies) {
      await quiet('iam:DeleteRolePolicy', roleName, signal, () =>
        context.aws.iam.send(new DeleteRolePolicyCommand({ RoleName: roleName, PolicyName }), {
          abortSignal: signal
        })
      );
    }
    await quiet('iam:DeleteRole', roleName, signal, () =>
      context.aws.iam.send(new DeleteRoleCommand({ RoleName: roleName }), { abortSignal: signal })
    );
  }
  return displayedAs(now, () =>
    now.roleArn === undefined
      ? note(`There is no role ${roleName} any more.`, { tone: 'ok' })
      : stack(heading('Deleted'), factsOf(now))
  );
}

async function lookAt(
  aws: AwsClients,
  roleName: string,
  signal: AbortSignal | undefined
): Promise<RoleDeletionPlan> {
  const found = await quiet('iam:GetRole', roleName, signal, () =>
    aws.iam.send(new GetRoleCommand({ RoleName: roleName }), { abortSignal: signal })
  );
  const role = found?.Role;
  if (role === undefined) {
    return { roleName, policies: [] };
  }
  if (role.Tags?.some(({ Key }) => Key === IMPORT_ROLE_TAG) !== true) {
    throw new BedrockImportError({
      code: 'ROLE_NOT_OURS',
      message: `The role ${roleName} was not made by this product (no tag ${IMPORT_ROLE_TAG}), so it is not deleted.`,
      subject: roleName,
      nextStep: 'Delete it in the IAM console, if nobody needs it.',
      kind: 'blocked'
    });
  }
  const policies: string[] = [];
  await quiet('iam:ListRolePolicies', roleName, signal, async () => {
    const pages = paginateListRolePolicies(
      { client: aws.iam },
      { RoleName: roleName },
      { abortSignal: signal }
    );
    for await (const { PolicyNames = [] } of pages) {
      policies.push(...PolicyNames);
    }
  });
  return { roleName, roleArn: role.Arn ?? roleName, policies };
}

/** What is gone is no failure; undefined then. */
async function quiet<T>(
  action: string,
  roleName: string,
  signal: AbortSignal | undefined,
  call: () => Promise<T>
): Promise<T | undefined> {
  throwIfCancelled(signal, roleName);
  try {
    return await call();
  } catch (error) {
    throwIfCancelled(signal, roleName, error);
    if (['NoSuchEntityException', 'NoSuchEntity'].includes(readServiceFailure(error).name)) {
      return undefined;
    }
    throw toAwsError(error, { action, subject: roleName });
  }
}

function planView(plan: RoleDeletionPlan): View {
  shown.add(plan);
  return plan.roleArn === undefined
    ? note(`There is no role ${plan.roleName}: nothing is left to delete.`, { tone: 'ok' })
    : stack(heading('Would be deleted'), factsOf(plan));
}

function factsOf({ roleName, roleArn, policies }: RoleDeletionPlan): View {
  return keyValues([
    ['Role', roleName],
    ['ARN', roleArn],
    ['Its policies', policies.join(', ')]
  ]);
}
