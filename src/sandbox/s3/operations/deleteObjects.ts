import { RefusedError } from '../../sigv4';

import { requireBucket } from '../access';
import { receiveDocument } from '../receiveBody';
import { unquoted, xmlResponse, type S3Operation } from '../s3Request';
import { malformedXml, parseXml } from '../xml';

const MAX_OBJECTS = 1000;

export const deleteObject: S3Operation = request => {
  requireBucket(request, 's3:DeleteObject');
  request.store.delete(request.bucket, request.key);
  return new Response(null, { status: 204 });
};

export const deleteObjects: S3Operation = async request => {
  requireBucket(request, 's3:ListBucket');
  const { headers } = request;
  const hasChecksum =
    headers.has('content-md5') ||
    headers.has('x-amz-trailer') ||
    [...headers.keys()].some(name => /^x-amz-checksum-(?!algorithm$|type$|mode$)/.test(name));
  if (!hasChecksum) {
    throw new RefusedError(
      400,
      'InvalidRequest',
      'Missing required header for this request: Content-MD5 OR x-amz-checksum-*'
    );
  }
  const root = parseXml(await receiveDocument(request), 'Delete');
  const objects = root.children('Object');
  if (objects.length === 0 || objects.length > MAX_OBJECTS) {
    throw malformedXml();
  }
  const isQuiet = root.text('Quiet') === 'true';
  const deleted: Array<{ Key: string }> = [];
  const errors: Array<{ Key: string; Code: string; Message: string }> = [];
  for (const element of objects) {
    const key = element.text('Key');
    if (key === undefined) {
      throw malformedXml();
    }
    const etag = element.text('ETag');
    try {
      requireBucket(request, 's3:DeleteObject', request.bucket, key);
      const existing = request.store.find(request.bucket, key);
      if (etag !== undefined && existing !== undefined && existing.etag !== unquoted(etag)) {
        throw new RefusedError(
          412,
          'PreconditionFailed',
          'At least one of the pre-conditions you specified did not hold'
        );
      }
      request.store.delete(request.bucket, key);
      deleted.push({ Key: key });
    } catch (error) {
      if (!(error instanceof RefusedError)) {
        throw error;
      }
      errors.push({ Key: key, Code: error.refusal.code, Message: error.refusal.message });
    }
  }
  return xmlResponse('DeleteResult', { Deleted: isQuiet ? [] : deleted, Error: errors });
};
