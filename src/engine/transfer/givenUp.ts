import { AbortMultipartUploadCommand } from '@aws-sdk/client-s3';
import { askS3, isRefusal } from './askS3';
import type { CopyPlan, TransferContext } from './types';
import { findUnfinishedUploads } from './uploads';

/** A multipart upload that was begun and neither completed nor aborted. */
export interface UnfinishedUpload {
  key: string;
  uploadId: string;
}

/**
 * The unfinished uploads at the keys that a plan sends in parts: what a copy that is given up would
 * leave behind. Empty also where s3:ListBucketMultipartUploads is not allowed.
 *
 * @throws BedrockImportError those of `toAwsError`, `CANCELLED`
 */
export async function findUploads(
  context: Pick<TransferContext, 'aws'>,
  plan: CopyPlan,
  signal: AbortSignal
): Promise<UnfinishedUpload[]> {
  const keys = new Set(
    plan.files
      .filter(({ method, action }) => method === 'multipart' && action !== 'skip')
      .map(({ key }) => key)
  );
  if (keys.size === 0) {
    return [];
  }
  const found = await findUnfinishedUploads(context.aws.s3, plan.destination, signal);
  return [...found].flatMap(([key, uploadIds]) =>
    keys.has(key) ? uploadIds.map(uploadId => ({ key, uploadId })) : []
  );
}

/**
 * Aborts what `findUploads` finds, for a copy that shall not go on: the parts that have arrived are
 * thrown away. A copy of the same plan that runs elsewhere begins its files anew.
 *
 * @returns those that are gone now
 * @throws BedrockImportError `ACCESS_DENIED` and the others of `toAwsError`, `CANCELLED`
 */
export async function abortUploads(
  context: Pick<TransferContext, 'aws'>,
  plan: CopyPlan,
  signal: AbortSignal
): Promise<UnfinishedUpload[]> {
  const { bucket } = plan.destination;
  const uploads = await findUploads(context, plan, signal);
  for (const { key, uploadId } of uploads) {
    await askS3(
      { action: 's3:AbortMultipartUpload', subject: `s3://${bucket}/${key}` },
      signal,
      async () => {
        try {
          await context.aws.s3.send(
            new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId }),
            { abortSignal: signal }
          );
        } catch (error) {
          if (!isRefusal(error, 'NoSuchUpload')) {
            throw error;
          }
        }
      }
    );
  }
  return uploads;
}
