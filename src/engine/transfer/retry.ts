import { backoffMs, systemClock } from '../aws';
import { BedrockImportError, cancelledError } from '../errors';

export const MAX_ATTEMPTS = 8;

/** A fault that the next try may not meet; everything else ends the copy. */
export class TransientFault extends Error {
  override readonly name = 'TransientFault';
  /** Milliseconds that the server asked to wait. */
  readonly retryAfterMs: number | undefined;
  /** What the user sees when no try worked; `COPY_GAVE_UP` otherwise. */
  readonly final: BedrockImportError | undefined;
  /** Times in a row after which it is taken for permanent. */
  readonly attempts: number;

  constructor(
    message: string,
    options: { retryAfterMs?: number; final?: BedrockImportError; attempts?: number } = {}
  ) {
    super(message);
    this.retryAfterMs = options.retryAfterMs;
    this.final = options.final;
    this.attempts = options.attempts ?? MAX_ATTEMPTS;
  }
}

const BASE_WAIT_MS = 250;
const MAX_WAIT_MS = 20_000;
/** A server that asks for more than this is asked again all the same; each time counts as a try. */
const MAX_RETRY_AFTER_MS = 300_000;

/** Exponential backoff, or longer where the server asks for it; `Retry-After: 0` asks for nothing. */
export function retryWaitMs(attempt: number, fault?: TransientFault): number {
  const ownMs = backoffMs(systemClock, attempt - 1, {
    firstMs: BASE_WAIT_MS,
    longestMs: MAX_WAIT_MS
  });
  return Math.max(ownMs, Math.min(fault?.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS));
}

/** `Retry-After` in seconds or as a date, in milliseconds. */
export function retryAfterMs(header: string | null, now = Date.now()): number | undefined {
  if (header === null || header.trim() === '') {
    return undefined;
  }
  const seconds = Number(header);
  if (Number.isFinite(seconds)) {
    return Math.max(0, seconds * 1000);
  }
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

export interface RetryNotice {
  attempt: number;
  waitMs: number;
  fault: TransientFault;
}

/**
 * Runs `attempt` until it works, a fault is not transient, or the attempts are used up.
 *
 * @throws BedrockImportError `COPY_GAVE_UP` after 8 attempts; `CANCELLED` when the signal fires.
 */
export async function withRetries<T>(
  options: { subject: string; signal: AbortSignal; onRetry: (notice: RetryNotice) => void },
  attempt: (number: number) => Promise<T>
): Promise<T> {
  let lastCode: string | undefined;
  let inARow = 0;
  for (let number = 1; ; number++) {
    if (options.signal.aborted) {
      throw cancelledError(options.subject);
    }
    try {
      return await attempt(number);
    } catch (error) {
      if (options.signal.aborted) {
        throw cancelledError(options.subject, error);
      }
      if (!(error instanceof TransientFault)) {
        throw error;
      }
      const code = error.final?.code;
      inARow = code === lastCode ? inARow + 1 : 1;
      lastCode = code;
      if (inARow >= error.attempts || number >= MAX_ATTEMPTS) {
        if (error.final !== undefined) {
          throw error.final;
        }
        throw new BedrockImportError({
          code: 'COPY_GAVE_UP',
          message: `Gave up after ${number} tries: ${error.message}`,
          subject: options.subject,
          nextStep:
            'Run the same command again: it goes on with what has arrived in S3. If it fails at the same file, check the network and the hub’s status page.',
          cause: error
        });
      }
      const waitMs = retryWaitMs(number, error);
      options.onRetry({ attempt: number, waitMs, fault: error });
      await systemClock.sleep(waitMs, options.signal);
    }
  }
}
