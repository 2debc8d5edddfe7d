import { RefusedError } from '../sigv4';

import {
  algorithmOfHeader,
  base64,
  checksumHeader,
  isValidDigest,
  readAlgorithm,
  type ChecksumAlgorithm
} from './checksums';

/** The checksum that the client sends in a header, or announces in a trailer (value undefined). */
export function findSentChecksum(
  headers: Headers
): { algorithm: ChecksumAlgorithm; value?: string } | undefined {
  const inHeaders = [...headers].flatMap(([name, value]) => {
    const algorithm = algorithmOfHeader(name);
    return algorithm === undefined ? [] : [{ algorithm, value }];
  });
  const inTrailer = (headers.get('x-amz-trailer') ?? '').split(',').flatMap(name => {
    const algorithm = algorithmOfHeader(name.trim().toLowerCase());
    return algorithm === undefined ? [] : [{ algorithm, value: undefined }];
  });
  const found = [...inHeaders, ...inTrailer];
  if (found.length > 1) {
    throw new RefusedError(
      400,
      'InvalidRequest',
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.'
    );
  }
  const announced = readAlgorithm(headers.get('x-amz-sdk-checksum-algorithm'));
  if (announced !== undefined && found[0]?.algorithm !== announced) {
    throw new RefusedError(
      400,
      'InvalidRequest',
      found.length === 0
        ? 'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.'
        : 'Value for x-amz-sdk-checksum-algorithm header is invalid.'
    );
  }
  return found[0];
}

/** Before the body is read: digests that cannot be right whatever follows. */
export function checkDigestHeaders(headers: Headers): void {
  const md5 = headers.get('content-md5');
  if (md5 !== null && !isValidDigest('MD5', md5)) {
    throw new RefusedError(400, 'InvalidDigest', 'The Content-MD5 you specified was invalid.', {
      'Content-MD5': md5
    });
  }
  for (const [name, value] of headers) {
    const algorithm = algorithmOfHeader(name);
    if (algorithm !== undefined && !isValidDigest(algorithm, value)) {
      throw invalidValue(name);
    }
  }
}

const invalidValue = (header: string) =>
  new RefusedError(400, 'InvalidRequest', `Value for ${header} header is invalid.`);

export function checkDigest(
  algorithm: ChecksumAlgorithm,
  expected: string | undefined,
  actual: string
): void {
  if (expected === undefined) {
    throw new RefusedError(
      400,
      'MalformedTrailerError',
      'The request contained trailing data that was not well-formed or did not conform to our published schema.'
    );
  }
  if (!isValidDigest(algorithm, expected)) {
    throw invalidValue(checksumHeader(algorithm));
  }
  if (expected !== actual) {
    throw new RefusedError(
      400,
      'BadDigest',
      `The ${algorithm} you specified did not match the calculated checksum.`
    );
  }
}

export function checkPayloadHash(claimed: string, computed: string): void {
  if (claimed !== computed) {
    throw new RefusedError(
      400,
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
      { ClientComputedContentSHA256: claimed, S3ComputedContentSHA256: computed }
    );
  }
}

export function checkContentMd5(headers: Headers, digest: Uint8Array): void {
  const expected = headers.get('content-md5');
  const calculated = base64(digest);
  if (expected !== null && expected !== calculated) {
    throw new RefusedError(
      400,
      'BadDigest',
      'The Content-MD5 you specified did not match what we received.',
      { ExpectedDigest: expected, CalculatedDigest: calculated }
    );
  }
}
