import { HeadObjectCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { askS3, isRefusal } from '../askS3';
import { fullObjectSha256 } from '../proof';
import { sourceChanged } from './s3SourceErrors';

/** Checksums that S3 itself holds of an object as a whole. */
export interface ObjectChecksums {
  etag: string;
  /** Hex. */
  sha256?: string;
  /** Base64. */
  crc64nvme?: string;
}

/**
 * What S3 says of this version of an object.
 *
 * @param etag with its quotes; empty for whatever is there
 * @throws BedrockImportError `SOURCE_CHANGED` when it is gone or another one, and those of `toAwsError`
 */
export async function readChecksums(
  s3: S3Client,
  object: { bucket: string; key: string; etag: string },
  signal: AbortSignal | undefined
): Promise<ObjectChecksums> {
  const { bucket, key, etag } = object;
  const subject = `s3://${bucket}/${key}`;
  return askS3({ action: `s3:GetObject on ${bucket}`, subject }, signal, async () => {
    try {
      const head = await s3.send(
        new HeadObjectCommand({
          Bucket: bucket,
          Key: key,
          IfMatch: etag || undefined,
          ChecksumMode: 'ENABLED'
        }),
        { abortSignal: signal }
      );
      const whole = head.ChecksumType === 'FULL_OBJECT';
      return {
        etag: head.ETag ?? etag,
        sha256: fullObjectSha256(head.ChecksumSHA256, head.ChecksumType),
        crc64nvme: whole ? head.ChecksumCRC64NVME : undefined
      };
    } catch (error) {
      if (isRefusal(error, '412')) {
        throw sourceChanged(subject, 'was written again', error);
      }
      if (isRefusal(error, '404')) {
        throw sourceChanged(subject, 'is gone', error);
      }
      throw error;
    }
  });
}
