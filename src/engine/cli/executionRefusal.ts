import { BedrockImportError } from '../errors';
import { CopyPlan, requireExecutable } from '../transfer';

/** Why the plan must not be carried out as it is; nothing when it may. */
export function executionRefusal(
  plan: CopyPlan,
  allowOverwrite: boolean
): BedrockImportError | undefined {
  try {
    requireExecutable(plan, allowOverwrite);
    return undefined;
  } catch (error) {
    if (error instanceof BedrockImportError) {
      return error;
    }
    throw error;
  }
}
