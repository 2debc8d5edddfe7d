import type { CredentialScope, RawTarget } from './canonicalRequest';
import type { SignatureProblem } from './signatureRefusals';

/** The parts of a Signature Version 4, wherever the request carried them. */
export interface RequestSignature {
  presigned: boolean;
  accessKeyId: string;
  scope: CredentialScope;
  signedHeaders: string[];
  signature: string;
  amzDate: string;
  time: Date;
  sessionToken?: string;
  /** Presigned requests only. */
  expiresSeconds?: number;
  /** X-Amz-Content-Sha256 of a presigned request. */
  payloadHash?: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const WEEK_SECONDS = 7 * 24 * 60 * 60;

export function readSignature(
  headers: Headers,
  query: RawTarget['query']
): RequestSignature | SignatureProblem {
  const authorization = headers.get('authorization');
  if (authorization !== null) {
    return fromHeader(authorization, headers);
  }
  const parameters = new Map(query);
  // Signature Version 2, which boto3 still uses for URLs in some regions unless told otherwise.
  if (parameters.has('AWSAccessKeyId') && parameters.has('Signature')) {
    return { kind: 'other-version' };
  }
  return parameters.has('X-Amz-Algorithm') || parameters.has('X-Amz-Signature')
    ? fromQuery(parameters)
    : { kind: 'missing' };
}

function fromHeader(authorization: string, headers: Headers): RequestSignature | SignatureProblem {
  const malformed = (what: string): SignatureProblem => ({
    kind: 'malformed',
    what,
    presigned: false
  });
  const [algorithm, ...rest] = authorization.trim().split(/\s+/);
  if (algorithm === 'AWS') {
    return { kind: 'other-version' };
  }
  if (algorithm !== ALGORITHM) {
    return malformed(`the algorithm must be ${ALGORITHM}.`);
  }
  const fields = new Map(
    rest
      .join('')
      .split(',')
      .map(field => {
        const equals = field.indexOf('=');
        return [field.slice(0, equals), field.slice(equals + 1)] as const;
      })
  );
  const signature = fields.get('Signature');
  const signedHeaders = fields.get('SignedHeaders');
  const credential = readCredential(fields.get('Credential'));
  if (credential === undefined) {
    return malformed(
      'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
    );
  }
  if (signature === undefined || signedHeaders === undefined) {
    return malformed('the Signature or SignedHeaders component is missing.');
  }
  const amzDate = headers.get('x-amz-date') ?? '';
  const time = readAmzDate(amzDate);
  if (time === undefined) {
    // A Date header alone is allowed by the specification; no SDK in use sends that.
    return malformed('AWS authentication requires a valid x-amz-date header.');
  }
  if (!amzDate.startsWith(credential.scope.date)) {
    return malformed(
      `Invalid credential date "${credential.scope.date}". This date is not the same as X-Amz-Date: "${amzDate.slice(0, 8)}".`
    );
  }
  return {
    presigned: false,
    ...credential,
    signedHeaders: signedHeaders.toLowerCase().split(';'),
    signature,
    amzDate,
    time,
    sessionToken: headers.get('x-amz-security-token') ?? undefined
  };
}

function fromQuery(query: ReadonlyMap<string, string>): RequestSignature | SignatureProblem {
  const malformed = (what: string): SignatureProblem => ({
    kind: 'malformed',
    what,
    presigned: true
  });
  if (query.get('X-Amz-Algorithm') !== ALGORITHM) {
    return malformed(`X-Amz-Algorithm only supports "${ALGORITHM}"`);
  }
  const credential = readCredential(query.get('X-Amz-Credential'));
  if (credential === undefined) {
    return malformed(
      'Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
    );
  }
  const amzDate = query.get('X-Amz-Date') ?? '';
  const time = readAmzDate(amzDate);
  if (time === undefined) {
    return malformed("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  }
  const expires = query.get('X-Amz-Expires') ?? '';
  if (!/^-?\d+$/.test(expires)) {
    return malformed('X-Amz-Expires should be a number');
  }
  const expiresSeconds = Number(expires);
  if (expiresSeconds < 0) {
    return malformed('X-Amz-Expires must be non-negative');
  }
  if (expiresSeconds > WEEK_SECONDS) {
    return malformed(
      `X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than ${WEEK_SECONDS} seconds`
    );
  }
  const signature = query.get('X-Amz-Signature');
  const signedHeaders = query.get('X-Amz-SignedHeaders');
  if (signature === undefined || signedHeaders === undefined) {
    return malformed(
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.'
    );
  }
  return {
    presigned: true,
    ...credential,
    signedHeaders: signedHeaders.toLowerCase().split(';'),
    signature,
    amzDate,
    time,
    sessionToken: query.get('X-Amz-Security-Token'),
    expiresSeconds,
    payloadHash: query.get('X-Amz-Content-Sha256')
  };
}

function readCredential(
  text: string | undefined
): { accessKeyId: string; scope: CredentialScope } | undefined {
  const parts = (text ?? '').split('/');
  const [date, region, service, end] = parts.slice(-4);
  const accessKeyId = parts.slice(0, -4).join('/');
  if (accessKeyId === '' || end !== 'aws4_request' || !date || !region || !service) {
    return undefined;
  }
  return { accessKeyId, scope: { date, region, service } };
}

function readAmzDate(text: string): Date | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (parts === null) {
    return undefined;
  }
  const [, year, month, day, hour, minute, second] = parts;
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
