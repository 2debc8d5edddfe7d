import type { Check } from '../../checks';
import type { BedrockImportError } from '../../errors';

export function okFinding(id: string, found: string, why: string): Check {
  return { id, verdict: 'ok', found, why };
}

/** A failure as a check; what was being tried says why it matters. */
export function failedFinding(
  id: string,
  verdict: 'warning' | 'blocker',
  error: BedrockImportError,
  why: string
): Check {
  return { id, verdict, found: error.message, why, nextStep: error.nextStep };
}
