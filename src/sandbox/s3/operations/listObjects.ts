import { RefusedError, uriEncode } from '../../sigv4';

import { requireBucket } from '../access';
import { quoted, readInteger, xmlResponse, type S3Operation, type S3Request } from '../s3Request';
import { compareUtf8, type ObjectStore } from '../store/objectStore';
import type { StoredObject } from '../store/types';
import type { XmlElements } from '../xml';

const MAX_KEYS = 1000;

interface Page {
  objects: StoredObject[];
  commonPrefixes: string[];
  /** The last key or common prefix of a page that has a next one. */
  last?: string;
}

/** One page of a listing: what comes after `after`, keys with the delimiter rolled up. */
function listPage(
  store: ObjectStore,
  options: { bucket: string; prefix: string; delimiter: string; after: string; maxKeys: number }
): Page {
  const { bucket, prefix, delimiter, after, maxKeys } = options;
  const page: Page = { objects: [], commonPrefixes: [] };
  const keys = store.keys(bucket);
  let last: string | undefined;
  for (
    let index = firstAtLeast(keys, prefix > after ? prefix : after);
    index < keys.length;
    index++
  ) {
    const key = keys[index]!;
    if (!key.startsWith(prefix)) {
      if (compareUtf8(key, prefix) > 0) {
        break;
      }
      continue;
    }
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const entry = cut < 0 ? key : key.slice(0, cut + delimiter.length);
    // A marker that is a common prefix stands for all of its keys.
    const isPast = compareUtf8(entry, after) > 0 && !(cut >= 0 && after.startsWith(entry));
    if (after !== '' && !isPast) {
      continue;
    }
    if (entry === last) {
      continue;
    }
    if (page.objects.length + page.commonPrefixes.length === maxKeys) {
      // A page of no keys is never a truncated one.
      return maxKeys === 0 ? page : { ...page, last };
    }
    last = entry;
    if (cut >= 0) {
      page.commonPrefixes.push(entry);
    } else {
      page.objects.push(store.find(bucket, key)!);
    }
  }
  return page;
}

function firstAtLeast(keys: readonly string[], bound: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareUtf8(keys[middle]!, bound) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** @throws RefusedError InvalidArgument. */
export function readEncoding(request: S3Request): (text: string) => string {
  const encoding = request.query.get('encoding-type');
  if (encoding !== undefined && encoding !== 'url') {
    throw new RefusedError(400, 'InvalidArgument', 'Invalid Encoding Method specified in Request', {
      ArgumentName: 'encoding-type',
      ArgumentValue: encoding
    });
  }
  return encoding === 'url'
    ? text => uriEncode(text).replace(/%2F/g, '/').replace(/%20/g, '+')
    : text => text;
}

function describe(object: StoredObject, encode: (text: string) => string): XmlElements {
  return {
    Key: encode(object.key),
    LastModified: object.lastModified,
    ETag: quoted(object.etag),
    ChecksumAlgorithm: object.checksum?.algorithm,
    ChecksumType: object.checksum?.type,
    Size: object.sizeBytes,
    StorageClass: object.storageClass
  };
}

export const listObjects: S3Operation = request => {
  requireBucket(request, 's3:ListBucket');
  const { query, bucket } = request;
  const isVersion2 = query.get('list-type') === '2';
  const encode = readEncoding(request);
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const maxKeys = readInteger(request, 'max-keys', { fallback: MAX_KEYS, min: 0, max: MAX_KEYS });
  const token = query.get('continuation-token');
  const startAfter = query.get('start-after');
  const marker = query.get('marker') ?? '';
  const after = isVersion2 ? (readToken(token) ?? startAfter ?? '') : marker;
  const page = listPage(request.store, { bucket, prefix, delimiter, after, maxKeys });
  const isTruncated = page.last !== undefined;
  const common: XmlElements = {
    Name: bucket,
    Prefix: encode(prefix),
    MaxKeys: maxKeys,
    Delimiter: delimiter === '' ? undefined : encode(delimiter),
    EncodingType: query.get('encoding-type'),
    IsTruncated: isTruncated
  };
  const owner = { ID: request.state.account };
  const withOwner = !isVersion2 || query.get('fetch-owner') === 'true';
  const contents = page.objects.map(object => ({
    ...describe(object, encode),
    Owner: withOwner ? owner : undefined
  }));
  const prefixes = page.commonPrefixes.map(entry => ({ Prefix: encode(entry) }));
  return xmlResponse('ListBucketResult', {
    ...common,
    ...(isVersion2
      ? {
          KeyCount: contents.length + prefixes.length,
          ContinuationToken: token,
          NextContinuationToken: page.last === undefined ? undefined : writeToken(page.last),
          StartAfter: startAfter === undefined ? undefined : encode(startAfter)
        }
      : {
          Marker: encode(marker),
          NextMarker: page.last === undefined || delimiter === '' ? undefined : encode(page.last)
        }),
    Contents: contents,
    CommonPrefixes: prefixes
  });
};

const TOKEN_PREFIX = 'after:';

const writeToken = (key: string) => Buffer.from(`${TOKEN_PREFIX}${key}`).toString('base64');

function readToken(token: string | undefined): string | undefined {
  if (token === undefined) {
    return undefined;
  }
  const text = Buffer.from(token, 'base64').toString('utf8');
  if (!text.startsWith(TOKEN_PREFIX)) {
    throw new RefusedError(400, 'InvalidArgument', 'The continuation token provided is incorrect', {
      ArgumentName: 'continuation-token'
    });
  }
  return text.slice(TOKEN_PREFIX.length);
}
