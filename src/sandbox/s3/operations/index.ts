import { RefusedError } from '../../sigv4';

import type { S3Operation, S3Request } from '../s3Request';
import {
  createBucket,
  deleteBucket,
  getBucketLocation,
  getBucketVersioning,
  headBucket,
  listBuckets
} from './buckets';
import { completeMultipartUpload } from './completeUpload';
import { copyObject, uploadPartCopy } from './copyObject';
import { deleteObject, deleteObjects } from './deleteObjects';
import { getObject } from './getObject';
import { listObjects } from './listObjects';
import { getObjectAttributes, getObjectTagging, putObjectTagging } from './objectFacts';
import { putObject } from './putObject';
import {
  abortMultipartUpload,
  createMultipartUpload,
  listMultipartUploads,
  listParts,
  uploadPart
} from './uploads';

/** By method, then by the query parameter that names a subresource ('' for none). */
type Routes = Readonly<Record<string, Readonly<Record<string, S3Operation>>>>;

const SERVICE: Routes = { GET: { '': listBuckets } };

const BUCKET: Routes = {
  GET: {
    '': listObjects,
    location: getBucketLocation,
    uploads: listMultipartUploads,
    versioning: getBucketVersioning
  },
  HEAD: { '': headBucket },
  PUT: { '': createBucket },
  DELETE: { '': deleteBucket },
  POST: { delete: deleteObjects }
};

const OBJECT: Routes = {
  GET: {
    '': getObject,
    attributes: getObjectAttributes,
    tagging: getObjectTagging,
    uploadId: listParts
  },
  HEAD: { '': getObject },
  PUT: { '': putObject, tagging: putObjectTagging, uploadId: uploadPart },
  POST: { uploadId: completeMultipartUpload, uploads: createMultipartUpload },
  DELETE: { '': deleteObject, uploadId: abortMultipartUpload }
};

/** Subresources of S3 that the sandbox does not have; without this, GET ?acl would give the object. */
const OTHER_SUBRESOURCES = [
  'accelerate',
  'acl',
  'analytics',
  'cors',
  'encryption',
  'intelligent-tiering',
  'inventory',
  'legal-hold',
  'lifecycle',
  'logging',
  'metrics',
  'notification',
  'object-lock',
  'ownershipControls',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'replication',
  'requestPayment',
  'restore',
  'retention',
  'select',
  'torrent',
  'versions',
  'website'
];

/** Without these refusals, an object would be kept without the lock or the key that was asked for. */
const OTHER_HEADERS =
  /^x-amz-(copy-source-)?server-side-encryption-customer-|^x-amz-object-lock-(?!token)/;

const COPIES = new Map<S3Operation, S3Operation>([
  [putObject, copyObject],
  [uploadPart, uploadPartCopy]
]);

/** @throws RefusedError NotImplemented, InvalidArgument or MethodNotAllowed. */
export function findOperation(
  request: Pick<S3Request, 'method' | 'bucket' | 'key' | 'query' | 'headers'>
): S3Operation {
  const { method, query } = request;
  const routes = request.bucket === '' ? SERVICE : request.key === '' ? BUCKET : OBJECT;
  if (
    OTHER_SUBRESOURCES.some(name => query.has(name)) ||
    [...request.headers.keys()].some(name => OTHER_HEADERS.test(name))
  ) {
    throw new RefusedError(
      501,
      'NotImplemented',
      'A header you provided implies functionality that is not implemented'
    );
  }
  if (method === 'PUT' && query.has('partNumber') && !query.has('uploadId')) {
    // Else a part would become the object.
    throw new RefusedError(
      400,
      'InvalidArgument',
      'This operation does not accept partNumber without uploadId',
      { ArgumentName: 'partNumber', ArgumentValue: query.get('partNumber') ?? '' }
    );
  }
  const operations = routes[method] ?? {};
  const name = Object.keys(operations).find(known => known !== '' && query.has(known)) ?? '';
  const operation = operations[name];
  if (operation === undefined) {
    throw new RefusedError(
      405,
      'MethodNotAllowed',
      'The specified method is not allowed against this resource.',
      { Method: method }
    );
  }
  return (request.headers.has('x-amz-copy-source') && COPIES.get(operation)) || operation;
}
