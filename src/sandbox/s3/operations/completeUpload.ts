import { createHash } from 'node:crypto';

import { RefusedError } from '../../sigv4';

import { requireBucket } from '../access';
import {
  checksumHeader,
  checksumOfParts,
  type ChecksumAlgorithm,
  type StoredChecksum
} from '../checksums';
import { checkWriteConditions } from '../preconditions';
import { receiveCompletion } from '../receiveBody';
import { quoted, unquoted, xmlResponse, type S3Operation, type S3Request } from '../s3Request';
import type { StoredObject, StoredPart, StoredUpload } from '../store/types';
import { malformedXml, parseXml } from '../xml';
import { requireUpload } from './uploads';

const MIN_PART_BYTES = 5 * 2 ** 20;
const MAX_OBJECT_BYTES = 50 * 2 ** 40;

interface ListedPart {
  partNumber: number;
  etag: string;
  checksum?: string;
}

/**
 * Joins the parts of an upload into an object without moving their bytes. The answer is remembered
 * with the object: a client that lost it asks again and gets the same one.
 */
export const completeMultipartUpload: S3Operation = async request => {
  requireBucket(request, 's3:PutObject');
  const uploadId = request.query.get('uploadId') ?? '';
  const body = await receiveCompletion(request);
  const earlier = request.store.find(request.bucket, request.key);
  if (request.store.upload(uploadId) === undefined && earlier?.uploadId === uploadId) {
    return describe(earlier);
  }
  const upload = requireUpload(request, 's3:PutObject');
  const parts = chooseParts(request, upload, readListedParts(body, upload));
  const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  checkObjectSize(request, sizeBytes);
  const checksum = upload.checksum && joinChecksums(upload.checksum, parts);
  checkClaimedChecksum(request, checksum);
  checkWriteConditions(request);
  const md5OfMd5s = createHash('md5')
    .update(Buffer.concat(parts.map(part => Buffer.from(part.etag, 'hex'))))
    .digest('hex');
  const extents = parts.flatMap(part => part.extents);
  const object: StoredObject = {
    headers: upload.headers,
    metadata: upload.metadata,
    storageClass: upload.storageClass,
    tags: upload.tags,
    bucket: upload.bucket,
    key: upload.key,
    sizeBytes,
    etag: `${md5OfMd5s}-${parts.length}`,
    lastModified: request.state.now().toISOString(),
    checksum,
    extents,
    parts: parts.map(({ partNumber, sizeBytes: size, checksum: value }) => ({
      partNumber,
      sizeBytes: size,
      checksum: value
    })),
    uploadId
  };
  request.store.bodies.hold(extents);
  request.store.put(object);
  request.store.deleteUpload(uploadId);
  return describe(object);
};

function describe(object: StoredObject): Response {
  const { checksum } = object;
  return xmlResponse('CompleteMultipartUploadResult', {
    Location: `/${object.bucket}/${object.key}`,
    Bucket: object.bucket,
    Key: object.key,
    ETag: quoted(object.etag),
    ...(checksum === undefined
      ? {}
      : { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type })
  });
}

function readListedParts(body: Uint8Array, upload: StoredUpload): ListedPart[] {
  if (body.length === 0) {
    throw new RefusedError(400, 'InvalidRequest', 'You must specify at least one part');
  }
  const elements = parseXml(body, 'CompleteMultipartUpload').children('Part');
  if (elements.length === 0 || elements.length > 10000) {
    throw malformedXml();
  }
  return elements.map(element => {
    const partNumber = Number(element.text('PartNumber') ?? NaN);
    const etag = element.text('ETag');
    if (!Number.isInteger(partNumber) || etag === undefined) {
      throw malformedXml();
    }
    const checksum =
      upload.checksum === undefined
        ? undefined
        : element.text(`Checksum${upload.checksum.algorithm}`);
    return { partNumber, etag: unquoted(etag), checksum };
  });
}

function chooseParts(
  request: S3Request,
  upload: StoredUpload,
  listed: readonly ListedPart[]
): StoredPart[] {
  let before = 0;
  for (const { partNumber } of listed) {
    if (partNumber <= before) {
      throw new RefusedError(
        400,
        'InvalidPartOrder',
        'The list of parts was not in ascending order. Parts must be ordered by part number.',
        { UploadId: upload.uploadId }
      );
    }
    before = partNumber;
  }
  const parts = listed.map(({ partNumber, etag, checksum }) => {
    const part = request.store.part(upload.uploadId, partNumber);
    const isOther = checksum !== undefined && checksum !== part?.checksum;
    if (part === undefined || part.etag !== etag || isOther) {
      throw new RefusedError(
        400,
        'InvalidPart',
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
        { UploadId: upload.uploadId, PartNumber: String(partNumber), ETag: etag }
      );
    }
    return part;
  });
  for (const part of parts.slice(0, -1)) {
    if (part.sizeBytes < MIN_PART_BYTES) {
      throw new RefusedError(
        400,
        'EntityTooSmall',
        'Your proposed upload is smaller than the minimum allowed size',
        {
          ProposedSize: String(part.sizeBytes),
          MinSizeAllowed: String(MIN_PART_BYTES),
          PartNumber: String(part.partNumber),
          ETag: part.etag
        }
      );
    }
  }
  if (upload.checksum?.type === 'COMPOSITE') {
    const missing = listed.find(part => part.checksum === undefined);
    if (missing !== undefined) {
      throw new RefusedError(
        400,
        'InvalidRequest',
        `The upload was created using a ${upload.checksum.algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${missing.partNumber} in the request.`
      );
    }
  }
  return parts;
}

function checkObjectSize(request: S3Request, sizeBytes: number): void {
  if (sizeBytes > MAX_OBJECT_BYTES) {
    throw new RefusedError(
      400,
      'EntityTooLarge',
      'Your proposed upload exceeds the maximum allowed size',
      { ProposedSize: String(sizeBytes), MaxSizeAllowed: String(MAX_OBJECT_BYTES) }
    );
  }
  const claimed = request.headers.get('x-amz-mp-object-size');
  if (claimed !== null && Number(claimed) !== sizeBytes) {
    throw new RefusedError(
      400,
      'InvalidRequest',
      `The provided 'x-amz-mp-object-size' header value ${claimed} does not match what was computed: ${sizeBytes}`
    );
  }
}

function joinChecksums(
  asked: NonNullable<StoredUpload['checksum']>,
  parts: readonly StoredPart[]
): StoredChecksum {
  return checksumOfParts(
    asked.algorithm,
    asked.type,
    parts.map(part => ({ value: part.checksum ?? '', sizeBytes: part.sizeBytes }))
  );
}

/** The checksum of the whole object that a client may send with the completion. */
function checkClaimedChecksum(request: S3Request, checksum: StoredChecksum | undefined): void {
  const type = request.headers.get('x-amz-checksum-type');
  if (type !== null && checksum !== undefined && type !== checksum.type) {
    throw new RefusedError(
      400,
      'InvalidRequest',
      `The upload was created using the ${checksum.type} checksum mode. The complete request must use the same checksum mode.`
    );
  }
  if (checksum === undefined) {
    return;
  }
  const claimed = request.headers.get(checksumHeader(checksum.algorithm));
  // A composite value may be given with or without its number of parts.
  const values = [checksum.value, checksum.value.replace(/-\d+$/, '')];
  if (claimed !== null && !values.includes(claimed)) {
    throw badDigest(checksum.algorithm);
  }
}

const badDigest = (algorithm: ChecksumAlgorithm) =>
  new RefusedError(
    400,
    'BadDigest',
    `The ${algorithm} you specified did not match the calculated checksum.`
  );
