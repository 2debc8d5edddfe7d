import { decodePlus, RefusedError, type RawTarget, type VerifiedRequest } from '../sigv4';
import type { SandboxState } from '../state';

import type { FindPublished } from './discard';
import type { ObjectStore } from './store/objectStore';
import { renderXml, type XmlElements } from './xml';

/** One verified request on its way through an operation. */
export interface S3Request {
  readonly method: string;
  readonly request: Request;
  readonly verified: VerifiedRequest;
  readonly state: SandboxState;
  readonly store: ObjectStore;
  /** Whether new bytes get their MD5 as their tag, or a tag that says nothing of them. */
  readonly entityTags: 'md5' | 'random';
  /** Present in an S3 that throws away the bytes of files that the hub has. */
  readonly published?: FindPublished;
  /** Empty for ListBuckets. */
  readonly bucket: string;
  /** Empty for operations on a bucket. */
  readonly key: string;
  /** The request's headers, with those of a presigned URL's query that count as headers. */
  readonly headers: Headers;
  readonly query: ReadonlyMap<string, string>;
}

export type S3Operation = (request: S3Request) => Promise<Response> | Response;

/** Where a path-style or virtual-hosted request points. */
export function readAddress(target: RawTarget, host: string): { bucket: string; key: string } {
  const virtual = /^(.+?)(?:\.s3)?\.localhost(?::\d+)?$/.exec(host)?.[1];
  const path = decodePlus(target.path).slice(1);
  const slash = path.indexOf('/');
  const rawBucket = slash < 0 ? path : path.slice(0, slash);
  const rawKey = slash < 0 ? '' : path.slice(slash + 1);
  try {
    return virtual !== undefined && virtual !== 's3'
      ? { bucket: virtual, key: decodeURIComponent(path) }
      : { bucket: decodeURIComponent(rawBucket), key: decodeURIComponent(rawKey) };
  } catch {
    throw new RefusedError(400, 'InvalidURI', "Couldn't parse the specified URI.");
  }
}

/**
 * The headers that count. A presigned URL carries in its query what its signer had as headers, and
 * S3 honours them there with one exception: checksum values are signed and then ignored (reported
 * by users of several SDKs, such as "PresignedPutObject ignores ChecksumAlgorithm"). Only a signed
 * header makes S3 check them.
 */
export function effectiveHeaders(request: Request, verified: VerifiedRequest): Headers {
  if (!verified.presigned) {
    return request.headers;
  }
  const headers = new Headers(request.headers);
  for (const [name, value] of verified.target.query) {
    const lower = name.toLowerCase();
    const isChecksumValue =
      lower === 'x-amz-sdk-checksum-algorithm' ||
      /^x-amz-checksum-(?!algorithm$|type$|mode$)/.test(lower);
    if (lower.startsWith('x-amz-') && !isChecksumValue && !headers.has(lower)) {
      headers.set(lower, value);
    }
  }
  return headers;
}

export function xmlResponse(
  root: string,
  elements: XmlElements,
  headers: Record<string, string> = {}
): Response {
  return new Response(renderXml(root, elements), {
    headers: { 'content-type': 'application/xml', ...headers }
  });
}

export const quoted = (etag: string) => `"${etag}"`;

export const unquoted = (etag: string) => etag.trim().replace(/^"(.*)"$/, '$1');

/** @throws RefusedError InvalidArgument. */
export function readInteger(
  request: S3Request,
  name: string,
  limits: { fallback: number; min: number; max: number }
): number {
  const text = request.query.get(name);
  if (text === undefined || text === '') {
    return limits.fallback;
  }
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || value > 2 ** 31 - 1) {
    throw new RefusedError(
      400,
      'InvalidArgument',
      `Provided ${name} not an integer or within integer range`,
      {
        ArgumentName: name,
        ArgumentValue: text
      }
    );
  }
  if (value < limits.min) {
    throw new RefusedError(
      400,
      'InvalidArgument',
      `Argument ${name} must be an integer between ${limits.min} and ${limits.max}`,
      {
        ArgumentName: name,
        ArgumentValue: text
      }
    );
  }
  return Math.min(value, limits.max);
}
