import {
  readServiceFailure,
  systemClock,
  toAwsError,
  withoutSecrets,
  type AwsClients,
  type Clock,
  type ServiceFailure
} from '../aws';
import { BedrockImportError, cancelledError, throwIfCancelled } from '../errors';
import type { AnswerPiece } from './answerPieces';
import { openConverse, openInvokeChat, type AnswerStream, type Question } from './answerStreams';
import { checkRegionOf, getImportedModel, modelNotFound } from './importedModels';
import { Patience } from './patience';
import { withIdleLimit } from './idleLimit';
import type { Answer, AskOptions } from './types';

const READY_BUDGET_MS = 15 * 60_000;
const BUSY_BUDGET_MS = 60_000;
const IDLE_MS = 300_000;
const MAX_TOKENS = 512;

type Api = Answer['api'];

interface Asked {
  question: Question;
  options: AskOptions;
  clock: Clock;
  /** For a copy of the model that is being restored. */
  forModel: Patience;
  /** For throttling and network failures before the first piece. */
  forService: Patience;
}

/**
 * Asks an imported model and streams its answer: by Converse where Bedrock can, else by InvokeModel
 * with the OpenAI chat body. While Bedrock restores a copy of the model (ModelNotReadyException) it
 * waits, telling `onWait`, up to `readyBudgetMs`. After the first piece nothing is tried again.
 *
 * @param modelIdentifier - ARN or name of an imported model.
 * @throws BedrockImportError ASK_NOT_READY, ASK_REFUSED, ASK_INTERRUPTED, MODEL_NOT_FOUND,
 *   MODEL_OTHER_REGION and those of toAwsError
 */
export async function askModel(
  aws: AwsClients,
  modelIdentifier: string,
  options: AskOptions
): Promise<Answer> {
  const { signal, onWait } = options;
  throwIfCancelled(signal, modelIdentifier);
  checkRegionOf(aws, modelIdentifier);
  const clock = options.clock ?? systemClock;
  const startedAt = clock.now();
  const model = await findModel(aws, modelIdentifier, options);
  const shared = { clock, onWait, signal, firstMs: 5_000, longestMs: 30_000 };
  const asked: Asked = {
    question: {
      modelArn: model.modelArn,
      prompt: options.prompt,
      maxTokens: options.maxTokens ?? MAX_TOKENS,
      ...(options.system === undefined ? {} : { system: options.system }),
      ...(options.temperature === undefined ? {} : { temperature: options.temperature })
    },
    options,
    clock,
    forModel: new Patience({ ...shared, budgetMs: options.readyBudgetMs ?? READY_BUDGET_MS }),
    forService: new Patience({ ...shared, budgetMs: BUSY_BUDGET_MS })
  };
  let fallbackReason: string | undefined;
  if (model.instructSupported === false) {
    fallbackReason = 'Bedrock reports that the model does not support Converse.';
  } else {
    const answer = await tryUntilAnswered(aws, asked, 'Converse', openConverse);
    if (!('refusal' in answer)) {
      return { ...answer, totalMs: clock.now() - startedAt };
    }
    fallbackReason = withoutSecrets(answer.refusal.message);
  }
  const answer = await tryUntilAnswered(aws, asked, 'InvokeModel (OpenAI chat)', openInvokeChat);
  if ('refusal' in answer) {
    throw refused(asked, answer.refusal, answer.cause);
  }
  return { ...answer, totalMs: clock.now() - startedAt, fallbackReason };
}

async function findModel(
  aws: AwsClients,
  identifier: string,
  options: AskOptions
): Promise<{ modelArn: string; instructSupported?: boolean }> {
  const isArn = identifier.startsWith('arn:');
  if (isArn && options.instructSupported !== undefined) {
    return { modelArn: identifier, instructSupported: options.instructSupported };
  }
  try {
    return await getImportedModel(aws, identifier, { signal: options.signal });
  } catch (error) {
    // Who may ask the model need not be allowed to look at it; the answer itself will tell.
    if (isArn && error instanceof BedrockImportError && error.code === 'ACCESS_DENIED') {
      return { modelArn: identifier };
    }
    throw error;
  }
}

type Attempt = Omit<Answer, 'totalMs'> | { refusal: ServiceFailure; cause: unknown };

async function tryUntilAnswered(
  aws: AwsClients,
  asked: Asked,
  api: Api,
  open: AnswerStream
): Promise<Attempt> {
  for (;;) {
    const received = { text: '', reasoning: '' };
    try {
      return await readAnswer(aws, asked, api, open, received);
    } catch (error) {
      const failure = readServiceFailure(error);
      if (asked.options.signal?.aborted || failure.name === 'AbortError') {
        throw cancelledError(asked.question.modelArn, error);
      }
      if (received.text !== '' || received.reasoning !== '') {
        throw interrupted(asked, received.text, failure, error);
      }
      if (api === 'Converse' && isConverseRefusal(failure)) {
        return { refusal: failure, cause: error };
      }
      await waitOrThrow(aws, asked, failure, error);
    }
  }
}

async function readAnswer(
  aws: AwsClients,
  asked: Asked,
  api: Api,
  open: AnswerStream,
  received: { text: string; reasoning: string }
): Promise<Attempt> {
  const { clock, forModel, options, question } = asked;
  const coldStartMs = forModel.waitedMs;
  const startedAt = clock.now();
  let firstTextMs: number | undefined;
  const rest: AnswerPiece = {};
  const pieces = withIdleLimit(
    signal => open(aws, question, signal),
    options.idleMs ?? IDLE_MS,
    options.signal
  );
  for await (const piece of pieces) {
    if (piece.text !== undefined && piece.text !== '') {
      firstTextMs ??= clock.now() - startedAt;
      received.text += piece.text;
      options.onText?.(piece.text);
    }
    if (piece.reasoning !== undefined && piece.reasoning !== '') {
      received.reasoning += piece.reasoning;
      options.onReasoning?.(piece.reasoning);
    }
    rest.stopReason = piece.stopReason ?? rest.stopReason;
    rest.inputTokens = piece.inputTokens ?? rest.inputTokens;
    rest.outputTokens = piece.outputTokens ?? rest.outputTokens;
  }
  // Converse always ends with messageStop; of the other formats not all name a reason.
  if (rest.stopReason === undefined && (api === 'Converse' || received.text === '')) {
    throw endedEarly();
  }
  return {
    text: received.text,
    ...(received.reasoning === '' ? {} : { reasoning: received.reasoning }),
    api,
    ...(rest.inputTokens === undefined ? {} : { inputTokens: rest.inputTokens }),
    ...(rest.outputTokens === undefined ? {} : { outputTokens: rest.outputTokens }),
    ...(rest.stopReason === undefined ? {} : { stopReason: rest.stopReason }),
    coldStartMs,
    firstTextMs: firstTextMs ?? clock.now() - startedAt
  };
}

async function waitOrThrow(
  aws: AwsClients,
  asked: Asked,
  failure: ServiceFailure,
  cause: unknown
): Promise<void> {
  const { modelArn } = asked.question;
  if (failure.name === 'ModelNotReadyException') {
    const reason = 'Bedrock is restoring a copy of the model; this takes up to some minutes.';
    if (!(await asked.forModel.waitFor(reason))) {
      throw notReady(asked, cause);
    }
    return;
  }
  if (failure.name === 'ResourceNotFoundException') {
    throw modelNotFound(aws, modelArn, cause);
  }
  if (REFUSALS.includes(failure.name)) {
    throw refused(asked, failure, cause);
  }
  const error = toAwsError(cause, {
    action: 'bedrock:InvokeModelWithResponseStream',
    subject: modelArn
  });
  const passing =
    error.code === 'THROTTLED' ||
    error.code === 'NETWORK' ||
    (error.code === 'AWS_ERROR' && (failure.status === undefined || failure.status >= 500));
  if (!passing || !(await asked.forService.waitFor(error.message))) {
    throw failure.name === ENDED_EARLY ? interrupted(asked, '', failure, cause) : error;
  }
}

const ENDED_EARLY = 'EndedEarly';

function endedEarly(): Error {
  const error = new Error('the stream ended without its last event');
  error.name = ENDED_EARLY;
  return error;
}

const REFUSALS = [
  'ValidationException',
  'ModelErrorException',
  'ModelStreamErrorException',
  'ModelTimeoutException',
  'ServiceQuotaExceededException',
  'ConflictException'
];

/** The ways in which Bedrock says that Converse is not for this model. */
function isConverseRefusal({ name, message }: ServiceFailure): boolean {
  return (
    (name === 'ValidationException' || name === 'UnknownOperationException') &&
    /(doesn['’]t|does not|not|isn['’]t) support/i.test(message) &&
    /\b(model|converse|conversation|operation|action|chat template)\b/i.test(message)
  );
}

function notReady(asked: Asked, cause: unknown): BedrockImportError {
  const minutes = Math.round(asked.forModel.waitedMs / 60_000);
  return new BedrockImportError({
    code: 'ASK_NOT_READY',
    message: `The model was not ready after ${minutes} min of waiting.`,
    subject: asked.question.modelArn,
    nextStep:
      'The import itself is done. Ask again in some minutes with "bedrock-import ask"; large models take longest.',
    cause
  });
}

function refused(asked: Asked, failure: ServiceFailure, cause: unknown): BedrockImportError {
  return new BedrockImportError({
    code: 'ASK_REFUSED',
    message: `The model refused the question (${failure.name}): ${withoutSecrets(failure.message)}`,
    subject: asked.question.modelArn,
    nextStep:
      'Correct what the message names; models imported before November 2025 may not take chat messages and have to be imported again.',
    cause
  });
}

function interrupted(
  asked: Asked,
  text: string,
  failure: ServiceFailure,
  cause: unknown
): BedrockImportError {
  return new BedrockImportError({
    code: 'ASK_INTERRUPTED',
    message: `The answer broke off after ${text.length} characters: ${withoutSecrets(failure.message)}`,
    subject: asked.question.modelArn,
    nextStep: 'What was shown is not the whole answer; ask again.',
    cause
  });
}
