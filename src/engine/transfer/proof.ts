import { CopyObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { SLOW_S3_REQUEST } from '../aws';
import { askS3, isRefusal } from './askS3';
import { MAX_COPY_BYTES } from './partSize';
import { readBack } from './readBack';
import type { ObjectToProve, ProvedObject, ReadBackOptions } from './readBack';

/** S3's base64 SHA-256 as hex; `undefined` for a checksum of checksums (`-N`), which proves nothing about the whole. */
export function fullObjectSha256(
  checksum: string | undefined,
  type: string | undefined
): string | undefined {
  if (checksum === undefined || checksum.includes('-') || type === 'COMPOSITE') {
    return undefined;
  }
  const bytes = Buffer.from(checksum, 'base64');
  return bytes.length === 32 ? bytes.toString('hex') : undefined;
}

/** `CopySource` of an object, percent-encoded as its header needs it. */
export function copySource(bucket: string, key: string): string {
  return `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
}

/**
 * Establishes the SHA-256 of an object that was sent in parts: S3 computes it in a copy of the object
 * onto itself (Amazon S3 User Guide, "Checking object integrity": a copy with a new checksum algorithm
 * gets a full-object checksum). Where S3 does not say that the value is of the full object, or the object
 * is too large for one copy, it is read back and hashed here.
 */
export async function proveObject(
  s3: S3Client,
  target: ObjectToProve,
  signal: AbortSignal,
  reading: ReadBackOptions = {}
): Promise<ProvedObject> {
  if (target.sha256 !== undefined && target.sizeBytes <= MAX_COPY_BYTES) {
    const copied = await proveByCopy(s3, target, signal);
    if (copied.sha256 !== undefined) {
      return {
        sha256: copied.sha256,
        etag: copied.etag,
        provedBy: 's3-copy-checksum',
        matches: copied.sha256 === target.sha256
      };
    }
    return readBack(s3, { ...target, etag: copied.etag }, signal, reading);
  }
  return readBack(s3, target, signal, reading);
}

async function proveByCopy(
  s3: S3Client,
  target: ObjectToProve,
  signal: AbortSignal
): Promise<{ sha256?: string; etag: string }> {
  const { bucket, key } = target;
  const question = {
    action: 's3:PutObject (copy onto itself, for the checksum)',
    subject: `s3://${bucket}/${key}`
  };
  return askS3(question, signal, async () => {
    try {
      const answer = await s3.send(
        new CopyObjectCommand({
          Bucket: bucket,
          Key: key,
          CopySource: copySource(bucket, key),
          CopySourceIfMatch: target.etag || undefined,
          ChecksumAlgorithm: 'SHA256',
          // A copy onto itself must change something; the metadata is written again.
          MetadataDirective: 'REPLACE',
          Metadata: target.metadata,
          ContentType: 'application/octet-stream'
        }),
        { abortSignal: signal, ...SLOW_S3_REQUEST }
      );
      const result = answer.CopyObjectResult;
      if (result?.ChecksumType === 'FULL_OBJECT') {
        return {
          sha256: fullObjectSha256(result.ChecksumSHA256, result.ChecksumType),
          etag: result.ETag ?? target.etag
        };
      }
      return await statedChecksum(s3, { ...target, etag: result?.ETag ?? target.etag }, signal);
    } catch (error) {
      // The copy was made and its answer lost: the object has a new ETag, and S3 holds the checksum.
      if (isRefusal(error, 'PreconditionFailed', '412')) {
        return statedChecksum(s3, { ...target, etag: '' }, signal);
      }
      // A store without this kind of copy; the bytes can still be read.
      if (isRefusal(error, 'NotImplemented', 'InvalidRequest', 'InvalidArgument')) {
        return { etag: target.etag };
      }
      throw error;
    }
  });
}

/** What S3 says about the object that is there now, whoever wrote it. */
async function statedChecksum(
  s3: S3Client,
  target: ObjectToProve,
  signal: AbortSignal
): Promise<{ sha256?: string; etag: string }> {
  const head = await s3.send(
    new HeadObjectCommand({ Bucket: target.bucket, Key: target.key, ChecksumMode: 'ENABLED' }),
    { abortSignal: signal }
  );
  const stated = head.ChecksumType === 'FULL_OBJECT';
  return {
    sha256: stated ? fullObjectSha256(head.ChecksumSHA256, head.ChecksumType) : undefined,
    etag: head.ETag ?? target.etag
  };
}
