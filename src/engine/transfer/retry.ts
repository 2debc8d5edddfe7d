import { backoffMs, systemClock } from '../aws';
import { BedrockImportError, throwIfCancelled } from '../errors';
import type { OutageKind, Outages } from './outages';

export { retryAfterMs } from '../waiting';

export const MAX_ATTEMPTS = 8;

export interface TransientFaultOptions {
  retryAfterMs?: number;
  final?: BedrockImportError;
  attempts?: number;
  outage?: OutageKind;
  connection?: 'none' | 'broken';
  busy?: string;
}

/** A fault that the next try may not meet; everything else ends the copy. */
export class TransientFault extends Error {
  override readonly name = 'TransientFault';
  /** Milliseconds that the server asked to wait. */
  readonly retryAfterMs: number | undefined;
  /** What the user sees when no try worked; `COPY_GAVE_UP` otherwise. */
  readonly final: BedrockImportError | undefined;
  /** Times in a row after which it is taken for permanent. */
  readonly attempts: number;
  /** A sign of something that stops all requests. */
  readonly outage: OutageKind | undefined;
  /** No connection could be made, or one broke: a sign of an outage if nothing else comes through. */
  readonly connection: 'none' | 'broken' | undefined;
  /** What is overloaded, for people; then fewer connections are used. */
  readonly busy: string | undefined;

  constructor(message: string, options: TransientFaultOptions = {}) {
    super(message);
    this.outage = options.outage;
    this.connection = options.connection;
    this.busy = options.busy;
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
  options: {
    subject: string;
    signal: AbortSignal;
    onRetry: (notice: RetryNotice) => void;
    /** Where all requests wait together while the network or the credentials are gone. */
    outages?: Outages;
    /** Something is overloaded. */
    onBusy?: (why: string) => void;
  },
  attempt: (number: number) => Promise<T>
): Promise<T> {
  let lastCode: string | undefined;
  let inARow = 0;
  for (let number = 1; ; number++) {
    throwIfCancelled(options.signal, options.subject);
    try {
      const run = (): Promise<T> => attempt(number);
      return await (options.outages?.through(run) ?? run());
    } catch (error) {
      throwIfCancelled(options.signal, options.subject, error);
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
            'Run the same command again: it goes on with what has arrived in S3. If it fails at the same file, check the network and the status page of the service that it names.',
          cause: error
        });
      }
      if (error.busy !== undefined) {
        options.onBusy?.(error.busy);
      }
      const waitMs = retryWaitMs(number, error);
      options.onRetry({ attempt: number, waitMs, fault: error });
      await systemClock.sleep(waitMs, options.signal);
    }
  }
}
