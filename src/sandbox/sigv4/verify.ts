import { timingSafeEqual } from 'node:crypto';

import {
  canonicalRequest,
  hmac,
  readRawTarget,
  scopeText,
  sha256Hex,
  signingKey,
  type RawTarget
} from './canonicalRequest';
import { readSignature, type RequestSignature } from './readSignature';
import type { AwsRefusal } from './refusal';
import { commonRefusal, MAX_SKEW_MS, s3Refusal, type SignatureProblem } from './signatureRefusals';

/** A key that the sandbox knows. */
export interface KnownCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Requests must carry exactly this token; without one they must carry none. */
  sessionToken?: string;
  expiresAt?: Date;
}

/**
 * Temporary credentials that ended long ago and are known to every service: requests signed with
 * them are refused as those of a session that ran out.
 */
export const EXPIRED_CREDENTIALS: Required<KnownCredentials> = {
  accessKeyId: 'SANDBOXEXPIRED000001',
  secretAccessKey: 'sandbox-expired-secret',
  sessionToken: 'sandbox-expired-session',
  expiresAt: new Date('2020-01-01T00:00:00Z')
};

export interface VerifyOptions {
  /** The service that answers: 's3', 'bedrock', 'iam', 'sts'. */
  service: string;
  /** The region that the scope must name; several where the endpoint stands for several. */
  region: string | readonly string[];
  credentials: KnownCredentials | ((accessKeyId: string) => KnownCredentials | undefined);
  now: Date;
  /** The whole body: needed for every service but S3, whose requests name their payload's hash. */
  body?: Uint8Array;
}

export interface VerifiedRequest {
  ok: true;
  accessKeyId: string;
  presigned: boolean;
  region: string;
  /** A SHA-256 in hex, or one of S3's words such as UNSIGNED-PAYLOAD. */
  payloadHash: string;
  /** What the signatures of an aws-chunked body start from. */
  chain: { signature: string; amzDate: string; scope: string; key: Uint8Array };
  target: RawTarget;
}

/**
 * Checks a Signature Version 4 in the Authorization header or in the query. Time is judged by
 * `now`; the payload itself is checked for services other than S3 only (S3 checks it as it streams
 * in). Never throws.
 */
export function verifySigV4(
  request: Request,
  options: VerifyOptions
): VerifiedRequest | AwsRefusal {
  const target = readRawTarget(request.url);
  const problem = (found: SignatureProblem): AwsRefusal =>
    options.service === 's3' ? s3Refusal(found) : commonRefusal(found, options.service);
  const signature = readSignature(request.headers, target.query);
  if ('kind' in signature) {
    return problem(signature);
  }
  const { presigned } = signature;
  const regions = typeof options.region === 'string' ? [options.region] : options.region;
  const given = signature.scope;
  const known = findCredentials(options.credentials, signature.accessKeyId);
  if (known === undefined) {
    return problem({ kind: 'unknown-key', accessKeyId: signature.accessKeyId });
  }
  if (!regions.includes(given.region)) {
    const expected = regions[0] ?? '';
    return problem({ kind: 'wrong-region', given: given.region, expected, presigned });
  }
  if (given.service !== options.service) {
    return problem({
      kind: 'wrong-service',
      given: given.service,
      expected: options.service,
      presigned
    });
  }
  const found =
    checkToken(signature, known, options.now) ??
    checkTime(signature, options.now) ??
    checkSignedHeaders(request.headers, signature, options.service);
  if (found !== undefined) {
    return problem(found);
  }
  const payloadHash = findPayloadHash(request.headers, signature, options);
  if (payloadHash === undefined) {
    return problem({ kind: 'missing-payload-hash' });
  }
  const stringToSign = [
    'AWS4-HMAC-SHA256',
    signature.amzDate,
    scopeText(given),
    sha256Hex(
      canonicalRequest({
        method: request.method,
        target,
        headers: request.headers,
        signedHeaders: signature.signedHeaders,
        payloadHash,
        service: options.service
      })
    )
  ].join('\n');
  const key = signingKey(known.secretAccessKey, given);
  if (!sameHex(hmac(key, stringToSign), signature.signature)) {
    return problem({
      kind: 'mismatch',
      accessKeyId: signature.accessKeyId,
      stringToSign,
      signatureProvided: signature.signature
    });
  }
  return {
    ok: true,
    accessKeyId: signature.accessKeyId,
    presigned,
    region: given.region,
    payloadHash,
    chain: {
      signature: signature.signature,
      amzDate: signature.amzDate,
      scope: scopeText(given),
      key
    },
    target
  };
}

/** Reads the body of a small request and verifies both: for the services that have no streams in. */
export async function readVerified(
  request: Request,
  options: Omit<VerifyOptions, 'body'>
): Promise<{ body: Uint8Array; verified: VerifiedRequest } | AwsRefusal> {
  const body = new Uint8Array(await request.arrayBuffer());
  const verified = verifySigV4(request, { ...options, body });
  return verified.ok ? { body, verified } : verified;
}

export function sameHex(expected: Uint8Array, given: string): boolean {
  const bytes = Buffer.from(given, 'hex');
  return bytes.length === expected.length && timingSafeEqual(bytes, expected);
}

function findCredentials(
  credentials: VerifyOptions['credentials'],
  accessKeyId: string
): KnownCredentials | undefined {
  if (accessKeyId === EXPIRED_CREDENTIALS.accessKeyId) {
    return EXPIRED_CREDENTIALS;
  }
  if (typeof credentials === 'function') {
    return credentials(accessKeyId);
  }
  return credentials.accessKeyId === accessKeyId ? credentials : undefined;
}

function checkToken(
  signature: RequestSignature,
  known: KnownCredentials,
  now: Date
): SignatureProblem | undefined {
  if (signature.sessionToken !== known.sessionToken) {
    return { kind: 'wrong-token' };
  }
  return known.expiresAt !== undefined && known.expiresAt <= now
    ? { kind: 'expired-token' }
    : undefined;
}

function checkTime(signature: RequestSignature, now: Date): SignatureProblem | undefined {
  const ahead = signature.time.getTime() - now.getTime();
  if (signature.expiresSeconds !== undefined) {
    const expiresAt = new Date(signature.time.getTime() + signature.expiresSeconds * 1000);
    if (ahead > MAX_SKEW_MS) {
      return { kind: 'not-yet-valid' };
    }
    return expiresAt < now
      ? {
          kind: 'expired-url',
          expiresAt,
          serverTime: now,
          expiresSeconds: signature.expiresSeconds
        }
      : undefined;
  }
  return Math.abs(ahead) > MAX_SKEW_MS
    ? {
        kind: 'skewed',
        requestTime: signature.time,
        serverTime: now,
        amzDate: signature.amzDate
      }
    : undefined;
}

function checkSignedHeaders(
  headers: Headers,
  signature: RequestSignature,
  service: string
): SignatureProblem | undefined {
  const signed = new Set(signature.signedHeaders);
  // Over HTTP/2 the JavaScript SDK signs the pseudo-header that stands for Host.
  const names = signed.has('host') || signed.has(':authority') ? [] : ['host'];
  if (service === 's3') {
    for (const name of headers.keys()) {
      // The payload's word may be left unsigned in a presigned URL, since the query holds it.
      const covered = signature.presigned && name === 'x-amz-content-sha256';
      if (name.startsWith('x-amz-') && !signed.has(name) && !covered) {
        names.push(name);
      }
    }
  }
  return names.length > 0 ? { kind: 'unsigned-headers', names } : undefined;
}

function findPayloadHash(
  headers: Headers,
  signature: RequestSignature,
  options: VerifyOptions
): string | undefined {
  if (options.service !== 's3') {
    return sha256Hex(options.body ?? new Uint8Array());
  }
  if (!signature.presigned) {
    return headers.get('x-amz-content-sha256') ?? undefined;
  }
  const signed = signature.signedHeaders.includes('x-amz-content-sha256')
    ? headers.get('x-amz-content-sha256')
    : null;
  return signature.payloadHash ?? signed ?? 'UNSIGNED-PAYLOAD';
}
