import type { Check } from '../../checks';
import { BedrockImportError } from '../../errors';
import { toCommandError } from '../exitCodes';

/** How long a probe of one service may take, in milliseconds. */
const PROBE_LIMIT_MS = 15_000;

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

/**
 * Runs one probe. Its failure is a finding and not an error: the other probes still tell something.
 * Only a stop by the user goes through.
 */
export async function probe<T>(
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>
): Promise<{ value: T } | { error: BedrockImportError }> {
  const limit = AbortSignal.timeout(PROBE_LIMIT_MS);
  try {
    return { value: await work(AbortSignal.any([signal, limit])) };
  } catch (thrown) {
    const error = toCommandError(thrown);
    if (signal.aborted) {
      throw error;
    }
    if (!limit.aborted) {
      return { error };
    }
    return {
      error: new BedrockImportError({
        code: 'NO_ANSWER',
        message: `No answer within ${PROBE_LIMIT_MS / 1000} s.`,
        nextStep:
          'Check the network; on a host without internet access set HTTPS_PROXY or use VPC endpoints.'
      })
    };
  }
}
