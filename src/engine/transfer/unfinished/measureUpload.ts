import type { S3Client } from '@aws-sdk/client-s3';
import { isUploadGone, listParts } from '../uploads';

/** What S3 has of an upload; undefined when it was completed or aborted meanwhile. */
export async function measureUpload(
  s3: S3Client,
  upload: { bucket: string; key: string; uploadId: string },
  signal: AbortSignal | undefined
): Promise<{ parts: number; bytes: number } | undefined> {
  let parts = 0;
  let bytes = 0;
  try {
    for await (const { Size } of listParts(s3, upload, signal)) {
      parts++;
      bytes += Size ?? 0;
    }
  } catch (error) {
    if (isUploadGone(error)) {
      return undefined;
    }
    throw error;
  }
  return { parts, bytes };
}
