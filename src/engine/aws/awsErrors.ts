import { BedrockImportError, cancelledError } from '../errors';
import {
  classifyConnectionFailure,
  connectionFailureText,
  ConnectionError,
  isErrorLike
} from './connection';
import { withoutSecrets } from './secrets';

export interface AwsErrorContext {
  /** The permission that the call needs, such as `s3:PutObject`. */
  action: string;
  /** To what it happened: a bucket, a key, a role. */
  subject?: string;
  /** Replaces the next step that would be given otherwise, where the caller knows better. */
  nextStep?: string;
}

/** What an SDK error says about itself, read without trusting its shape. */
export interface ServiceFailure {
  name: string;
  message: string;
  status?: number;
  /** `x-amz-bucket-region`: S3 gives it with most refusals, also with 403. */
  bucketRegion?: string;
}

export function readServiceFailure(error: unknown): ServiceFailure {
  if (!isErrorLike(error)) {
    return { name: 'Unknown', message: String(error) };
  }
  const code = 'Code' in error && typeof error.Code === 'string' ? error.Code : undefined;
  const metadata = '$metadata' in error ? error.$metadata : undefined;
  const response = '$response' in error ? error.$response : undefined;
  const status = numberAt(metadata, 'httpStatusCode') ?? numberAt(response, 'statusCode');
  const bucketRegion =
    textAt(objectAt(response, 'headers'), 'x-amz-bucket-region') ?? textAt(error, 'Region');
  return {
    name: code ?? error.name,
    message: error.message,
    ...(status === undefined ? {} : { status }),
    ...(bucketRegion === undefined ? {} : { bucketRegion })
  };
}

function objectAt(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && key in value
    ? Reflect.get(value, key)
    : undefined;
}

function textAt(value: unknown, key: string): string | undefined {
  const found = objectAt(value, key);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

function numberAt(value: unknown, key: string): number | undefined {
  const found = objectAt(value, key);
  return typeof found === 'number' ? found : undefined;
}

interface Reading {
  code: string;
  message: string;
  nextStep: string;
}

type Judge = (failure: ServiceFailure, context: AwsErrorContext) => Reading | undefined;

const named = (failure: ServiceFailure, ...names: string[]): boolean =>
  names.includes(failure.name);

const of = (context: AwsErrorContext): string =>
  context.subject === undefined ? '' : ` for ${context.subject}`;

const credentialsMissing: Judge = failure => {
  if (
    !named(failure, 'CredentialsProviderError', 'ProviderError', 'TokenProviderError') &&
    !failure.message.startsWith('Could not load credentials')
  ) {
    return undefined;
  }
  const expired = /expired|refresh/i.test(failure.message);
  return {
    code: expired ? 'CREDENTIALS_EXPIRED' : 'CREDENTIALS_MISSING',
    message: expired
      ? `The AWS sign-in of the profile has expired (${withoutSecrets(failure.message)}).`
      : `No AWS credentials were found (${withoutSecrets(failure.message)}).`,
    nextStep: expired
      ? 'Sign in again, for example with "aws sso login", and repeat.'
      : 'On SageMaker, attach an execution role; elsewhere run "aws configure" or "aws sso login", or set AWS_PROFILE.'
  };
};

const credentialsExpired: Judge = failure =>
  named(failure, 'ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'TokenRefreshRequired')
    ? {
        code: 'CREDENTIALS_EXPIRED',
        message: 'The AWS credentials have expired.',
        nextStep: 'Get fresh ones ("aws sso login", or new temporary keys) and repeat.'
      }
    : undefined;

const clockWrong: Judge = failure =>
  named(failure, 'RequestTimeTooSkewed', 'RequestInTheFuture') ||
  /Signature (expired|not yet current)/.test(failure.message)
    ? {
        code: 'CREDENTIALS_REJECTED',
        message: 'AWS refused the signature, because the clock of this machine is wrong.',
        nextStep: 'Set the clock of this machine and repeat.'
      }
    : undefined;

// The service's own message quotes the signed request, session token included: it is never passed on.
const credentialsRejected: Judge = failure => {
  if (named(failure, 'SignatureDoesNotMatch', 'InvalidSignatureException', 'InvalidSignature')) {
    return {
      code: 'CREDENTIALS_REJECTED',
      message:
        'AWS refused the signature of the request: the secret access key does not fit the access key id.',
      nextStep: 'Set both keys (and the session token of temporary ones) again, from one source.'
    };
  }
  return named(
    failure,
    'InvalidAccessKeyId',
    'InvalidClientTokenId',
    'UnrecognizedClientException',
    'InvalidToken',
    'IncompleteSignature',
    'MissingAuthenticationToken',
    'MissingAuthenticationTokenException',
    'AuthFailure'
  )
    ? {
        code: 'CREDENTIALS_REJECTED',
        message: 'AWS does not know the access key id or the session token that was used.',
        nextStep:
          'Check which profile is active (AWS_PROFILE) and set valid keys, with the session token where they are temporary.'
      }
    : undefined;
};

const otherRegion: Judge = (failure, context) =>
  named(
    failure,
    'PermanentRedirect',
    'TemporaryRedirect',
    'AuthorizationHeaderMalformed',
    'IllegalLocationConstraintException'
  ) || failure.status === 301
    ? {
        code: 'BUCKET_OTHER_REGION',
        message: `The bucket${context.subject === undefined ? '' : ` of ${context.subject}`} is in ${
          failure.bucketRegion === undefined ? 'another Region' : `Region ${failure.bucketRegion}`
        }.`,
        nextStep:
          failure.bucketRegion === undefined
            ? 'Use a bucket of the Region that imports the model.'
            : `Use a bucket of the Region that imports the model, or set the Region to ${failure.bucketRegion}.`
      }
    : undefined;

const bucketMissing: Judge = (failure, context) =>
  named(failure, 'NoSuchBucket')
    ? {
        code: 'BUCKET_NOT_FOUND',
        message: `The bucket does not exist${of(context)}.`,
        nextStep: 'Check the name, or create the bucket in the Region that imports the model.'
      }
    : undefined;

const accessDenied: Judge = (failure, context) => {
  if (
    !named(
      failure,
      'AccessDenied',
      'AccessDeniedException',
      'AllAccessDisabled',
      'UnauthorizedOperation',
      'NotAuthorized',
      'Forbidden'
    ) &&
    failure.status !== 403
  ) {
    return undefined;
  }
  // IAM names the permission that is missing; it may be another than that of the call (iam:PassRole).
  const action = /not authorized to perform:? ([a-z0-9-]+:\w+)/.exec(failure.message)?.[1];
  return {
    code: 'ACCESS_DENIED',
    message: `AWS refused ${context.action}${of(context)}${detail(failure)}.`,
    nextStep: `Allow ${action ?? context.action} for the role or user in use; "bedrock-import iam policies" prints the policies needed.`
  };
};

const throttled: Judge = (failure, context) =>
  named(
    failure,
    'Throttling',
    'ThrottlingException',
    'ThrottledException',
    'SlowDown',
    'TooManyRequestsException',
    'RequestLimitExceeded',
    'RequestThrottled',
    'RequestThrottledException'
  ) || failure.status === 429
    ? {
        code: 'THROTTLED',
        message: `AWS is limiting the rate of requests (${context.action}${of(context)}), also after several tries.`,
        nextStep: 'Wait a minute and repeat; with copies, use fewer connections.'
      }
    : undefined;

const JUDGES: readonly Judge[] = [
  credentialsMissing,
  credentialsExpired,
  clockWrong,
  credentialsRejected,
  otherRegion,
  bucketMissing,
  accessDenied,
  throttled
];

/**
 * Any failure of an SDK call as one typed error: CREDENTIALS_MISSING, CREDENTIALS_EXPIRED,
 * CREDENTIALS_REJECTED, ACCESS_DENIED, BUCKET_NOT_FOUND, BUCKET_OTHER_REGION, THROTTLED, NETWORK,
 * CANCELLED or AWS_ERROR with the service's own message. A `BedrockImportError` passes through.
 */
export function toAwsError(error: unknown, context: AwsErrorContext): BedrockImportError {
  const own = findOwnError(error);
  if (own !== undefined) {
    return own;
  }
  const failure = readServiceFailure(error);
  if (failure.name === 'AbortError') {
    return cancelledError(context.subject, error);
  }
  const reading =
    readByName(failure, context) ?? readNetworkFailure(error, failure) ?? readAnything(failure);
  return new BedrockImportError({
    code: reading.code,
    message: reading.message,
    ...(context.subject === undefined ? {} : { subject: context.subject }),
    nextStep: context.nextStep ?? reading.nextStep,
    cause: error
  });
}

/** A credential source throws inside the SDK, which may wrap what it threw. */
function findOwnError(error: unknown): BedrockImportError | undefined {
  let current: unknown = error;
  for (let depth = 0; isErrorLike(current) && depth < 6; depth += 1) {
    if (current instanceof BedrockImportError) {
      return current;
    }
    current = current.cause;
  }
  return undefined;
}

function readByName(failure: ServiceFailure, context: AwsErrorContext): Reading | undefined {
  for (const judge of JUDGES) {
    const reading = judge(failure, context);
    if (reading !== undefined) {
      return reading;
    }
  }
  return undefined;
}

function readNetworkFailure(error: unknown, failure: ServiceFailure): Reading | undefined {
  if (failure.status !== undefined && failure.status >= 300) {
    return undefined;
  }
  const kind = error instanceof ConnectionError ? error.code : classifyConnectionFailure(error);
  if (kind === undefined) {
    return undefined;
  }
  const host = error instanceof ConnectionError ? ` (${error.host})` : '';
  return {
    code: 'NETWORK',
    message: `AWS could not be reached: ${lowerFirst(connectionFailureText(kind))}${host}.`,
    nextStep:
      kind === 'CERTIFICATE'
        ? 'Where a proxy replaces certificates, give its CA file (DENO_CERT or NODE_EXTRA_CA_CERTS) and repeat.'
        : 'Check the network, the proxy variables (HTTPS_PROXY, NO_PROXY) and the Region, and repeat.'
  };
}

function readAnything(failure: ServiceFailure): Reading {
  if (isNotAws(failure)) {
    return {
      code: 'AWS_ERROR',
      message: `The answer did not come from AWS${failure.status === undefined ? '' : ` (HTTP ${failure.status})`}: it is no answer of the service's protocol.`,
      nextStep: 'Check the proxy variables and AWS_ENDPOINT_URL, and repeat.'
    };
  }
  const text = withoutSecrets(failure.message);
  return {
    code: 'AWS_ERROR',
    message: `AWS answered ${failure.name}${
      failure.status === undefined ? '' : ` (HTTP ${failure.status})`
    }${text === '' || text === failure.name ? '' : `: ${text}`}`,
    nextStep:
      failure.status !== undefined && failure.status >= 500
        ? 'This is a failure inside AWS; repeat in a few minutes.'
        : 'Correct what the message names, and repeat.'
  };
}

/** An HTML page, or bytes that the SDK's parser refused: typical of a proxy in between. */
function isNotAws(failure: ServiceFailure): boolean {
  const { message, name } = failure;
  return (
    message.includes('Deserialization error') ||
    name === 'SyntaxError' ||
    /<!doctype|<html/i.test(message)
  );
}

function detail(failure: ServiceFailure): string {
  const text = withoutSecrets(failure.message);
  const saysNothing =
    text === '' ||
    /^(access denied|forbidden|unknown(error)?)\.?$/i.test(text) ||
    text === failure.name;
  return saysNothing ? '' : `: ${text.replace(/\.$/, '')}`;
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
