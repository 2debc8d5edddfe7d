import { createImportRole, importRolePolicy, importRoleTrustPolicy } from '../../engine';
import type { ImportRole } from '../../engine';
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
import { policyView } from '../views';
import { policyInputs } from './policyInputs';
import type { SessionPolicyInputs } from './policyInputs';

export interface MakeImportRoleOptions {
  roleName: string;
  /** Agreed to without being asked. @default false */
  confirm?: boolean;
  signal?: AbortSignal;
}

/**
 * Creates an import role for the bucket of `connect()`, after it has shown both policies and, on AWS, asked.
 * A role of that name that this product made is used again.
 *
 * @throws BedrockImportError `CELL_ORDER`, `BUCKET_MISSING`, `NOT_CONFIRMED`, and those of `createImportRole`
 */
export async function makeImportRole(
  options: MakeImportRoleOptions
): Promise<ImportRole & Displayed> {
  const { context, where } = currentSession();
  const { roleName, confirm = false } = options;
  const signal = withCellSignal(options.signal);
  const inputs = await policyInputs({ signal });
  await show(proposalView(roleName, inputs));
  await requireYes({
    agreed: confirm || where === 'sandbox',
    question: `Create the IAM role ${roleName} in the account ${inputs.account}?`,
    message: 'No role was created.',
    subject: roleName,
    nextStep: 'Run this cell again and answer Yes, or let an administrator create the role.'
  });
  const role = await createImportRole(context.aws, { ...inputs, roleName, signal });
  return displayedAs(role, () =>
    stack(
      note(role.created ? 'Created.' : 'It was there already, and has the policies shown above.', {
        tone: 'ok'
      }),
      keyValues([
        ['Role', role.roleName],
        ['ARN', role.roleArn]
      ])
    )
  );
}

function proposalView(roleName: string, inputs: SessionPolicyInputs): View {
  return stack(
    heading(`Role ${roleName}`),
    note('Trust policy: who may act as the role'),
    policyView(importRoleTrustPolicy(inputs)),
    note('Permissions: what the role may do'),
    policyView(importRolePolicy(inputs))
  );
}
