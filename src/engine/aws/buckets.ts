import { CreateBucketCommand, paginateListBuckets } from '@aws-sdk/client-s3';
import type { BucketLocationConstraint } from '@aws-sdk/client-s3';

import { BedrockImportError } from '../errors';
import { readServiceFailure, toAwsError } from './awsErrors';
import { checkBucketName } from './bucket';
import type { AwsClients } from './clients';

/** The one Region whose name S3 takes for no Region (Amazon S3 API Reference, "CreateBucket"). */
const UNNAMED_REGION = 'us-east-1';

/**
 * Names of the account's general purpose buckets in the Region of the clients, sorted. One that the
 * caller may list is not one that the caller may write to: `describeBucket` tells more.
 *
 * @throws BedrockImportError ACCESS_DENIED (s3:ListAllMyBuckets) and others of toAwsError
 */
export async function listBuckets(
  aws: AwsClients,
  options: { signal?: AbortSignal } = {}
): Promise<string[]> {
  const names: string[] = [];
  try {
    const pages = paginateListBuckets(
      { client: aws.s3, pageSize: 1000, stopOnSameToken: true },
      { BucketRegion: aws.region },
      { abortSignal: options.signal }
    );
    for await (const page of pages) {
      for (const { Name, BucketRegion } of page.Buckets ?? []) {
        // A store that does not know the parameter gives those of every Region.
        if (Name !== undefined && (BucketRegion ?? aws.region) === aws.region) {
          names.push(Name);
        }
      }
    }
  } catch (error) {
    throw toAwsError(error, { action: 's3:ListAllMyBuckets' });
  }
  return names.sort();
}

/**
 * Makes a private bucket in the Region of the clients. New buckets block public access and encrypt what
 * they hold by themselves (Amazon S3 User Guide, "Default settings for new S3 buckets").
 *
 * @throws BedrockImportError BUCKET_NAME_INVALID, BUCKET_NAME_TAKEN, BUCKET_EXISTS (it is the caller's
 *   already), and those of toAwsError
 */
export async function createBucket(
  aws: AwsClients,
  bucket: string,
  options: { signal?: AbortSignal } = {}
): Promise<void> {
  checkBucketName(bucket);
  const { region } = aws;
  try {
    await aws.s3.send(
      new CreateBucketCommand({
        Bucket: bucket,
        ...(region === UNNAMED_REGION
          ? {}
          : {
              CreateBucketConfiguration: {
                // The type lists the Regions that were known when the SDK was made.
                LocationConstraint: region as BucketLocationConstraint
              }
            })
      }),
      { abortSignal: options.signal }
    );
  } catch (error) {
    const { name } = readServiceFailure(error);
    if (name === 'BucketAlreadyOwnedByYou') {
      throw refused('BUCKET_EXISTS', `${bucket} is a bucket of yours already.`, bucket, {
        nextStep: 'Use it as it is, or give another name.',
        cause: error
      });
    }
    if (name === 'BucketAlreadyExists') {
      throw refused('BUCKET_NAME_TAKEN', `${bucket} is a bucket of somebody else.`, bucket, {
        nextStep:
          'Give another name: all accounts share them. One with your account’s number in it is likely to be free.',
        cause: error
      });
    }
    throw toAwsError(error, { action: 's3:CreateBucket', subject: bucket });
  }
}

function refused(
  code: string,
  message: string,
  subject: string,
  more: { nextStep: string; cause: unknown }
): BedrockImportError {
  return new BedrockImportError({ code, message, subject, kind: 'blocked', ...more });
}
