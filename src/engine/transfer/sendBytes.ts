import { toAwsError } from '../aws';
import { putInit } from './byteFetch';
import type { PartMoverInputs, PartTarget } from './partMover';
import { TransientFault, withRetries } from './retry';
import { networkCause, refusedPut } from './sendRange';
import type { PlannedFile } from './types';
import { presignPart } from './uploads';

/**
 * Sends a part whose bytes are in memory, as often as it takes.
 *
 * @param read gives the bytes anew for each try, so that nothing has to be held while it waits.
 * @throws BedrockImportError what `read` throws, those of AWS, `COPY_GAVE_UP`, `CANCELLED`
 */
export async function sendPartBytes(
  inputs: PartMoverInputs,
  file: PlannedFile,
  part: PartTarget,
  read: () => Promise<Uint8Array>
): Promise<{ etag: string }> {
  const { bytes, context, meter, plan, stop, onRetry } = inputs;
  const { bucket } = plan.destination;
  const { uploadId, partNumber, start, end } = part;
  const etag = await withRetries(
    {
      subject: file.path,
      signal: stop.signal,
      onRetry: ({ attempt, waitMs, fault }) =>
        onRetry({ path: file.path, part: partNumber, cause: fault.message, attempt, waitMs })
    },
    async () => {
      const body = await read();
      const put = await presignPart(context.aws.s3, {
        bucket,
        key: file.key,
        uploadId,
        partNumber
      }).catch((error: unknown) => {
        throw toAwsError(error, {
          action: 's3:PutObject',
          subject: `s3://${bucket}/${file.key}`
        });
      });
      const answer = await bytes
        .fetch(put.url, putInit(body, body.length, put.headers, stop.signal))
        .catch((error: unknown) => {
          throw new TransientFault(networkCause(error));
        });
      if (!answer.ok) {
        throw await refusedPut(answer, { path: file.path });
      }
      await answer.arrayBuffer();
      const tag = answer.headers.get('etag');
      if (tag === null) {
        throw new TransientFault('S3 confirmed the bytes without an ETag');
      }
      return tag;
    }
  );
  meter.moved(file.path, end - start, true);
  return { etag };
}
