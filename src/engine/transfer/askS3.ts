import { readServiceFailure, systemClock, toAwsError } from '../aws';
import { throwIfCancelled } from '../errors';
import { MAX_ATTEMPTS, retryWaitMs } from './retry';

export interface S3Question {
  /** The permission that the call needs. */
  action: string;
  subject?: string;
}

/**
 * One call of the S3 client, repeated through what passes: throttling, failures inside S3 and broken
 * connections. The SDK repeats too, but for two seconds only, and not when the answer breaks off after
 * its head has arrived.
 *
 * @throws BedrockImportError that of `toAwsError`; what `call` throws as such passes through.
 */
export async function askS3<T>(
  question: S3Question,
  signal: AbortSignal | undefined,
  call: () => Promise<T>
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    throwIfCancelled(signal, question.subject);
    try {
      return await call();
    } catch (error) {
      throwIfCancelled(signal, question.subject, error);
      const typed = toAwsError(error, question);
      const passes =
        typed.code === 'THROTTLED' ||
        typed.code === 'NETWORK' ||
        (typed.code === 'AWS_ERROR' && (readServiceFailure(error).status ?? 0) >= 500);
      if (!passes || attempt >= MAX_ATTEMPTS - 2) {
        throw typed;
      }
    }
    await systemClock.sleep(retryWaitMs(attempt), signal);
  }
}

/** Whether S3 refused with one of these codes. */
export function isRefusal(error: unknown, ...codes: string[]): boolean {
  const { name, status } = readServiceFailure(error);
  return codes.includes(name) || (status !== undefined && codes.includes(String(status)));
}
