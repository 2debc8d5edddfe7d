import { HeadBucketCommand } from '@aws-sdk/client-s3';

import { BedrockImportError, cancelledError, throwIfCancelled } from '../errors';
import type { AwsClients } from './clients';
import { readServiceFailure, toAwsError, type ServiceFailure } from './awsErrors';

export interface BucketDescription {
  region: string;
  exists: true;
  /** True when S3 confirmed the expected account; undefined when no account was given. */
  ownedByCaller?: boolean;
}

export interface DescribeBucketOptions {
  /** Twelve digits; S3 then refuses a bucket of any other account. */
  account?: string;
  /** The bucket may be in another Region: it is only read from. */
  anyRegion?: boolean;
  signal?: AbortSignal;
}

/**
 * Asks S3 whether the bucket exists, whose it is and where. Changes nothing.
 *
 * @throws BedrockImportError BUCKET_NAME_INVALID, BUCKET_NOT_FOUND, BUCKET_ACCESS_DENIED,
 *   BUCKET_OTHER_REGION, and those of toAwsError.
 */
export async function describeBucket(
  aws: AwsClients,
  bucket: string,
  options: DescribeBucketOptions = {}
): Promise<BucketDescription> {
  checkBucketName(bucket);
  throwIfCancelled(options.signal, bucket);
  const region = await headBucket(aws, bucket, options);
  if (region !== aws.region && options.anyRegion !== true) {
    throw otherRegion(bucket, region, aws.region);
  }
  return {
    region,
    exists: true,
    ...(options.account === undefined ? {} : { ownedByCaller: true })
  };
}

async function headBucket(
  aws: AwsClients,
  bucket: string,
  options: DescribeBucketOptions
): Promise<string> {
  const { account, signal } = options;
  try {
    const found = await aws.s3.send(
      new HeadBucketCommand({
        Bucket: bucket,
        ...(account === undefined ? {} : { ExpectedBucketOwner: account })
      }),
      { abortSignal: signal }
    );
    return found.BucketRegion ?? aws.region;
  } catch (error) {
    const failure = readServiceFailure(error);
    if (failure.name === 'AbortError') {
      throw cancelledError(bucket, error);
    }
    // S3 answers HEAD without a body: status and headers are all there is to tell cases apart.
    if (failure.status === 404 || failure.name === 'NoSuchBucket') {
      throw new BedrockImportError({
        code: 'BUCKET_NOT_FOUND',
        message: `The bucket ${bucket} does not exist.`,
        subject: bucket,
        nextStep: `Check the name, or create it: aws s3 mb s3://${bucket} --region ${aws.region}`,
        kind: 'blocked',
        cause: error
      });
    }
    if (failure.bucketRegion !== undefined && failure.bucketRegion !== aws.region) {
      if (options.anyRegion === true) {
        return failure.bucketRegion;
      }
      throw otherRegion(bucket, failure.bucketRegion, aws.region, error);
    }
    if (failure.status === 403 && isPlainRefusal(failure)) {
      throw await accessDenied(aws, bucket, options, error);
    }
    throw toAwsError(error, { action: 's3:ListBucket', subject: bucket });
  }
}

/** Without a body the SDK names the error after the status; a name of its own says more than 403. */
function isPlainRefusal(failure: ServiceFailure): boolean {
  return ['Forbidden', 'AccessDenied', 'Unknown', 'UnknownError', '403'].includes(failure.name);
}

async function accessDenied(
  aws: AwsClients,
  bucket: string,
  options: DescribeBucketOptions,
  cause: unknown
): Promise<BedrockImportError> {
  const { account, signal } = options;
  let foreign = false;
  if (account !== undefined) {
    try {
      await aws.s3.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal: signal });
      foreign = true;
    } catch (error) {
      if (readServiceFailure(error).name === 'AbortError') {
        return cancelledError(bucket, error);
      }
    }
  }
  return new BedrockImportError({
    code: 'BUCKET_ACCESS_DENIED',
    message: foreign
      ? `The bucket ${bucket} belongs to another AWS account than ${account}.`
      : `S3 refused access to the bucket ${bucket}: it is a bucket of someone else, or there is no permission to use it.`,
    subject: bucket,
    nextStep: foreign
      ? 'Use a bucket of your own account: bucket names are shared by all accounts, so this one may only look like yours.'
      : `Check the name; where the bucket is yours, allow s3:ListBucket on arn:aws:s3:::${bucket} ("bedrock-import iam policies" prints the policies needed).`,
    kind: 'blocked',
    cause
  });
}

function otherRegion(
  bucket: string,
  bucketRegion: string,
  region: string,
  cause?: unknown
): BedrockImportError {
  return new BedrockImportError({
    code: 'BUCKET_OTHER_REGION',
    message: `The bucket ${bucket} is in ${bucketRegion}, but the model is to be imported in ${region}.`,
    subject: bucket,
    nextStep: `Use a bucket in ${region}, or set AWS_REGION=${bucketRegion} if Bedrock can import models there.`,
    kind: 'blocked',
    cause
  });
}

/** Bucket naming rules of the Amazon S3 User Guide, "General purpose bucket naming rules". */
export function isBucketName(name: string): boolean {
  return (
    name.length >= 3 &&
    name.length <= 63 &&
    /^[a-z0-9][a-z0-9.-]*[a-z0-9]$/.test(name) &&
    !name.includes('..') &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name)
  );
}

/** Keeps a wrong name from becoming part of a host name or path. */
export function checkBucketName(bucket: string): void {
  if (!isBucketName(bucket)) {
    throw new BedrockImportError({
      code: 'BUCKET_NAME_INVALID',
      message: `${JSON.stringify(bucket.slice(0, 80))} is not the name of an S3 bucket.`,
      subject: bucket.slice(0, 80),
      nextStep:
        'Give the bare name: 3 to 63 lower-case letters, digits, dots and dashes, without s3:// and without a path.',
      kind: 'usage'
    });
  }
}
