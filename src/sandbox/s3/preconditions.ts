import { RefusedError } from '../sigv4';

import { noSuchKey } from './access';
import { unquoted, type S3Request } from './s3Request';
import type { StoredObject } from './store/types';

const failed = (condition: string) =>
  new RefusedError(
    412,
    'PreconditionFailed',
    'At least one of the pre-conditions you specified did not hold',
    { Condition: condition }
  );

const matches = (list: string, object: StoredObject) =>
  list.split(',').some(item => item.trim() === '*' || unquoted(item) === object.etag);

const seconds = (time: string) => Math.floor(new Date(time).getTime() / 1000);

/**
 * The conditions of a read, in HTTP's order of precedence.
 *
 * @param prefix 'x-amz-copy-source-' for the source of a copy.
 * @returns False when the object is unmodified (304).
 * @throws RefusedError PreconditionFailed.
 */
export function checkReadConditions(headers: Headers, object: StoredObject, prefix = ''): boolean {
  const ifMatch = headers.get(`${prefix}if-match`);
  const ifUnmodified = headers.get(`${prefix}if-unmodified-since`);
  const modified = seconds(object.lastModified);
  if (ifMatch !== null && !matches(ifMatch, object)) {
    throw failed('If-Match');
  }
  if (ifMatch === null && ifUnmodified !== null && modified > seconds(ifUnmodified)) {
    throw failed('If-Unmodified-Since');
  }
  const ifNoneMatch = headers.get(`${prefix}if-none-match`);
  const ifModified = headers.get(`${prefix}if-modified-since`);
  const unchanged =
    ifNoneMatch !== null
      ? matches(ifNoneMatch, object)
      : ifModified !== null && modified <= seconds(ifModified);
  if (unchanged && prefix !== '') {
    throw failed(ifNoneMatch === null ? 'If-Modified-Since' : 'If-None-Match');
  }
  return !unchanged;
}

/**
 * The conditions of a write: If-None-Match: * (not when there is one already) and If-Match.
 *
 * @throws RefusedError PreconditionFailed, NoSuchKey or NotImplemented.
 */
export function checkWriteConditions(request: S3Request): void {
  const existing = request.store.find(request.bucket, request.key);
  const ifNoneMatch = request.headers.get('if-none-match');
  if (ifNoneMatch !== null && ifNoneMatch !== '*') {
    throw new RefusedError(
      501,
      'NotImplemented',
      'A header you provided implies functionality that is not implemented',
      { Header: 'If-None-Match' }
    );
  }
  if (ifNoneMatch !== null && existing !== undefined) {
    throw failed('If-None-Match');
  }
  const ifMatch = request.headers.get('if-match');
  if (ifMatch !== null && existing === undefined) {
    throw noSuchKey(request.key);
  }
  if (ifMatch !== null && existing !== undefined && unquoted(ifMatch) !== existing.etag) {
    throw failed('If-Match');
  }
}
