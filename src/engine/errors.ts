/**
 * What a failure means for the caller: `failed` (it was tried and did not work), `blocked` (a check
 * refused before anything was changed), `usage` (the call itself is wrong) or `cancelled`.
 * The command maps them to its exit codes.
 */
export type ErrorKind = 'failed' | 'blocked' | 'usage' | 'cancelled';

export interface BedrockImportErrorOptions {
  /** Stable upper-case name that front ends and scripts can switch on, such as `HUB_NOT_FOUND`. */
  code: string;
  /** What happened, in one sentence without secrets. */
  message: string;
  /** To what it happened: a model id, a bucket, a file, a role. */
  subject?: string;
  /** What the user can do now, in one or two sentences. */
  nextStep: string;
  /** @default 'failed' */
  kind?: ErrorKind;
  cause?: unknown;
}

/** The only error that the engine's public functions throw on purpose. */
export class BedrockImportError extends Error {
  override readonly name = 'BedrockImportError';
  readonly code: string;
  readonly subject: string | undefined;
  readonly nextStep: string;
  readonly kind: ErrorKind;

  constructor(options: BedrockImportErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.subject = options.subject;
    this.nextStep = options.nextStep;
    this.kind = options.kind ?? 'failed';
  }

  /** Plain data for `--json` output and for front ends; the cause stays out, it may hold secrets. */
  toJSON(): { code: string; message: string; subject?: string; nextStep: string; kind: ErrorKind } {
    return {
      code: this.code,
      message: this.message,
      ...(this.subject === undefined ? {} : { subject: this.subject }),
      nextStep: this.nextStep,
      kind: this.kind
    };
  }
}

/** The error of an operation that its `AbortSignal` stopped. */
export function cancelledError(subject?: string, cause?: unknown): BedrockImportError {
  return new BedrockImportError({
    code: 'CANCELLED',
    message: 'Stopped before the end.',
    subject,
    nextStep: 'Run the same command again to go on; what has arrived in S3 is kept.',
    kind: 'cancelled',
    cause
  });
}

/** @throws BedrockImportError `CANCELLED` when the signal has aborted */
export function throwIfCancelled(
  signal: AbortSignal | undefined,
  subject?: string,
  cause?: unknown
): void {
  if (signal?.aborted) {
    throw cancelledError(subject, cause);
  }
}
