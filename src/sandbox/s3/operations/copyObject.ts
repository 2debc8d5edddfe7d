import { createHash } from 'node:crypto';

import { RefusedError } from '../../sigv4';

import { checkKey, noSuchKey, requireBucket } from '../access';
import {
  base64,
  createRunningHash,
  readAlgorithm,
  type ChecksumAlgorithm,
  type StoredChecksum
} from '../checksums';
import { isDiscarded, madeUpDigest, publishedChecksum, randomTag } from '../discard';
import { readProperties } from '../objectHeaders';
import { checkReadConditions, checkWriteConditions } from '../preconditions';
import { MAX_PUT_BYTES } from '../receiveBody';
import { quoted, xmlResponse, type S3Operation, type S3Request } from '../s3Request';
import { slice, type Extent } from '../store/bodyFiles';
import type { ObjectStore } from '../store/objectStore';
import type { ObjectProperties, StoredObject } from '../store/types';
import { noSuchUpload, requirePartNumber, requireUpload } from './uploads';

const invalidArgument = (message: string, name: string, value: string) =>
  new RefusedError(400, 'InvalidArgument', message, { ArgumentName: name, ArgumentValue: value });

/** The source of a copy, after the checks of reading it. */
function requireSource(request: S3Request): StoredObject {
  const header = request.headers.get('x-amz-copy-source') ?? '';
  const path = header.replace(/^\//, '').replace(/\?versionId=.*$/, '');
  const slash = path.indexOf('/');
  if (slash <= 0 || slash === path.length - 1) {
    throw invalidArgument(
      'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
      'x-amz-copy-source',
      header
    );
  }
  let key: string;
  try {
    key = decodeURIComponent(path.slice(slash + 1));
  } catch {
    throw invalidArgument('Invalid copy source encoding.', 'x-amz-copy-source', header);
  }
  const bucket = decodeURIComponent(path.slice(0, slash));
  requireBucket(request, 's3:GetObject', bucket, key);
  const source = request.store.find(bucket, key);
  if (source === undefined) {
    throw noSuchKey(key);
  }
  checkReadConditions(request.headers, source, 'x-amz-copy-source-');
  return source;
}

function readDirective(headers: Headers, name: string): 'COPY' | 'REPLACE' {
  const directive = headers.get(name) ?? 'COPY';
  if (directive !== 'COPY' && directive !== 'REPLACE') {
    throw invalidArgument(`Unknown metadata directive.`, name, directive);
  }
  return directive;
}

export const copyObject: S3Operation = async request => {
  requireBucket(request, 's3:PutObject');
  checkKey(request.key);
  checkWriteConditions(request);
  const { headers, store } = request;
  const source = requireSource(request);
  const properties = copyProperties(headers, source);
  const isSelf = source.bucket === request.bucket && source.key === request.key;
  // A new checksum algorithm alone is no change in the words of the refusal; whether S3 would take
  // it could not be tried, so the stricter reading holds here.
  if (
    isSelf &&
    readDirective(headers, 'x-amz-metadata-directive') === 'COPY' &&
    properties.storageClass === source.storageClass &&
    !headers.has('x-amz-server-side-encryption') &&
    !headers.has('x-amz-website-redirect-location')
  ) {
    throw new RefusedError(
      400,
      'InvalidRequest',
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes."
    );
  }
  if (source.sizeBytes > MAX_PUT_BYTES) {
    throw new RefusedError(
      400,
      'InvalidRequest',
      `The specified copy source is larger than the maximum allowable size for a copy source: ${MAX_PUT_BYTES}`
    );
  }
  const asked = readAlgorithm(headers.get('x-amz-checksum-algorithm'));
  store.bodies.hold(source.extents);
  let digests: Digests;
  try {
    digests = isDiscarded(source)
      ? { etag: randomTag(), checksum: await publishedChecksum(request, source, asked) }
      : await digestsOfCopy(store, source, asked);
    requireBucket(request, 's3:PutObject');
    checkWriteConditions(request);
  } catch (error) {
    store.bodies.release(source.extents);
    throw error;
  }
  const copy: StoredObject = {
    ...properties,
    bucket: request.bucket,
    key: request.key,
    sizeBytes: source.sizeBytes,
    etag: digests.etag,
    lastModified: request.state.now().toISOString(),
    checksum: digests.checksum,
    extents: source.extents
  };
  store.put(copy);
  return xmlResponse('CopyObjectResult', {
    ETag: quoted(copy.etag),
    LastModified: copy.lastModified,
    ...(copy.checksum === undefined
      ? {}
      : {
          [`Checksum${copy.checksum.algorithm}`]: copy.checksum.value,
          ChecksumType: copy.checksum.type
        })
  });
};

function copyProperties(headers: Headers, source: StoredObject): ObjectProperties {
  const given = readProperties(headers);
  const replaces = readDirective(headers, 'x-amz-metadata-directive') === 'REPLACE';
  const replacesTags = readDirective(headers, 'x-amz-tagging-directive') === 'REPLACE';
  return {
    headers: replaces ? given.headers : source.headers,
    metadata: replaces ? given.metadata : source.metadata,
    tags: replacesTags ? given.tags : source.tags,
    // A copy goes to the standard class unless it says otherwise, whatever its source's class.
    storageClass: given.storageClass
  };
}

interface Digests {
  etag: string;
  checksum?: StoredChecksum;
}

/**
 * A copy is one object in one piece: its entity tag is the MD5 of its bytes and its checksum one of
 * the full object, whatever they were for the source. Reads the bytes once, and only when needed.
 */
async function digestsOfCopy(
  store: ObjectStore,
  source: StoredObject,
  asked: ChecksumAlgorithm | undefined
): Promise<Digests> {
  const algorithm = asked ?? source.checksum?.algorithm;
  const keepsChecksum =
    algorithm === undefined ||
    (source.checksum?.algorithm === algorithm && source.checksum.type === 'FULL_OBJECT');
  const keepsEtag = !source.etag.includes('-');
  if (keepsChecksum && keepsEtag) {
    return { etag: source.etag, checksum: source.checksum };
  }
  const md5 = keepsEtag ? undefined : createHash('md5');
  const hash = keepsChecksum ? undefined : createRunningHash(algorithm);
  for await (const chunk of store.bodies.stream(source.extents, 0, source.sizeBytes)) {
    md5?.update(chunk);
    hash?.update(chunk);
  }
  return {
    etag: md5?.digest('hex') ?? source.etag,
    checksum:
      hash === undefined || algorithm === undefined
        ? source.checksum
        : { algorithm, value: base64(hash.digest()), type: 'FULL_OBJECT' }
  };
}

/** The bytes [start, end) of the source that UploadPartCopy takes. */
function readCopyRange(request: S3Request, source: StoredObject): { start: number; end: number } {
  const name = 'x-amz-copy-source-range';
  const text = request.headers.get(name);
  if (text === null) {
    return { start: 0, end: source.sizeBytes };
  }
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(text) ?? [];
  if (first === undefined || last === undefined || Number(last) < Number(first)) {
    throw invalidArgument(
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
      name,
      text
    );
  }
  if (Number(last) >= source.sizeBytes) {
    throw invalidArgument(
      `Range specified is not valid for source object of size: ${source.sizeBytes}`,
      name,
      text
    );
  }
  return { start: Number(first), end: Number(last) + 1 };
}

async function digestsOfPart(
  store: ObjectStore,
  extents: readonly Extent[],
  algorithm: ChecksumAlgorithm | undefined
): Promise<{ etag: string; checksum?: string }> {
  const md5 = createHash('md5');
  const hash = algorithm && createRunningHash(algorithm);
  const sizeBytes = extents.reduce((sum, extent) => sum + extent.length, 0);
  for await (const chunk of store.bodies.stream(extents, 0, sizeBytes)) {
    md5.update(chunk);
    hash?.update(chunk);
  }
  return { etag: md5.digest('hex'), checksum: hash && base64(hash.digest()) };
}

export const uploadPartCopy: S3Operation = async request => {
  const upload = requireUpload(request, 's3:PutObject');
  const partNumber = requirePartNumber(request);
  const source = requireSource(request);
  const { start, end } = readCopyRange(request, source);
  if (end - start > MAX_PUT_BYTES) {
    throw new RefusedError(
      400,
      'InvalidRequest',
      `The specified copy source is larger than the maximum allowable size for a copy source: ${MAX_PUT_BYTES}`
    );
  }
  const { store } = request;
  const extents: Extent[] = slice(source.extents, start, end);
  store.bodies.hold(extents);
  let digests: { etag: string; checksum?: string };
  try {
    const algorithm = upload.checksum?.algorithm;
    digests = isDiscarded(source)
      ? { etag: randomTag(), checksum: algorithm && madeUpDigest(algorithm) }
      : await digestsOfPart(store, extents, algorithm);
  } catch (error) {
    store.bodies.release(extents);
    throw error;
  }
  const part = {
    partNumber,
    sizeBytes: end - start,
    ...digests,
    lastModified: request.state.now().toISOString(),
    extents
  };
  if (!store.putPart(upload.uploadId, part)) {
    throw noSuchUpload(upload.uploadId);
  }
  return xmlResponse('CopyPartResult', {
    ETag: quoted(part.etag),
    LastModified: part.lastModified,
    ...(upload.checksum === undefined
      ? {}
      : { [`Checksum${upload.checksum.algorithm}`]: part.checksum })
  });
};
