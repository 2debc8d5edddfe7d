import type { ImportReview } from '../../jobs';
import { inspectionDocument } from '../commands/inspect';
import type { Printer } from '../output';
import { printConcerns } from './checkLines';
import { fieldLines, pointLines } from './layout';
import { planDocument, printPlan } from './planLines';

const WIDEST_TEXT = 100;

/** Everything that an import will do and create, before anything is changed. */
export function printReview(to: Printer, review: ImportReview): void {
  const { role, names, identity, existing } = review;
  printPlan(to, review.plan);
  to.line();
  to.lines(
    fieldLines([
      ['Account', `${identity.account} as ${identity.arn}`],
      ['Import job', existing ? `${existing.job.jobName} (${existing.job.status})` : names.jobName],
      ['Model name', names.importedModelName],
      ['Model files', review.s3Uri],
      ['Role', roleText(role)]
    ])
  );
  if (role.action === 'create' && role.policies) {
    to.line();
    to.line('The role gets this trust policy:');
    to.block(`${JSON.stringify(role.policies.trust, null, 2)}\n`);
    to.line('and these permissions:');
    to.block(`${JSON.stringify(role.policies.permissions, null, 2)}\n`);
  }
  to.line();
  printConcerns(to, review.checks);
  to.line();
  to.line('Costs:');
  for (const note of review.costNotes) {
    to.lines(pointLines(note, Math.min(to.columns, WIDEST_TEXT), 2));
  }
  to.line();
}

function roleText(role: ImportReview['role']): string {
  const name = role.roleArn ?? role.roleName ?? '';
  return role.action === 'create' ? `${name} (will be created)` : name;
}

export function reviewDocument(review: ImportReview): object {
  return {
    ...review,
    inspection: inspectionDocument(review.inspection),
    plan: planDocument(review.plan)
  };
}
