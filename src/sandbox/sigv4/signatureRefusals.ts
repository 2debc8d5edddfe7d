import type { AwsRefusal } from './refusal';

/** Why a signed request was not believed. */
export type SignatureProblem =
  | { kind: 'missing' }
  | { kind: 'other-version' }
  | { kind: 'malformed'; what: string; presigned: boolean }
  | { kind: 'wrong-region'; given: string; expected: string; presigned: boolean }
  | { kind: 'wrong-service'; given: string; expected: string; presigned: boolean }
  | { kind: 'unknown-key'; accessKeyId: string }
  | { kind: 'wrong-token' }
  | { kind: 'expired-token' }
  | { kind: 'skewed'; requestTime: Date; serverTime: Date; amzDate: string }
  | { kind: 'expired-url'; expiresAt: Date; serverTime: Date; expiresSeconds: number }
  | { kind: 'not-yet-valid' }
  | { kind: 'unsigned-headers'; names: string[] }
  | { kind: 'missing-payload-hash' }
  | { kind: 'mismatch'; accessKeyId: string; stringToSign: string; signatureProvided: string };

export const MAX_SKEW_MS = 15 * 60 * 1000;

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your ';

/** Seconds precision, as S3 writes times in its errors. */
const isoSeconds = (time: Date) => time.toISOString().replace(/\.\d{3}Z$/, 'Z');

/** Amazon S3 API Reference, "Error responses"; the words are those that its clients report. */
export function s3Refusal(problem: SignatureProblem): AwsRefusal {
  const refuse = (
    status: number,
    code: string,
    message: string,
    details?: Record<string, string>
  ): AwsRefusal => ({ ok: false, status, code, message, details });
  switch (problem.kind) {
    case 'missing':
      return refuse(403, 'AccessDenied', 'Access Denied');
    case 'other-version':
      return refuse(
        400,
        'InvalidRequest',
        'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.'
      );
    case 'malformed':
      return problem.presigned
        ? refuse(400, 'AuthorizationQueryParametersError', problem.what)
        : refuse(
            400,
            'AuthorizationHeaderMalformed',
            `The authorization header is malformed; ${problem.what}`
          );
    case 'wrong-region':
      return problem.presigned
        ? refuse(
            400,
            'AuthorizationQueryParametersError',
            `Error parsing the X-Amz-Credential parameter; the region '${problem.given}' is wrong; expecting '${problem.expected}'`,
            { Region: problem.expected }
          )
        : refuse(
            400,
            'AuthorizationHeaderMalformed',
            `The authorization header is malformed; the region '${problem.given}' is wrong; expecting '${problem.expected}'`,
            { Region: problem.expected }
          );
    case 'wrong-service': {
      const words = `incorrect service "${problem.given}". This endpoint belongs to "${problem.expected}".`;
      return problem.presigned
        ? refuse(
            400,
            'AuthorizationQueryParametersError',
            `Error parsing the X-Amz-Credential parameter; ${words}`
          )
        : refuse(
            400,
            'AuthorizationHeaderMalformed',
            `The authorization header is malformed; ${words}`
          );
    }
    case 'unknown-key':
      return refuse(
        403,
        'InvalidAccessKeyId',
        'The AWS Access Key Id you provided does not exist in our records.',
        { AWSAccessKeyId: problem.accessKeyId }
      );
    case 'wrong-token':
      return refuse(400, 'InvalidToken', 'The provided token is malformed or otherwise invalid.');
    case 'expired-token':
      return refuse(400, 'ExpiredToken', 'The provided token has expired.');
    case 'skewed':
      return refuse(
        403,
        'RequestTimeTooSkewed',
        'The difference between the request time and the current time is too large.',
        {
          RequestTime: problem.amzDate,
          ServerTime: isoSeconds(problem.serverTime),
          MaxAllowedSkewMilliseconds: String(MAX_SKEW_MS)
        }
      );
    case 'expired-url':
      return refuse(403, 'AccessDenied', 'Request has expired', {
        'X-Amz-Expires': String(problem.expiresSeconds),
        Expires: isoSeconds(problem.expiresAt),
        ServerTime: isoSeconds(problem.serverTime)
      });
    case 'not-yet-valid':
      return refuse(403, 'AccessDenied', 'Request is not yet valid');
    case 'unsigned-headers':
      return refuse(
        403,
        'AccessDenied',
        'There were headers present in the request which were not signed',
        { HeadersNotSigned: problem.names.join(', ') }
      );
    case 'missing-payload-hash':
      return refuse(
        400,
        'InvalidRequest',
        'Missing required header for this request: x-amz-content-sha256'
      );
    case 'mismatch':
      // The canonical request is left out: it holds the session token.
      return refuse(403, 'SignatureDoesNotMatch', `${MISMATCH}key and signing method.`, {
        AWSAccessKeyId: problem.accessKeyId,
        StringToSign: problem.stringToSign,
        SignatureProvided: problem.signatureProvided
      });
  }
}

interface CommonCodes {
  missing: string;
  incomplete: string;
  unknownKey: string;
  expiredToken: string;
  mismatch: string;
}

// Amazon Bedrock API Reference, "Common error types".
const JSON_CODES: CommonCodes = {
  missing: 'MissingAuthenticationTokenException',
  incomplete: 'IncompleteSignatureException',
  unknownKey: 'UnrecognizedClientException',
  expiredToken: 'ExpiredTokenException',
  mismatch: 'InvalidSignatureException'
};

// AWS Identity and Access Management API Reference, "Common error types".
const QUERY_CODES: CommonCodes = {
  missing: 'MissingAuthenticationToken',
  incomplete: 'IncompleteSignature',
  unknownKey: 'InvalidClientTokenId',
  expiredToken: 'ExpiredToken',
  mismatch: 'SignatureDoesNotMatch'
};

/** The refusals that all services but S3 share; only their codes differ between protocols. */
export function commonRefusal(problem: SignatureProblem, service: string): AwsRefusal {
  const codes = service === 'iam' || service === 'sts' ? QUERY_CODES : JSON_CODES;
  const refuse = (status: number, code: string, message: string): AwsRefusal => ({
    ok: false,
    status,
    code,
    message
  });
  switch (problem.kind) {
    case 'missing':
      return refuse(403, codes.missing, 'Missing Authentication Token');
    case 'other-version':
    case 'malformed':
    case 'missing-payload-hash':
      return refuse(
        400,
        codes.incomplete,
        'what' in problem ? problem.what : 'Incomplete signature'
      );
    case 'wrong-region':
      return refuse(
        403,
        codes.mismatch,
        `Credential should be scoped to a valid region, not '${problem.given}'. `
      );
    case 'wrong-service':
      return refuse(
        403,
        codes.mismatch,
        `Credential should be scoped to correct service: '${problem.expected}'. `
      );
    case 'unknown-key':
    case 'wrong-token':
      return refuse(
        403,
        codes.unknownKey,
        'The security token included in the request is invalid.'
      );
    case 'expired-token':
      return refuse(
        403,
        codes.expiredToken,
        'The security token included in the request is expired'
      );
    case 'skewed': {
      const limit = new Date(
        problem.serverTime.getTime() +
          (problem.requestTime < problem.serverTime ? -MAX_SKEW_MS : MAX_SKEW_MS)
      );
      const early = problem.requestTime > problem.serverTime;
      return refuse(
        403,
        codes.mismatch,
        `Signature ${early ? 'not yet current' : 'expired'}: ${problem.amzDate} is ` +
          `${early ? 'still later' : 'now earlier'} than ${compact(limit)} ` +
          `(${compact(problem.serverTime)} ${early ? '+' : '-'} 15 min.)`
      );
    }
    case 'expired-url':
    case 'not-yet-valid':
      return refuse(403, codes.mismatch, 'Signature expired');
    case 'unsigned-headers':
      return refuse(403, codes.mismatch, `'${problem.names[0]}' must be a signed header.`);
    case 'mismatch':
      return refuse(
        403,
        codes.mismatch,
        `${MISMATCH}AWS Secret Access Key and signing method. Consult the service documentation for details.`
      );
  }
}

const compact = (time: Date) => isoSeconds(time).replace(/[-:]/g, '');
