import { RefusedError } from '../../sigv4';

import { checkKey, requireBucket } from '../access';
import { checksumHeader, multipartChecksumType, readAlgorithm } from '../checksums';
import { readProperties } from '../objectHeaders';
import { receiveToFile } from '../receiveBody';
import { quoted, readInteger, xmlResponse, type S3Operation, type S3Request } from '../s3Request';
import { compareUtf8 } from '../store/objectStore';
import type { StoredUpload } from '../store/types';
import { readEncoding } from './listObjects';

const MAX_PAGE = 1000;

export const noSuchUpload = (uploadId: string) =>
  new RefusedError(
    404,
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    { UploadId: uploadId }
  );

/** @throws RefusedError NoSuchUpload, and those of `requireBucket`. */
export function requireUpload(request: S3Request, action: string): StoredUpload {
  requireBucket(request, action);
  const uploadId = request.query.get('uploadId') ?? '';
  const upload = request.store.upload(uploadId);
  if (upload === undefined || upload.bucket !== request.bucket || upload.key !== request.key) {
    throw noSuchUpload(uploadId);
  }
  return upload;
}

/** @throws RefusedError InvalidArgument. */
export function requirePartNumber(request: S3Request): number {
  const text = request.query.get('partNumber') ?? '';
  const partNumber = Number(text);
  if (!/^\d+$/.test(text) || partNumber < 1 || partNumber > 10000) {
    throw new RefusedError(
      400,
      'InvalidArgument',
      'Part number must be an integer between 1 and 10000, inclusive',
      { ArgumentName: 'partNumber', ArgumentValue: text }
    );
  }
  return partNumber;
}

export const createMultipartUpload: S3Operation = request => {
  requireBucket(request, 's3:PutObject');
  checkKey(request.key);
  const { headers } = request;
  const algorithm = readAlgorithm(headers.get('x-amz-checksum-algorithm'));
  const askedType = headers.get('x-amz-checksum-type');
  if (algorithm === undefined && askedType !== null) {
    throw new RefusedError(
      400,
      'InvalidRequest',
      'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.'
    );
  }
  const type = algorithm && multipartChecksumType(algorithm, askedType);
  const upload = request.store.createUpload({
    ...readProperties(headers),
    bucket: request.bucket,
    key: request.key,
    initiated: request.state.now().toISOString(),
    checksum: algorithm && type && { algorithm, type }
  });
  return xmlResponse(
    'InitiateMultipartUploadResult',
    { Bucket: upload.bucket, Key: upload.key, UploadId: upload.uploadId },
    algorithm && type ? { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': type } : {}
  );
};

export const uploadPart: S3Operation = async request => {
  const upload = requireUpload(request, 's3:PutObject');
  const partNumber = requirePartNumber(request);
  const asked = upload.checksum;
  const body = await receiveToFile(request, { compute: asked?.algorithm });
  const { checksum } = body;
  // A full-object CRC needs none with the parts, S3 computes them; composite ones must be sent.
  const expected = asked?.algorithm.toLowerCase() ?? 'null';
  const actual = checksum?.sent ? checksum.algorithm.toLowerCase() : 'null';
  const isMissing = actual === 'null' && asked?.type === 'COMPOSITE';
  // Without one in the upload, a CRC that an SDK adds by itself is checked and accepted: since
  // December 2024 such an upload has CRC64NVME by default.
  const isOther = checksum?.sent === true && asked !== undefined && expected !== actual;
  if (isMissing || isOther) {
    request.store.bodies.release(body.extents);
    throw new RefusedError(
      400,
      'InvalidRequest',
      `Checksum Type mismatch occurred, expected checksum Type: ${expected}, actual checksum Type: ${actual}`
    );
  }
  const isKept = request.store.putPart(upload.uploadId, {
    partNumber,
    sizeBytes: body.sizeBytes,
    etag: body.etag,
    lastModified: request.state.now().toISOString(),
    checksum: asked === undefined ? undefined : checksum?.value,
    extents: body.extents
  });
  if (!isKept) {
    throw noSuchUpload(upload.uploadId);
  }
  return new Response(null, {
    headers: {
      etag: quoted(body.etag),
      ...(checksum === undefined ? {} : { [checksumHeader(checksum.algorithm)]: checksum.value })
    }
  });
};

export const abortMultipartUpload: S3Operation = request => {
  const upload = requireUpload(request, 's3:AbortMultipartUpload');
  request.store.deleteUpload(upload.uploadId);
  return new Response(null, { status: 204 });
};

export const listParts: S3Operation = request => {
  const upload = requireUpload(request, 's3:ListMultipartUploadParts');
  const maxParts = readInteger(request, 'max-parts', { fallback: MAX_PAGE, min: 0, max: MAX_PAGE });
  const marker = readInteger(request, 'part-number-marker', { fallback: 0, min: 0, max: 10000 });
  const rest = request.store.parts(upload.uploadId).filter(part => part.partNumber > marker);
  const page = rest.slice(0, maxParts);
  const owner = { ID: request.state.account };
  return xmlResponse('ListPartsResult', {
    Bucket: upload.bucket,
    Key: upload.key,
    UploadId: upload.uploadId,
    Initiator: owner,
    Owner: owner,
    StorageClass: upload.storageClass,
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1)?.partNumber ?? 0,
    MaxParts: maxParts,
    IsTruncated: rest.length > page.length,
    ChecksumAlgorithm: upload.checksum?.algorithm,
    ChecksumType: upload.checksum?.type,
    Part: page.map(part => ({
      PartNumber: part.partNumber,
      LastModified: part.lastModified,
      ETag: quoted(part.etag),
      Size: part.sizeBytes,
      ...(upload.checksum === undefined
        ? {}
        : { [`Checksum${upload.checksum.algorithm}`]: part.checksum })
    }))
  });
};

export const listMultipartUploads: S3Operation = request => {
  requireBucket(request, 's3:ListBucketMultipartUploads');
  const { query } = request;
  const encode = readEncoding(request);
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const keyMarker = query.get('key-marker') ?? '';
  const idMarker = query.get('upload-id-marker') ?? '';
  const maxUploads = readInteger(request, 'max-uploads', {
    fallback: MAX_PAGE,
    min: 1,
    max: MAX_PAGE
  });
  const all = request.store.uploads(request.bucket).filter(({ key }) => key.startsWith(prefix));
  const position = all.findIndex(({ key, uploadId }) => key === keyMarker && uploadId === idMarker);
  const rest =
    position >= 0
      ? all.slice(position + 1)
      : all.filter(({ key }) => compareUtf8(key, keyMarker) > 0 || keyMarker === '');
  const prefixes = new Set<string>();
  const listed = rest.filter(({ key }) => {
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (cut >= 0) {
      prefixes.add(key.slice(0, cut + delimiter.length));
    }
    return cut < 0;
  });
  const page = listed.slice(0, maxUploads);
  const last = page.at(-1);
  const isTruncated = listed.length > page.length;
  const owner = { ID: request.state.account };
  return xmlResponse('ListMultipartUploadsResult', {
    Bucket: request.bucket,
    KeyMarker: encode(keyMarker),
    UploadIdMarker: idMarker,
    NextKeyMarker: isTruncated && last !== undefined ? encode(last.key) : undefined,
    NextUploadIdMarker: isTruncated ? last?.uploadId : undefined,
    Prefix: encode(prefix),
    Delimiter: delimiter === '' ? undefined : encode(delimiter),
    EncodingType: query.get('encoding-type'),
    MaxUploads: maxUploads,
    IsTruncated: isTruncated,
    Upload: page.map(upload => ({
      Key: encode(upload.key),
      UploadId: upload.uploadId,
      Initiator: owner,
      Owner: owner,
      StorageClass: upload.storageClass,
      Initiated: upload.initiated,
      ChecksumAlgorithm: upload.checksum?.algorithm,
      ChecksumType: upload.checksum?.type
    })),
    CommonPrefixes: [...prefixes].map(entry => ({ Prefix: encode(entry) }))
  });
};
