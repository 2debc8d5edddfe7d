import type { Check } from '../checks';
import { BedrockImportError } from '../errors';
import { blockedError } from './exitCodes';
import { blockers } from './text/checkLines';

/** One clear error for checks that refuse; the first blocker speaks, the others are counted. */
export function refusalOf(
  checks: readonly Check[],
  subject: string
): BedrockImportError | undefined {
  const [first, ...others] = blockers(checks);
  if (first === undefined) {
    return undefined;
  }
  const more = others.length === 0 ? '' : ` (${others.length} more: see the checks.)`;
  return blockedError({
    code: 'CHECK_BLOCKS',
    message: `${first.found} ${first.why}${more}`,
    subject,
    nextStep: first.nextStep ?? first.why
  });
}
