import { BedrockImportError } from '../errors';
import { toCommandError } from './exitCodes';

/** How long a probe of one service may take, in milliseconds. */
const PROBE_LIMIT_MS = 15_000;

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
