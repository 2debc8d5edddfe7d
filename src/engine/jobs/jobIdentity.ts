import { createHash } from 'node:crypto';
import type { CopyPlan } from '../transfer';
import type { TransferJob } from './jobTypes';

export interface JobIdentityInputs {
  kind: TransferJob['kind'];
  plan: CopyPlan;
  /** Twelve digits; unknown for a copy whose caller was not asked for. */
  account?: string;
  /** The user's own name for the imported model. */
  requestedName?: string;
}

/**
 * An id that follows from what is to be done, so that asking for the same thing again finds the same
 * job: a readable beginning and 8 hexadecimal digits of a hash over source and version, destination,
 * rewritten files (the chat template is one), name, Region and account.
 */
export function jobId(inputs: JobIdentityInputs): string {
  const { plan } = inputs;
  const { bucket, prefix, region } = plan.destination;
  const written = plan.files
    .filter(({ content }) => content !== undefined)
    .map(({ path, sha256 }) => [path, sha256 ?? ''])
    .sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
  const hash = createHash('sha256')
    .update(
      JSON.stringify([
        inputs.kind,
        Object.entries(plan.source).sort(([a], [b]) => (a < b ? -1 : 1)),
        [bucket, prefix, region],
        written,
        inputs.requestedName ?? null,
        inputs.account ?? null
      ])
    )
    .digest('hex')
    .slice(0, 8);
  const name = plan.source.modelId.split('/').at(-1) ?? '';
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40)
    .replace(/-$/, '');
  return `${inputs.kind}-${slug === '' ? 'model' : slug}-${hash}`;
}
