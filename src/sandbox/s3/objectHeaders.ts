import { RefusedError } from '../sigv4';

import { checksumHeader } from './checksums';
import { quoted } from './s3Request';
import type { ObjectProperties, StoredObject } from './store/types';

/** The standard headers that an object has; a reader may override each in its query. */
export const KEPT_HEADERS = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires'
];

/** Of the service model's `StorageClass`, those of buckets in a Region. */
const STORAGE_CLASSES = [
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER',
  'DEEP_ARCHIVE',
  'GLACIER_IR'
];

const METADATA_PREFIX = 'x-amz-meta-';
const MAX_METADATA_BYTES = 2048;

/** @throws RefusedError MetadataTooLarge or InvalidStorageClass. */
export function readProperties(headers: Headers): ObjectProperties {
  const kept: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = headers.get(name);
    if (value !== null) {
      kept[name] = value;
    }
  }
  // The framing of the request's body is not the object's own encoding.
  const encoding = (kept['content-encoding'] ?? '')
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '' && item !== 'aws-chunked')
    .join(', ');
  if (encoding === '') {
    delete kept['content-encoding'];
  } else {
    kept['content-encoding'] = encoding;
  }
  kept['content-type'] ??= 'binary/octet-stream';
  const storageClass = headers.get('x-amz-storage-class') ?? 'STANDARD';
  if (!STORAGE_CLASSES.includes(storageClass)) {
    throw new RefusedError(
      400,
      'InvalidStorageClass',
      'The storage class you specified is not valid',
      { StorageClassRequested: storageClass }
    );
  }
  return {
    headers: kept,
    metadata: readMetadata(headers),
    storageClass,
    tags: [...new URLSearchParams(headers.get('x-amz-tagging') ?? '')]
  };
}

function readMetadata(headers: Headers): Record<string, string> {
  const metadata: Record<string, string> = {};
  let size = 0;
  for (const [name, value] of headers) {
    if (name.startsWith(METADATA_PREFIX)) {
      const short = name.slice(METADATA_PREFIX.length);
      metadata[short] = value;
      size += Buffer.byteLength(short) + Buffer.byteLength(value);
    }
  }
  if (size > MAX_METADATA_BYTES) {
    throw new RefusedError(
      400,
      'MetadataTooLarge',
      'Your metadata headers exceed the maximum allowed metadata size',
      { Size: String(size), MaxSizeAllowed: String(MAX_METADATA_BYTES) }
    );
  }
  return metadata;
}

/** What HeadObject and GetObject say of an object; the length and range are the caller's. */
export function objectHeaders(
  object: StoredObject,
  options: { withChecksum: boolean }
): Record<string, string> {
  const { checksum } = object;
  return {
    ...object.headers,
    ...Object.fromEntries(
      Object.entries(object.metadata).map(([name, value]) => [`${METADATA_PREFIX}${name}`, value])
    ),
    ...(object.storageClass === 'STANDARD' ? {} : { 'x-amz-storage-class': object.storageClass }),
    ...(object.tags.length === 0 ? {} : { 'x-amz-tagging-count': String(object.tags.length) }),
    ...(options.withChecksum && checksum !== undefined
      ? {
          [checksumHeader(checksum.algorithm)]: checksum.value,
          'x-amz-checksum-type': checksum.type
        }
      : {}),
    etag: quoted(object.etag),
    'last-modified': new Date(object.lastModified).toUTCString(),
    'accept-ranges': 'bytes'
  };
}
