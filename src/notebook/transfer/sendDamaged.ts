import { createHash } from 'node:crypto';

import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';

import { formatS3Uri, throwIfCancelled, toAwsError } from '../../engine';
import type { S3Destination } from '../../engine';
import { isErrorLike } from '../../engine/aws';
import { badge, displayedAs, heading, keyValues, note, stack, withCellSignal } from '../display';
import type { Displayed, View } from '../display';
import { currentSession } from '../session';

export interface DamagedUpload {
  /** `s3://bucket/key` */
  object: string;
  refused: boolean;
  /** S3's own words. */
  code?: string;
  message?: string;
}

const BYTES = 1024;

/**
 * Sends a kilobyte with one wrong bit and the SHA-256 of the right bytes, as a copy would whose bytes were
 * damaged on the way, and shows what S3 says. What S3 took nevertheless is deleted at once.
 *
 * @throws BedrockImportError `CELL_ORDER` before `connect()`, `CANCELLED`, and those of `toAwsError`
 */
export async function sendDamaged(
  destination: S3Destination,
  options: { signal?: AbortSignal } = {}
): Promise<DamagedUpload & Displayed> {
  const { s3 } = currentSession().context.aws;
  const signal = withCellSignal(options.signal);
  const key = `${destination.prefix}damaged-on-purpose`;
  const object = formatS3Uri(destination) + 'damaged-on-purpose';
  const right = Uint8Array.from({ length: BYTES }, (_, index) => index % 251);
  const wrong = Uint8Array.from(right);
  wrong[BYTES / 2] = (wrong[BYTES / 2] ?? 0) ^ 1;
  const target = { Bucket: destination.bucket, Key: key };
  let upload: DamagedUpload = { object, refused: false };
  try {
    await s3.send(
      new PutObjectCommand({
        ...target,
        Body: wrong,
        ChecksumSHA256: createHash('sha256').update(right).digest('base64')
      }),
      { abortSignal: signal }
    );
    await s3.send(new DeleteObjectCommand(target));
  } catch (error) {
    throwIfCancelled(signal, object, error);
    if (!isErrorLike(error) || error.name !== 'BadDigest') {
      throw toAwsError(error, { action: 's3:PutObject', subject: object });
    }
    upload = { object, refused: true, code: error.name, message: error.message };
  }
  return displayedAs(upload, () => damagedView(upload));
}

function damagedView({ object, refused, code, message }: DamagedUpload): View {
  return stack(
    heading('A kilobyte with one wrong bit'),
    keyValues([
      ['Sent to', object],
      ['S3', refused ? badge('refuses it', 'ok') : badge('takes it', 'blocker')],
      ['Code', code],
      ['Message', message]
    ]),
    !refused &&
      note(
        'This S3 does not compare checksums. What it took was deleted. Copies to it are proved by reading back.',
        { tone: 'warning' }
      )
  );
}
