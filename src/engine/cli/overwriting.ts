import type { BedrockImportError } from '../errors';
import type { CopyPlan } from '../transfer';
import { blockedError } from './exitCodes';
import { destinationUri, overwrites } from './text/planLines';
import { counted } from './text/layout';

/** Why a copy without consent must not start; nothing when it replaces only what is ours. */
export function overwriteRefusal(
  plan: CopyPlan,
  allowOverwrite: boolean
): BedrockImportError | undefined {
  const count = overwrites(plan).length;
  if (count === 0 || allowOverwrite) {
    return undefined;
  }
  return blockedError({
    code: 'WOULD_OVERWRITE',
    message: `${counted(count, 'object')} at the destination would be overwritten that this command did not write.`,
    subject: destinationUri(plan),
    nextStep: 'Choose another prefix, or add --overwrite when these objects may be replaced.'
  });
}
