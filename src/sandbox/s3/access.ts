import { RefusedError } from '../sigv4';
import type { SandboxState } from '../state';

import type { S3Request } from './s3Request';
import type { ObjectStore } from './store/objectStore';
import type { StoredBucket, StoredObject } from './store/types';

/** Exists for everybody and belongs to account 999999999999: AccessDenied whatever one does. */
export const FOREIGN_BUCKET = 'somebody-elses-bucket';
/** One's own, in eu-central-1 (us-east-1 when that is the sandbox's region): PermanentRedirect. */
export const OTHER_REGION_BUCKET = 'bucket-in-another-region';
/** One's own, may be listed and read; writing gets AccessDenied. */
export const READ_ONLY_BUCKET = 'read-only-bucket';

const FOREIGN_ACCOUNT = '999999999999';

/** The buckets that exist from the start, three of them for trying out refusals. */
export function seedBuckets(store: ObjectStore, state: SandboxState): void {
  const createdAt = state.now().toISOString();
  const own = { owner: state.account, region: state.region, createdAt };
  const otherRegion = state.region === 'eu-central-1' ? 'us-east-1' : 'eu-central-1';
  const seeds: StoredBucket[] = [
    { ...own, name: state.startBucket },
    { ...own, name: FOREIGN_BUCKET, owner: FOREIGN_ACCOUNT },
    { ...own, name: OTHER_REGION_BUCKET, region: otherRegion },
    { ...own, name: READ_ONLY_BUCKET, readOnly: true }
  ];
  for (const seed of seeds) {
    if (store.bucket(seed.name) === undefined) {
      store.createBucket(seed);
    }
  }
}

const accessDenied = (message: string, headers?: Readonly<Record<string, string>>) =>
  new RefusedError(403, 'AccessDenied', message, undefined, headers);

/** Amazon S3 User Guide, "General purpose bucket naming rules". */
export function isBucketName(name: string): boolean {
  return (
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !name.includes('..') &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !/^(xn--|sthree-|amzn-s3-demo-)/.test(name) &&
    !/(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name)
  );
}

const WRITES = /^s3:(Put|Delete|Abort|Create)/;

/**
 * The bucket of a request, after the checks that come before every operation on it.
 *
 * @param action The IAM action that the operation needs, such as 's3:PutObject'.
 * @throws RefusedError InvalidBucketName, NoSuchBucket, PermanentRedirect or AccessDenied.
 */
export function requireBucket(
  request: S3Request,
  action: string,
  name: string = request.bucket,
  key: string = request.key
): StoredBucket {
  if (!isBucketName(name)) {
    throw new RefusedError(400, 'InvalidBucketName', 'The specified bucket is not valid.', {
      BucketName: name
    });
  }
  const bucket = request.store.bucket(name);
  if (bucket === undefined) {
    throw new RefusedError(404, 'NoSuchBucket', 'The specified bucket does not exist', {
      BucketName: name
    });
  }
  const isSource = name !== request.bucket;
  // A copy is sent to the Region of its destination; its source may be in any (CopyObject).
  if (bucket.region !== request.verified.region && !isSource) {
    throw new RefusedError(
      301,
      'PermanentRedirect',
      'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.',
      { Endpoint: `s3.${bucket.region}.amazonaws.com`, Bucket: name },
      { 'x-amz-bucket-region': bucket.region }
    );
  }
  const expected = request.headers.get(
    isSource ? 'x-amz-source-expected-bucket-owner' : 'x-amz-expected-bucket-owner'
  );
  if (bucket.owner !== request.state.account || (expected !== null && expected !== bucket.owner)) {
    // Amazon S3 API Reference, "HeadBucket": the region is told to anyone.
    throw accessDenied('Access Denied', { 'x-amz-bucket-region': bucket.region });
  }
  if (bucket.readOnly === true && WRITES.test(action)) {
    const resource = `arn:aws:s3:::${name}${key === '' ? '' : `/${key}`}`;
    throw accessDenied(
      `User: arn:aws:iam::${request.state.account}:user/sandbox is not authorized to perform: ${action} ` +
        `on resource: "${resource}" because no identity-based policy allows the ${action} action`
    );
  }
  return bucket;
}

/** @throws RefusedError NoSuchKey, and those of `requireBucket`. */
export function requireObject(request: S3Request, action = 's3:GetObject'): StoredObject {
  requireBucket(request, action);
  const object = request.store.find(request.bucket, request.key);
  if (object === undefined) {
    throw noSuchKey(request.key);
  }
  return object;
}

export const noSuchKey = (key: string) =>
  new RefusedError(404, 'NoSuchKey', 'The specified key does not exist.', { Key: key });

const MAX_KEY_BYTES = 1024;

/** @throws RefusedError KeyTooLongError. */
export function checkKey(key: string): void {
  const size = Buffer.byteLength(key);
  if (size > MAX_KEY_BYTES) {
    throw new RefusedError(400, 'KeyTooLongError', 'Your key is too long', {
      Size: String(size),
      MaxSizeAllowed: String(MAX_KEY_BYTES)
    });
  }
}
