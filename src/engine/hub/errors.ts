import { BedrockImportError, cancelledError } from '../errors';
import { answerError, HubAnswerError, HubConnectionError } from './answers';
import { withoutSecrets } from './secrets';

export interface HubErrorContext {
  /** What was asked for: a model id, or a model id and a file. */
  subject: string;
  /** Of the operation: once it has fired, every failure is the cancellation. */
  signal?: AbortSignal;
  /** The model's page, for the next step. */
  page?: string;
  revision?: string;
}

/**
 * A failure of a hub, or of the storage behind it, as a typed error. Takes what `fetch` rejects with
 * and also a `Response` that is a refusal. The message, the next step and the cause hold no secrets.
 */
export function toHubError(error: unknown, context: HubErrorContext): BedrockImportError {
  if (error instanceof BedrockImportError) {
    return error.kind === 'cancelled' && error.subject === undefined
      ? cancelledError(context.subject)
      : error;
  }
  if (context.signal?.aborted || nameOf(error) === 'AbortError') {
    return cancelledError(context.subject);
  }
  if (error instanceof HubAnswerError) {
    return fromAnswer(error, context);
  }
  if (error instanceof Response) {
    return fromAnswer(answerError(error, { withToken: true }), context);
  }
  if (nameOf(error) === 'SyntaxError') {
    return unexpectedAnswer('something that is not JSON', context);
  }
  return fromConnection(toConnectionError(error), context);
}

/** What `fetch` rejected with, reduced to what may be shown: runtimes put whole URLs into it. */
export function toConnectionError(error: unknown, token?: string): HubConnectionError {
  if (error instanceof HubConnectionError) {
    return error;
  }
  const messages: string[] = [];
  let reason: string | undefined;
  let current = error;
  for (let depth = 0; depth < 5 && isErrorLike(current); depth++) {
    messages.push(withoutSecrets(current.message, [token]));
    if (typeof current.code === 'string') {
      reason = withoutSecrets(current.code, [token]);
    }
    current = current.cause;
  }
  return new HubConnectionError(
    [...new Set(messages)].filter(text => text !== '').join(': ') || 'no details',
    reason
  );
}

interface ErrorLike {
  message: string;
  name?: unknown;
  code?: unknown;
  cause?: unknown;
}

/** By shape: what `fetch` throws may come from another realm, where `instanceof` says no. */
function isErrorLike(value: unknown): value is ErrorLike {
  return typeof value === 'object' && value !== null && 'message' in value
    ? typeof value.message === 'string'
    : false;
}

export function nameOf(error: unknown): unknown {
  return isErrorLike(error) ? error.name : undefined;
}

/** An answer of the right status that does not say what a hub says. */
export function unexpectedAnswer(what: string, context: HubErrorContext): BedrockImportError {
  return new BedrockImportError({
    code: 'HUB_ANSWER_UNEXPECTED',
    message: `The hub answered with ${what}.`,
    subject: context.subject,
    nextStep:
      'Check that HF_ENDPOINT is the address of a hub and that no proxy or sign-in page answers in its place.'
  });
}

function fromAnswer(error: HubAnswerError, context: HubErrorContext): BedrockImportError {
  const { status, details } = error;
  const said = details.hubMessage === undefined ? '' : ` The hub says: ${details.hubMessage}`;
  const found = findingOf(error, context);
  return new BedrockImportError({
    code: found.code,
    message: found.message + (found.quote === false ? '' : said),
    subject: context.subject,
    nextStep: found.nextStep,
    kind: found.kind ?? 'failed',
    cause: status === 0 ? undefined : error
  });
}

interface Finding {
  code: string;
  message: string;
  nextStep: string;
  kind?: 'failed' | 'blocked';
  /** Whether the hub's own words help. @default true */
  quote?: boolean;
}

function findingOf(error: HubAnswerError, context: HubErrorContext): Finding {
  const { status } = error;
  const { errorCode, hubMessage = '', withToken } = error.details;
  const page = context.page ?? "the model's page";
  if (errorCode === 'GatedRepo') {
    return status === 401
      ? {
          code: 'HUB_GATED',
          message: `The files of ${context.subject} are given only to people who have accepted the model's licence.`,
          nextStep: `Accept the licence at ${page} while signed in, then set HF_TOKEN to a read token of the same account.`,
          kind: 'blocked',
          quote: false
        }
      : {
          code: 'HUB_NO_ACCESS',
          message: `The account of the hub token has no access to the files of ${context.subject}.`,
          nextStep: `Accept the licence at ${page} while signed in to the token's account; where the owners decide on requests, wait for their answer. A fine-grained token also needs the permission to read gated repositories.`,
          kind: 'blocked',
          quote: false
        };
  }
  if (errorCode === 'RevisionNotFound') {
    return {
      code: 'HUB_REVISION_NOT_FOUND',
      message: `${context.subject} has no revision '${context.revision ?? 'HEAD'}'.`,
      nextStep: `Look at the branches and tags under "Files" at ${page}, or leave the revision out.`,
      quote: false
    };
  }
  if (errorCode === 'EntryNotFound') {
    return {
      code: 'HUB_FILE_NOT_FOUND',
      message: `The hub lists ${context.subject} and does not have it.`,
      nextStep: 'Try again in a few minutes; if it stays so, tell the owners of the model.',
      quote: false
    };
  }
  if (
    status === 401 &&
    errorCode !== 'RepoNotFound' &&
    (withToken || /credential/i.test(hubMessage))
  ) {
    return {
      code: 'HUB_TOKEN_INVALID',
      message: 'The hub does not accept the token: it is wrong, expired or revoked.',
      nextStep:
        'Create a read token on the "Access Tokens" page of your hub account and set HF_TOKEN to it; for a public model, unset HF_TOKEN.',
      kind: 'blocked',
      quote: false
    };
  }
  if (status === 401 || status === 404) {
    return {
      code: 'HUB_NOT_FOUND',
      message: `The hub shows no model ${context.subject}${withToken ? ' to the account of the token' : ''}.`,
      nextStep: withToken
        ? 'Check the spelling; if the model is private, use a token of an account that may read it.'
        : 'Check the spelling; if the model is private, set HF_TOKEN to a token of an account that may read it.',
      quote: false
    };
  }
  if (status === 403) {
    return {
      code: 'HUB_NO_ACCESS',
      message: `The hub refuses access to ${context.subject}.`,
      nextStep: withToken
        ? `Open ${page} signed in to the token's account and see what is missing; a fine-grained token needs the permission to read this repository.`
        : `Open ${page} and see what is missing, then set HF_TOKEN to a token that may read it.`,
      kind: 'blocked'
    };
  }
  return statusFinding(error, context);
}

function statusFinding(error: HubAnswerError, context: HubErrorContext): Finding {
  const { status } = error;
  const { host = 'the hub', retryAfterMs, withToken } = error.details;
  if (status === 429) {
    const wait =
      retryAfterMs === undefined ? 'a few minutes' : `${Math.ceil(retryAfterMs / 1000)} seconds`;
    return {
      code: 'HUB_RATE_LIMITED',
      message: `The hub answers no more requests from here for now (${context.subject}).`,
      nextStep: withToken
        ? `Try again in ${wait}.`
        : `Try again in ${wait}; with HF_TOKEN set, the limits are higher.`
    };
  }
  if (status >= 500 || status === 408) {
    return {
      code: 'HUB_UNREACHABLE',
      message: `${host} answered with status ${status} again and again.`,
      nextStep: "Try again in a few minutes; see the hub's status page if it stays so."
    };
  }
  return {
    code: 'HUB_ANSWER_UNEXPECTED',
    message: `${host} answered with status ${status}.`,
    nextStep:
      'Check that HF_ENDPOINT is the address of a hub and that no proxy or sign-in page answers in its place.'
  };
}

const NETWORK_STEPS: ReadonlyArray<[RegExp, string]> = [
  [
    /cert|issuer|self.signed|UNABLE_TO_VERIFY|DEPTH_ZERO/i,
    "The certificate is not trusted here: if a proxy inspects the traffic, set SSL_CERT_FILE to the file with its certificate authority's certificate."
  ],
  [
    /ENOTFOUND|EAI_AGAIN|dns|resolve/i,
    'The name is not known here: check HF_ENDPOINT, and on a host without internet access set HTTPS_PROXY.'
  ]
];

function fromConnection(error: HubConnectionError, context: HubErrorContext): BedrockImportError {
  const text = `${error.reason ?? ''} ${error.message}`;
  const step = NETWORK_STEPS.find(([pattern]) => pattern.test(text))?.[1];
  return new BedrockImportError({
    code: 'HUB_UNREACHABLE',
    message: `The hub cannot be reached or breaks off (${error.reason ?? error.message}).`,
    subject: context.subject,
    nextStep:
      step ??
      'Check the network, HF_ENDPOINT, and on a host without internet access HTTPS_PROXY, then try again.',
    cause: error
  });
}
