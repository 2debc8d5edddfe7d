import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { readServiceFailure, systemClock, toAwsError } from '../aws';
import { BedrockImportError, cancelledError } from '../errors';
import { MAX_ATTEMPTS, retryWaitMs } from './retry';
import type { ProofMethod } from './types';

export interface ObjectToProve {
  bucket: string;
  key: string;
  sizeBytes: number;
  /** Hex; what the object must have, when the hub publishes it. */
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
  /** False when the object has other bytes than the hub's file. */
  matches: boolean;
}

/** A connection that brings nothing for so long is dead. */
const STALL_MS = 60_000;

/** Reads an object from S3 in order, going on after a broken connection, and hashes it. */
export async function readBack(
  s3: S3Client,
  target: ObjectToProve,
  signal: AbortSignal,
  options: { stallMs?: number } = {}
): Promise<ProvedObject> {
  const sha256 = createHash('sha256');
  const gitSha1 =
    target.gitOid === undefined
      ? undefined
      : createHash('sha1').update(`blob ${target.sizeBytes}\0`);
  const subject = `s3://${target.bucket}/${target.key}`;
  let position = 0;
  let etag = target.etag;
  for (let attempt = 1; ; attempt++) {
    const before = position;
    try {
      const answer = await s3.send(
        new GetObjectCommand({
          Bucket: target.bucket,
          Key: target.key,
          IfMatch: etag || undefined,
          Range: position > 0 ? `bytes=${position}-` : undefined
        }),
        { abortSignal: signal }
      );
      if (position > 0 && answer.ContentRange?.startsWith(`bytes ${position}-`) !== true) {
        throw new Error('S3 answered with another range than the one that was asked for');
      }
      etag = answer.ETag ?? etag;
      const body = answer.Body?.transformToWebStream() as ReadableStream<Uint8Array> | undefined;
      for await (const chunk of piecesOf(body, options.stallMs ?? STALL_MS)) {
        sha256.update(chunk);
        gitSha1?.update(chunk);
        position += chunk.length;
      }
      if (position >= target.sizeBytes) {
        break;
      }
      throw tooShort(target, position);
    } catch (error) {
      if (signal.aborted) {
        throw cancelledError(subject, error);
      }
      const status = readServiceFailure(error).status ?? 0;
      const typed =
        status === 416
          ? tooShort(target, position)
          : toAwsError(error, { action: 's3:GetObject', subject });
      const refused = status >= 400 && status < 500 && typed.code !== 'THROTTLED';
      if (position > before) {
        attempt = 0;
      } else if (refused || attempt >= MAX_ATTEMPTS - 2) {
        throw typed;
      }
    }
    await systemClock.sleep(retryWaitMs(Math.max(1, attempt)), signal);
  }
  const found = sha256.digest('hex');
  const matches =
    position === target.sizeBytes &&
    (target.sha256 === undefined || target.sha256 === found) &&
    (gitSha1 === undefined || gitSha1.digest('hex') === target.gitOid);
  return { sha256: found, etag, provedBy: 'read-back', matches };
}

function tooShort(target: ObjectToProve, position: number): BedrockImportError {
  return new BedrockImportError({
    code: 'READ_BACK_SHORT',
    message: `The object in S3 ends after ${position} of ${target.sizeBytes} bytes.`,
    subject: `s3://${target.bucket}/${target.key}`,
    nextStep: 'Run the copy again; it sends this file anew.'
  });
}

async function* piecesOf(
  body: ReadableStream<Uint8Array> | undefined,
  stallMs: number
): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  if (reader === undefined) {
    return;
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stalled = false;
  const watch = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      stalled = true;
      // Ends the read that waits, as if the body were at its end.
      reader.cancel().catch(() => undefined);
    }, stallMs);
  };
  try {
    for (;;) {
      watch();
      const piece = await reader.read();
      if (stalled) {
        throw Object.assign(new Error('no bytes arrived in time'), { code: 'ETIMEDOUT' });
      }
      if (piece.done) {
        return;
      }
      yield piece.value;
    }
  } finally {
    clearTimeout(timer);
    reader.cancel().catch(() => undefined);
  }
}
