import { createHash } from 'node:crypto';
import { toAwsError } from '../aws';
import { sendWithRetries } from './attempts';
import { contentType } from './manifest';
import type { MovedObject, PartMoverInputs, PartTarget } from './partMover';
import { judgePut, pipeFault } from './putAnswer';
import { STALL_MS } from './sendRange';
import type { PlannedFile } from './types';
import { presignObject, presignPart, sourceMetadata } from './uploads';
import type { PresignedPut } from './uploads';

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
  const { uploadId, partNumber, start, end } = part;
  const { bucket } = inputs.plan.destination;
  const headers = await sendWithRetries(
    inputs,
    { path: file.path, part: partNumber, lengthBytes: end - start },
    async onBytes => {
      const body = await read();
      const put = await signed(inputs, file, () =>
        presignPart(inputs.context.aws.s3, { bucket, key: file.key, uploadId, partNumber })
      );
      const headers = { ...put.headers, 'content-type': contentType(file.key) };
      return putBytes(inputs, file, { ...put, headers }, body, onBytes);
    }
  );
  return { etag: headers.get('etag') ?? '' };
}

/**
 * Sends a whole object whose bytes are in memory with one PUT that S3 refuses unless their SHA-256 is
 * right.
 *
 * @throws BedrockImportError those of AWS, `COPY_GAVE_UP`, `CANCELLED`
 */
export async function sendObjectBytes(
  inputs: PartMoverInputs,
  file: PlannedFile,
  body: Uint8Array
): Promise<MovedObject> {
  const { context, plan } = inputs;
  const digest = createHash('sha256').update(body).digest();
  const sha256 = digest.toString('hex');
  const headers = await sendWithRetries(
    inputs,
    { path: file.path, lengthBytes: body.length },
    async onBytes => {
      const put = await signed(inputs, file, () =>
        presignObject(context.aws.s3, {
          bucket: plan.destination.bucket,
          key: file.key,
          sha256,
          metadata: sourceMetadata(plan.source, file)
        })
      );
      const headers = { ...put.headers, 'content-type': contentType(file.key) };
      return putBytes(inputs, file, { ...put, headers }, body, onBytes);
    }
  );
  return {
    sha256,
    etag: headers.get('etag') ?? '',
    confirmed: headers.get('x-amz-checksum-sha256') === digest.toString('base64')
  };
}

/** Signing asks for credentials, which may have to be fetched. */
export async function signed(
  inputs: PartMoverInputs,
  file: PlannedFile,
  presign: () => Promise<PresignedPut>
): Promise<PresignedPut> {
  try {
    return await presign();
  } catch (error) {
    throw toAwsError(error, {
      action: 's3:PutObject',
      subject: `s3://${inputs.plan.destination.bucket}/${file.key}`
    });
  }
}

async function putBytes(
  inputs: PartMoverInputs,
  file: PlannedFile,
  put: PresignedPut,
  body: Uint8Array,
  onBytes: (count: number) => void
): Promise<Headers> {
  try {
    const answer = await inputs.bytes.put(
      { ...put, body },
      { signal: inputs.stop.signal, stallMs: STALL_MS, onBytes }
    );
    return judgePut(answer, { path: file.path, inMemoryFrom: inputs.plan.source });
  } catch (error) {
    throw pipeFault(error);
  }
}
