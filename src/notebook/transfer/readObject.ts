import { GetObjectCommand } from '@aws-sdk/client-s3';

import { throwIfCancelled, toAwsError } from '../../engine';
import { currentSession } from '../session';

/**
 * The bytes of an object in S3, piece by piece.
 *
 * @throws BedrockImportError `CELL_ORDER` before `connect()`, `CANCELLED`, and those of `toAwsError`
 */
export async function* readObject(
  bucket: string,
  key: string,
  signal: AbortSignal | undefined
): AsyncGenerator<Uint8Array> {
  const { s3 } = currentSession().context.aws;
  const subject = `s3://${bucket}/${key}`;
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }), {
      abortSignal: signal
    });
    const reader = Body?.transformToWebStream().getReader() as
      ReadableStreamDefaultReader<Uint8Array> | undefined;
    for (;;) {
      const next = await reader?.read();
      throwIfCancelled(signal, subject);
      if (next?.value === undefined) {
        return;
      }
      yield next.value;
    }
  } catch (error) {
    throwIfCancelled(signal, subject, error);
    throw toAwsError(error, { action: 's3:GetObject', subject });
  }
}
