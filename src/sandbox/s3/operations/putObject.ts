import { checkKey, requireBucket } from '../access';
import { checksumHeader } from '../checksums';
import { readProperties } from '../objectHeaders';
import { checkWriteConditions } from '../preconditions';
import { receiveToFile } from '../receiveBody';
import { quoted, type S3Operation } from '../s3Request';

export const putObject: S3Operation = async request => {
  requireBucket(request, 's3:PutObject');
  checkKey(request.key);
  const properties = readProperties(request.headers);
  checkWriteConditions(request);
  const body = await receiveToFile(request);
  try {
    // Again: another writer may have come first while the bytes arrived.
    requireBucket(request, 's3:PutObject');
    checkWriteConditions(request);
  } catch (error) {
    request.store.bodies.release(body.extents);
    throw error;
  }
  const { checksum } = body;
  request.store.put({
    ...properties,
    bucket: request.bucket,
    key: request.key,
    sizeBytes: body.sizeBytes,
    etag: body.etag,
    lastModified: request.state.now().toISOString(),
    checksum: checksum && {
      algorithm: checksum.algorithm,
      value: checksum.value,
      type: 'FULL_OBJECT'
    },
    extents: body.extents
  });
  return new Response(null, {
    headers: {
      etag: quoted(body.etag),
      ...(checksum === undefined
        ? {}
        : {
            [checksumHeader(checksum.algorithm)]: checksum.value,
            'x-amz-checksum-type': 'FULL_OBJECT'
          })
    }
  });
};
