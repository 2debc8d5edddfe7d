import type { S3Client } from '@aws-sdk/client-s3';
import { describeBucket, isBucketName, readServiceFailure } from '../../aws';
import type { AwsClients } from '../../aws';
import { BedrockImportError } from '../../errors';

/**
 * Does something with a bucket wherever it is: what S3 answers for another Region is done again there.
 * Asking where a bucket is first would need a permission more.
 *
 * @throws BedrockImportError `BUCKET_NAME_INVALID` (usage), those of `describeBucket`, and what `work`
 *   throws
 */
export async function inRegionOfBucket<T>(
  aws: AwsClients,
  bucket: string,
  work: (s3: S3Client, region: string) => Promise<T>,
  signal: AbortSignal | undefined
): Promise<T> {
  if (!isBucketName(bucket)) {
    // Says so in its words.
    await describeBucket(aws, bucket, { signal });
  }
  try {
    return await work(aws.s3, aws.region);
  } catch (error) {
    if (!(error instanceof BedrockImportError) || error.code !== 'BUCKET_OTHER_REGION') {
      throw error;
    }
    const region =
      readServiceFailure(error.cause).bucketRegion ??
      (await describeBucket(aws, bucket, { anyRegion: true, signal })).region;
    if (region === aws.region) {
      throw error;
    }
    return await work(aws.s3In(region), region);
  }
}
