import { formatBytes } from '../../engine';
import type { ImportReview } from '../../engine';
import { counted } from '../../engine/cli/text/layout';
import { details, heading, keyValues, note, stack } from '../display';
import type { View } from '../display';
import { checksTable } from './checksTable';
import { costView } from './costView';
import { planTable } from './planTable';
import { policyView } from './policyView';

const shown = new WeakSet<object>();

/** Everything that an import will do, create and cost, before anything is changed. */
export function reviewView(review: ImportReview): View {
  shown.add(review);
  const { role, names, identity, existing, plan } = review;
  const { policies } = role;
  return stack(
    heading(`Import of ${plan.source.modelId} into Bedrock`),
    keyValues([
      ['Account', `${identity.account} as ${identity.arn}`],
      ['Model files', review.s3Uri],
      ['To move', `${formatBytes(plan.bytesToMove)} of ${formatBytes(plan.totalBytes)}`],
      ['Role', roleText(role)],
      ['Import job', names.jobName],
      ['Imported model', names.importedModelName]
    ]),
    existing &&
      note(
        `An import of the same files exists (${existing.job.jobName}, ${existing.job.status}): it is used instead of a new one.`
      ),
    policies &&
      stack(
        details('Trust policy that the role gets', policyView(policies.trust)),
        details('Permissions that the role gets', policyView(policies.permissions))
      ),
    details(`The copy: ${counted(plan.files.length, 'file')}`, planTable(plan)),
    heading('Checks'),
    checksTable(review.checks),
    heading('What it costs'),
    costView(review)
  );
}

/** Whether somebody has had this review before their eyes. */
export function wasShown(review: ImportReview): boolean {
  return shown.has(review);
}

function roleText(role: ImportReview['role']): string {
  const name = role.roleArn ?? role.roleName ?? '';
  return role.action === 'create' ? `${name} (will be created)` : name;
}
