import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { createHash } from 'node:crypto';
import { toAwsError } from '../aws';
import { BedrockImportError } from '../errors';
import { askS3 } from './askS3';
import { createBytePipe } from './bytes';
import type { AnswerHead, BytePipe } from './bytes';
import { pipeFault } from './putAnswer';
import type { Outages } from './outages';
import { TransientFault, withRetries } from './retry';
import { STALL_MS } from './sendRange';
import type { Slots } from './slots';
import type { ProofMethod } from './types';

export interface ObjectToProve {
  bucket: string;
  key: string;
  sizeBytes: number;
  /** Hex; what the object must have, when the source says it. */
  sha256?: string;
  /** Git blob SHA-1, when that is what the hub publishes. */
  gitOid?: string;
  metadata: Record<string, string>;
  etag: string;
}

export interface ProvedObject {
  sha256: string;
  etag: string;
  provedBy: ProofMethod;
  /** False when the object has other bytes than the source's file. */
  matches: boolean;
}

export interface ReadBackOptions {
  /** What carries the bytes. @default one of its own */
  pipe?: BytePipe;
  outages?: Outages;
  /** Where read-backs wait for their turn. */
  slots?: Slots;
  /** A connection that brings nothing for so long is given up. @default 30 000 */
  stallMs?: number;
}

/** Ranges that are read at the same time, because one connection to S3 is slower than the hash. */
const RANGES_AT_ONCE = 4;
const RANGE_BYTES = 4 * 2 ** 20;
/** A signature is used for a while; it outlives the slowest range. */
const SIGNATURE_SECONDS = 3600;
const SIGNATURE_USE_MS = 600_000;

/**
 * Reads an object from S3 and hashes it: a few ranges at a time, each again where its connection broke,
 * hashed in their order. Needs 16 MiB of memory at any size.
 *
 * @throws BedrockImportError `READ_BACK_SHORT`, `COPY_GAVE_UP`, `CANCELLED`, and those of `toAwsError`
 */
export async function readBack(
  s3: S3Client,
  target: ObjectToProve,
  signal: AbortSignal,
  options: ReadBackOptions = {}
): Promise<ProvedObject> {
  await options.slots?.take();
  const pipe = options.pipe ?? createBytePipe({ connections: RANGES_AT_ONCE });
  const stop = new AbortController();
  const onAbort = (): void => stop.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) {
    onAbort();
  }
  try {
    return await hashObject(new RangeReader(s3, target, pipe, stop.signal, options), target);
  } finally {
    signal.removeEventListener('abort', onAbort);
    // Ends the ranges that are on their way when one of them failed.
    stop.abort();
    if (options.pipe === undefined) {
      pipe.close();
    }
    options.slots?.free();
  }
}

async function hashObject(reader: RangeReader, target: ObjectToProve): Promise<ProvedObject> {
  const sha256 = createHash('sha256');
  const gitSha1 =
    target.gitOid === undefined
      ? undefined
      : createHash('sha1').update(`blob ${target.sizeBytes}\0`);
  const buffers = Array.from(
    { length: RANGES_AT_ONCE },
    () => new Uint8Array(Math.min(RANGE_BYTES, target.sizeBytes))
  );
  const onTheirWay: Promise<Uint8Array>[] = [];
  let next = 0;
  const begin = (buffer: Uint8Array): void => {
    const start = next;
    next = Math.min(target.sizeBytes, start + RANGE_BYTES);
    const read = reader.read(start, buffer.subarray(0, next - start));
    // It is looked at when its turn comes.
    read.catch(() => undefined);
    onTheirWay.push(read);
  };
  for (const buffer of buffers) {
    // An empty object is asked for, too: it has to be there.
    if (next < target.sizeBytes || next === 0) {
      begin(buffer);
    }
    if (target.sizeBytes === 0) {
      break;
    }
  }
  let turn = 0;
  for (let read = onTheirWay.shift(); read !== undefined; read = onTheirWay.shift()) {
    const bytes = await read;
    sha256.update(bytes);
    gitSha1?.update(bytes);
    const buffer = buffers[turn++ % RANGES_AT_ONCE];
    if (next < target.sizeBytes && buffer !== undefined) {
      begin(buffer);
    }
  }
  const found = sha256.digest('hex');
  const matches =
    (target.sha256 === undefined || target.sha256 === found) &&
    (gitSha1 === undefined || gitSha1.digest('hex') === target.gitOid);
  return { sha256: found, etag: reader.etag, provedBy: 'read-back', matches };
}

/** Reads ranges of one object, of one version of it. */
class RangeReader {
  etag: string;
  private signature: { url: string; at: number } | undefined;

  constructor(
    private readonly s3: S3Client,
    private readonly target: ObjectToProve,
    private readonly pipe: BytePipe,
    private readonly signal: AbortSignal,
    private readonly options: ReadBackOptions
  ) {
    this.etag = target.etag;
  }

  async read(start: number, buffer: Uint8Array): Promise<Uint8Array> {
    const { signal, options } = this;
    return withRetries(
      {
        subject: this.subject,
        signal,
        outages: options.outages,
        onRetry: () => {
          this.signature = undefined;
        }
      },
      async () => {
        let filled = 0;
        try {
          const url = await this.url();
          await this.pipe.read(
            {
              url,
              headers: {
                'accept-encoding': 'identity',
                ...(buffer.length === 0
                  ? {}
                  : { range: `bytes=${start}-${start + buffer.length - 1}` }),
                ...(this.etag === '' ? {} : { 'if-match': this.etag })
              },
              lengthBytes: buffer.length,
              judge: head => this.judge(head, start, buffer.length)
            },
            chunk => {
              buffer.set(chunk, filled);
              filled += chunk.length;
              options.outages?.alive();
            },
            { signal, stallMs: options.stallMs ?? STALL_MS }
          );
        } catch (error) {
          throw error instanceof Refused ? await this.explain(error) : pipeFault(error);
        }
        return buffer;
      }
    );
  }

  private get subject(): string {
    return `s3://${this.target.bucket}/${this.target.key}`;
  }

  private async url(): Promise<string> {
    const { bucket, key } = this.target;
    const now = Date.now();
    if (this.signature === undefined || now - this.signature.at > SIGNATURE_USE_MS) {
      const url = await getSignedUrl(this.s3, new GetObjectCommand({ Bucket: bucket, Key: key }), {
        expiresIn: SIGNATURE_SECONDS
      }).catch((error: unknown) => {
        throw toAwsError(error, { action: 's3:GetObject', subject: this.subject });
      });
      this.signature = { url, at: now };
    }
    return this.signature.url;
  }

  private judge(head: AnswerHead, start: number, length: number): void {
    const { sizeBytes } = this.target;
    const { status, headers } = head;
    if (status === 429 || status >= 500) {
      throw new TransientFault(`S3 answered HTTP ${status}`);
    }
    const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers.get('content-range') ?? '');
    const total =
      status === 200 ? Number(headers.get('content-length') ?? sizeBytes) : Number(range?.[3]);
    if (status === 416 || total < sizeBytes) {
      throw tooShort(this.target, status === 416 ? undefined : total);
    }
    if (status !== 206 && status !== 200) {
      throw new Refused(status);
    }
    const isRange =
      status === 206 && Number(range?.[1]) === start && Number(range?.[2]) === start + length - 1;
    if (!isRange && !(status === 200 && length === sizeBytes)) {
      throw new TransientFault('S3 answered with another range than the one that was asked for');
    }
    if (total > sizeBytes) {
      throw new BedrockImportError({
        code: 'READ_BACK_LONG',
        message: `The object in S3 has ${total} bytes where ${sizeBytes} were sent.`,
        subject: this.subject,
        nextStep: 'Somebody else writes to this prefix: stop that, and run the copy again.'
      });
    }
    this.etag = headers.get('etag') ?? this.etag;
  }

  /** The head of an answer does not say why: the SDK, asked for the same, reads its body. */
  private async explain(refused: Refused): Promise<Error> {
    const { bucket, key } = this.target;
    try {
      await askS3({ action: 's3:GetObject', subject: this.subject }, this.signal, async () => {
        const answer = await this.s3.send(
          new GetObjectCommand({ Bucket: bucket, Key: key, IfMatch: this.etag || undefined }),
          { abortSignal: this.signal }
        );
        await answer.Body?.transformToWebStream().cancel();
      });
    } catch (error) {
      return error instanceof Error ? error : refused;
    }
    return new TransientFault(refused.message);
  }
}

class Refused extends Error {
  constructor(status: number) {
    super(`S3 answered HTTP ${status}`);
  }
}

function tooShort(target: ObjectToProve, foundBytes: number | undefined): BedrockImportError {
  return new BedrockImportError({
    code: 'READ_BACK_SHORT',
    message:
      foundBytes === undefined
        ? `The object in S3 has fewer bytes than the ${target.sizeBytes} that were sent.`
        : `The object in S3 ends after ${foundBytes} of ${target.sizeBytes} bytes.`,
    subject: `s3://${target.bucket}/${target.key}`,
    nextStep: 'Run the copy again; it sends this file anew.'
  });
}
