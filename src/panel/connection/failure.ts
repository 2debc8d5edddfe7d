import type { Failure } from '../../protocol';

/** A request that failed, with what the user can do about it. */
export class EngineFailure extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
    this.name = 'EngineFailure';
  }
}

function isFailure(value: unknown): value is Failure {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Failure).code === 'string' &&
    typeof (value as Failure).message === 'string'
  );
}

/**
 * What went wrong, in the user's words, of anything that was thrown. What nobody foresaw has the code
 * `UNEXPECTED` and no next step.
 */
export function toFailure(error: unknown): Failure {
  if (error instanceof EngineFailure) {
    return error.failure;
  }
  const data: unknown = (error as { data?: unknown } | null)?.data;
  if (isFailure(data)) {
    return data;
  }
  return {
    code: 'UNEXPECTED',
    message: error instanceof Error ? error.message : String(error),
    nextStep: '',
    kind: 'failed'
  };
}

/** The answer of a request that was given up, such as by leaving a field: nobody needs to see it. */
export function isCancelled(error: unknown): boolean {
  return toFailure(error).kind === 'cancelled';
}
