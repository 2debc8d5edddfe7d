import { createHash, createHmac } from 'node:crypto';

/** A request's target as it came over the wire: the URL class would resolve dots and re-encode. */
export interface RawTarget {
  /** Host and port of the URL, for HTTP/2 requests, which carry no Host header. */
  authority: string;
  /** Still percent-encoded, at least '/'. */
  path: string;
  /** Decoded names and values in the order of the request. */
  query: ReadonlyArray<readonly [name: string, value: string]>;
}

export function readRawTarget(url: string): RawTarget {
  const afterScheme = url.slice(url.indexOf('://') + 3);
  const targetStart = afterScheme.search(/[/?#]/);
  const authority = targetStart < 0 ? afterScheme : afterScheme.slice(0, targetStart);
  const target = targetStart < 0 ? '/' : afterScheme.slice(targetStart);
  const queryStart = target.indexOf('?');
  const path = queryStart < 0 ? target : target.slice(0, queryStart);
  const text = queryStart < 0 ? '' : target.slice(queryStart + 1);
  const query = text
    .split('&')
    .filter(pair => pair !== '')
    .map(pair => {
      const equals = pair.indexOf('=');
      return equals < 0
        ? ([decode(pair.replace(/\+/g, ' ')), ''] as const)
        : ([
            decode(pair.slice(0, equals).replace(/\+/g, ' ')),
            decode(pair.slice(equals + 1).replace(/\+/g, ' '))
          ] as const);
    });
  return { authority, path: path === '' ? '/' : path, query };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * S3 takes a plus sign in a path for a space, as in a form (reported by users of several SDKs, such
 * as "Plus-sign in S3 key causes 404"), and signs it as one; SDKs encode both.
 */
export const decodePlus = (path: string) => path.replaceAll('+', '%20');

/** RFC 3986 encoding: everything but unreserved characters. */
export function uriEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  );
}

/**
 * S3 signs the path encoded once, as it is. Every other service signs it normalised and encoded
 * twice (AWS General Reference, "Create a signed AWS API request").
 */
export function canonicalPath(rawPath: string, service: string): string {
  if (service === 's3') {
    return decodePlus(rawPath)
      .split('/')
      .map(segment => uriEncode(decode(segment)))
      .join('/');
  }
  const kept: string[] = [];
  for (const segment of rawPath.split('/')) {
    if (segment === '..') {
      kept.pop();
    } else if (segment !== '' && segment !== '.') {
      kept.push(uriEncode(segment));
    }
  }
  const ends = kept.length > 0 && rawPath.endsWith('/') ? '/' : '';
  return `/${kept.join('/')}${ends}`;
}

export function canonicalQuery(query: RawTarget['query']): string {
  return query
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [uriEncode(name), uriEncode(value)] as const)
    .sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

export interface CanonicalParts {
  method: string;
  target: RawTarget;
  headers: Headers;
  signedHeaders: readonly string[];
  payloadHash: string;
  service: string;
}

export function canonicalRequest(parts: CanonicalParts): string {
  const lines = parts.signedHeaders.map(name => {
    const value =
      name === ':authority'
        ? parts.target.authority
        : (parts.headers.get(name) ?? (name === 'host' ? parts.target.authority : ''));
    return `${name}:${value.trim().replace(/\s+/g, ' ')}\n`;
  });
  return [
    parts.method,
    canonicalPath(parts.target.path, parts.service),
    canonicalQuery(parts.target.query),
    lines.join(''),
    parts.signedHeaders.join(';'),
    parts.payloadHash
  ].join('\n');
}

// Header values arrive as one character for each byte, so latin1 gives back the bytes that were signed.
export const sha256Hex = (data: string | Uint8Array) =>
  createHash('sha256')
    .update(typeof data === 'string' ? Buffer.from(data, 'latin1') : data)
    .digest('hex');

export const hmac = (key: string | Uint8Array, text: string) =>
  createHmac('sha256', key).update(text).digest();

export interface CredentialScope {
  date: string;
  region: string;
  service: string;
}

export const scopeText = (scope: CredentialScope) =>
  `${scope.date}/${scope.region}/${scope.service}/aws4_request`;

export function signingKey(secret: string, scope: CredentialScope): Uint8Array {
  return hmac(
    hmac(hmac(hmac(`AWS4${secret}`, scope.date), scope.region), scope.service),
    'aws4_request'
  );
}
