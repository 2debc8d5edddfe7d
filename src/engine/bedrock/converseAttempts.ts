import {
  readServiceFailure,
  systemClock,
  toAwsError,
  withoutSecrets,
  type AwsClients,
  type ServiceFailure
} from '../aws';
import { BedrockImportError, cancelledError } from '../errors';
import type { ConverseOptions } from './converseTypes';
import { modelNotFound } from './importedModels';
import { Patience } from './patience';

const READY_BUDGET_MS = 15 * 60_000;
const BUSY_BUDGET_MS = 60_000;

export interface Attempted<T> {
  value: T;
  coldStartMs: number;
  totalMs: number;
}

export interface AttemptOptions extends Pick<
  ConverseOptions,
  'signal' | 'readyBudgetMs' | 'onWait' | 'clock'
> {
  modelArn: string;
  /** For the message of a refused permission. */
  action: string;
  /** The error for a refusal that this kind of request knows; undefined for others. */
  refusalOf?: (failure: ServiceFailure, cause: unknown) => BedrockImportError | undefined;
}

/**
 * Sends a request that a model answers whole, until it is answered: waits, visibly, for a copy of the model
 * and for a service that is busy.
 *
 * @throws BedrockImportError `ASK_NOT_READY`, `ASK_REFUSED`, `MODEL_NOT_FOUND`, `CANCELLED`, those of
 *   `refusalOf` and of `toAwsError`
 */
export async function untilAnswered<T>(
  aws: AwsClients,
  options: AttemptOptions,
  send: (signal: AbortSignal | undefined) => Promise<T>
): Promise<Attempted<T>> {
  const { modelArn, signal, onWait } = options;
  const clock = options.clock ?? systemClock;
  const shared = { clock, onWait, signal, firstMs: 5_000, longestMs: 30_000 };
  const forModel = new Patience({ ...shared, budgetMs: options.readyBudgetMs ?? READY_BUDGET_MS });
  const forService = new Patience({ ...shared, budgetMs: BUSY_BUDGET_MS });
  const startedAt = clock.now();
  for (;;) {
    const coldStartMs = forModel.waitedMs;
    try {
      const value = await send(signal);
      return { value, coldStartMs, totalMs: clock.now() - startedAt };
    } catch (error) {
      if (error instanceof BedrockImportError) {
        throw error;
      }
      const failure = readServiceFailure(error);
      if (signal?.aborted || failure.name === 'AbortError') {
        throw cancelledError(modelArn, error);
      }
      await waitOrThrow(aws, { ...options, forModel, forService }, failure, error);
    }
  }
}

async function waitOrThrow(
  aws: AwsClients,
  attempt: AttemptOptions & { forModel: Patience; forService: Patience },
  failure: ServiceFailure,
  cause: unknown
): Promise<void> {
  const { modelArn, action, refusalOf, forModel, forService } = attempt;
  if (failure.name === 'ModelNotReadyException') {
    const reason = 'Bedrock is restoring a copy of the model; this takes up to some minutes.';
    if (!(await forModel.waitFor(reason))) {
      throw notReady(modelArn, forModel.waitedMs, cause);
    }
    return;
  }
  if (failure.name === 'ResourceNotFoundException') {
    throw modelNotFound(aws, modelArn, cause);
  }
  const known = refusalOf?.(failure, cause);
  if (known !== undefined) {
    throw known;
  }
  if (REFUSALS.includes(failure.name)) {
    throw refused(modelArn, failure, cause);
  }
  const error = toAwsError(cause, { action, subject: modelArn });
  const passing =
    error.code === 'THROTTLED' ||
    error.code === 'NETWORK' ||
    (error.code === 'AWS_ERROR' && (failure.status === undefined || failure.status >= 500));
  if (!passing || !(await forService.waitFor(error.message))) {
    throw error;
  }
}

const REFUSALS = [
  'ValidationException',
  'ModelErrorException',
  'ModelTimeoutException',
  'ServiceQuotaExceededException',
  'ConflictException'
];

function notReady(modelArn: string, waitedMs: number, cause: unknown): BedrockImportError {
  return new BedrockImportError({
    code: 'ASK_NOT_READY',
    message: `The model was not ready after ${Math.round(waitedMs / 60_000)} min of waiting.`,
    subject: modelArn,
    nextStep: 'The import itself is done. Ask again in some minutes; large models take longest.',
    cause
  });
}

function refused(modelArn: string, failure: ServiceFailure, cause: unknown): BedrockImportError {
  return new BedrockImportError({
    code: 'ASK_REFUSED',
    message: `The model refused the request (${failure.name}): ${withoutSecrets(failure.message)}`,
    subject: modelArn,
    nextStep: 'Correct what the message names, and ask again.',
    cause
  });
}
