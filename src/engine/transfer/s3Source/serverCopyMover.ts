import { CopyObjectCommand, DeleteObjectCommand, UploadPartCopyCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { readServiceFailure, SLOW_S3_REQUEST, toAwsError } from '../../aws';
import { isRefusal } from '../askS3';
import { sendWithRetries } from '../attempts';
import type { MovedObject, PartMover, PartMoverInputs, PartTarget, UploadWish } from '../partMover';
import type { S3Source } from '../planSource';
import { copySource, fullObjectSha256 } from '../proof';
import type { ProvedObject } from '../readBack';
import { TransientFault } from '../retry';
import type { PlannedFile } from '../types';
import { sourceMetadata } from '../uploads';
import { readChecksums } from './objectChecksums';
import { sourceArchived, sourceChanged, sourceMismatch } from './s3SourceErrors';

/** Requests that S3 works on by itself; more of them only make it say that it is busy. */
const MOST_REQUESTS = 16;

/** Inside S3: the bytes never come here. Each copy is of the listed version and of no other. */
export class ServerCopyMover implements PartMover {
  readonly maxConnections = MOST_REQUESTS;
  private readonly crcs = new Map<string, Promise<string | undefined>>();

  constructor(
    private readonly inputs: PartMoverInputs,
    private readonly source: S3Source
  ) {}

  async moveObject(file: PlannedFile): Promise<MovedObject> {
    const { context, plan, stop } = this.inputs;
    const { bucket } = plan.destination;
    const answer = await this.copying(file, { lengthBytes: file.sizeBytes }, () =>
      context.aws.s3.send(
        new CopyObjectCommand({
          Bucket: bucket,
          Key: file.key,
          CopySource: copySource(this.source.bucket, this.sourceKey(file)),
          CopySourceIfMatch: file.sourceEtag,
          ChecksumAlgorithm: 'SHA256',
          MetadataDirective: 'REPLACE',
          Metadata: sourceMetadata(plan.source, file),
          ContentType: contentType(file.key),
          // Tags of the source would need two permissions more and mean nothing here.
          TaggingDirective: 'REPLACE'
        }),
        { abortSignal: stop.signal, ...SLOW_S3_REQUEST }
      )
    );
    const result = answer.CopyObjectResult;
    const etag = result?.ETag ?? '';
    const found =
      result?.ChecksumType === 'FULL_OBJECT'
        ? fullObjectSha256(result.ChecksumSHA256, result.ChecksumType)
        : undefined;
    if (found === undefined) {
      return { etag, sha256: file.sha256, confirmed: false };
    }
    if (file.sha256 !== undefined && file.sha256 !== found) {
      throw sourceMismatch(this.subject(file), await this.discard(context.aws.s3, file));
    }
    return {
      etag,
      sha256: found,
      confirmed: true,
      provedBy: file.sha256 === undefined ? 's3-server-copy' : 's3-copy-checksum'
    };
  }

  async movePart(file: PlannedFile, part: PartTarget): Promise<{ etag: string }> {
    const { context, plan, stop } = this.inputs;
    const { partNumber, start, end } = part;
    const answer = await this.copying(file, { part: partNumber, lengthBytes: end - start }, () =>
      context.aws.s3.send(
        new UploadPartCopyCommand({
          Bucket: plan.destination.bucket,
          Key: file.key,
          UploadId: part.uploadId,
          PartNumber: partNumber,
          CopySource: copySource(this.source.bucket, this.sourceKey(file)),
          CopySourceRange: `bytes=${start}-${end - 1}`,
          CopySourceIfMatch: file.sourceEtag
        }),
        { abortSignal: stop.signal, ...SLOW_S3_REQUEST }
      )
    );
    return { etag: answer.CopyPartResult?.ETag ?? '' };
  }

  /**
   * Parts of an earlier run may be of an earlier version of the object; where nothing could show that
   * afterwards, they are not used.
   */
  async uploadWish(file: PlannedFile): Promise<UploadWish> {
    const crc = await this.sourceCrc(file);
    return {
      checksum: crc === undefined ? undefined : 'CRC64NVME',
      anew: crc === undefined && file.sha256 === undefined
    };
  }

  /** By S3's checksums of both whole objects, so that nothing has to be read back. */
  async proveParts(file: PlannedFile, etag: string): Promise<ProvedObject | undefined> {
    const { context, plan, stop } = this.inputs;
    const expected = await this.sourceCrc(file);
    if (expected === undefined) {
      return undefined;
    }
    const found = await readChecksums(
      context.aws.s3,
      { bucket: plan.destination.bucket, key: file.key, etag },
      stop.signal
    );
    if (found.crc64nvme === undefined) {
      return undefined;
    }
    const matches = found.crc64nvme === expected;
    return file.sha256 === undefined && matches
      ? undefined
      : {
          sha256: file.sha256 ?? '',
          etag: found.etag,
          provedBy: 's3-same-checksum',
          matches
        };
  }

  async close(): Promise<void> {}

  /** The source's own checksum, asked for once; of an object that another one has replaced, none. */
  private sourceCrc(file: PlannedFile): Promise<string | undefined> {
    const known = this.crcs.get(file.path);
    if (known !== undefined) {
      return known;
    }
    const asked = readChecksums(
      this.inputs.context.aws.s3In(this.source.region),
      {
        bucket: this.source.bucket,
        key: this.sourceKey(file),
        etag: file.sourceEtag ?? ''
      },
      this.inputs.stop.signal
    ).then(({ crc64nvme }) => crc64nvme);
    this.crcs.set(file.path, asked);
    asked.catch(() => this.crcs.delete(file.path));
    return asked;
  }

  private copying<T>(
    file: PlannedFile,
    piece: { part?: number; lengthBytes: number },
    send: () => Promise<T>
  ): Promise<T> {
    const subject = `s3://${this.inputs.plan.destination.bucket}/${file.key}`;
    return sendWithRetries(this.inputs, { path: file.path, ...piece }, async () => {
      try {
        return await send();
      } catch (error) {
        throw (await this.sourceFault(file, error)) ?? copyFault(error, subject);
      }
    });
  }

  /** What a refusal says of the source; `undefined` when it is about anything else. */
  private async sourceFault(file: PlannedFile, error: unknown): Promise<Error | undefined> {
    const subject = this.subject(file);
    if (isRefusal(error, 'PreconditionFailed', '412')) {
      return sourceChanged(subject, 'was written again', error);
    }
    if (isRefusal(error, 'NoSuchKey')) {
      return sourceChanged(subject, 'is gone', error);
    }
    if (isRefusal(error, 'InvalidObjectState')) {
      return sourceArchived(subject, error);
    }
    if (isRefusal(error, 'AccessDenied')) {
      // The refusal may be about either side; asked alone, the source tells.
      return this.sourceRefusal(file);
    }
    return undefined;
  }

  private sourceRefusal(file: PlannedFile): Promise<Error | undefined> {
    const { bucket, region } = this.source;
    const object = { bucket, key: this.sourceKey(file), etag: file.sourceEtag ?? '' };
    return readChecksums(
      this.inputs.context.aws.s3In(region),
      object,
      this.inputs.stop.signal
    ).then(
      () => undefined,
      (refused: unknown) =>
        toAwsError(refused, { action: `s3:GetObject on ${bucket}`, subject: this.subject(file) })
    );
  }

  private async discard(s3: S3Client, file: PlannedFile): Promise<boolean> {
    const { plan, stop } = this.inputs;
    const target = { Bucket: plan.destination.bucket, Key: file.key };
    return s3.send(new DeleteObjectCommand(target), { abortSignal: stop.signal }).then(
      () => true,
      () => false
    );
  }

  private sourceKey(file: PlannedFile): string {
    return this.source.prefix + file.path;
  }

  private subject(file: PlannedFile): string {
    return `s3://${this.source.bucket}/${this.sourceKey(file)}`;
  }
}

/** A refusal of the copy itself: one that passes is tried again. */
function copyFault(error: unknown, subject: string): Error {
  const final = toAwsError(error, { action: 's3:PutObject', subject });
  const { name, status = 0 } = readServiceFailure(error);
  switch (final.code) {
    case 'THROTTLED':
      return new TransientFault(`S3 answered ${name}`, { final, busy: `S3 answered ${name}` });
    case 'NETWORK':
      return new TransientFault('the connection to S3 failed', { final, connection: 'broken' });
    case 'AWS_ERROR':
      // An error that comes after the head of the answer has the status 200.
      return status >= 500 || name === 'InternalError'
        ? new TransientFault(`S3 answered ${name}`, { final })
        : final;
    default:
      return final;
  }
}

function contentType(key: string): string {
  return key.endsWith('.json') ? 'application/json' : 'application/octet-stream';
}
