import { createHash, randomBytes } from 'node:crypto';

import { decodeAwsChunked, RefusedError } from '../sigv4';

import {
  checkContentMd5,
  checkDigest,
  checkDigestHeaders,
  checkPayloadHash,
  findSentChecksum
} from './bodyChecks';
import {
  base64,
  checksumHeader,
  createRunningHash,
  type ChecksumAlgorithm,
  type RunningHash
} from './checksums';
import { discardBody, madeUpDigest, randomTag } from './discard';
import type { S3Request } from './s3Request';
import type { Extent } from './store/bodyFiles';

export const MAX_PUT_BYTES = 5 * 2 ** 30;
const MAX_DOCUMENT_BYTES = 16 * 2 ** 20;
const PAYLOADS =
  /^([0-9a-f]{64}|UNSIGNED-PAYLOAD|STREAMING-(UNSIGNED-PAYLOAD-TRAILER|AWS4-HMAC-SHA256-PAYLOAD(-TRAILER)?))$/;

export interface ReceivedBody {
  /** None for bytes that were thrown away. */
  extents: Extent[];
  sizeBytes: number;
  /** MD5 in hex, unless tags are random. */
  etag: string;
  /** Of the algorithm that the client sent or that was asked for; undefined when neither. */
  checksum?: { algorithm: ChecksumAlgorithm; value: string; sent: boolean };
}

interface Intake {
  source: AsyncIterable<Uint8Array>;
  sizeHint: number;
  hashes: RunningHash[];
  /** @throws RefusedError when anything that the client said about the body does not hold. */
  check(
    sizeBytes: number
  ): { algorithm: ChecksumAlgorithm; value: string; sent: boolean } | undefined;
}

/**
 * Streams the body of a request into a new body file, hashing on the way only what was asked for.
 * The default CRC64NVME that S3 has added to plain uploads since December 2024 is left out: in
 * JavaScript it would cost more than everything else together.
 *
 * @param options.compute A checksum to compute though the client sent none.
 * @throws RefusedError; nothing is left on disk then.
 */
export async function receiveToFile(
  request: S3Request,
  options: { compute?: ChecksumAlgorithm } = {}
): Promise<ReceivedBody> {
  const intake = prepare(request, { withChecksums: true, compute: options.compute });
  if (await isForDiscarding(request, intake.sizeHint)) {
    return receiveNothing(request, intake.sizeHint, options.compute);
  }
  const needsMd5 = request.entityTags === 'md5' || request.headers.has('content-md5');
  const md5 = needsMd5 ? createRunningHash('MD5') : undefined;
  const writer = await request.store.bodies.create({
    sizeHint: intake.sizeHint,
    hashes: md5 === undefined ? intake.hashes : [md5, ...intake.hashes]
  });
  let sizeBytes = 0;
  try {
    for await (const chunk of intake.source) {
      sizeBytes += chunk.length;
      await writer.write(chunk);
    }
  } catch (error) {
    await writer.discard();
    throw error;
  }
  const extent = await writer.finish();
  try {
    const checksum = intake.check(sizeBytes);
    const digest = md5?.digest() ?? randomBytes(16);
    checkContentMd5(request.headers, digest);
    return { extents: [extent], sizeBytes, etag: Buffer.from(digest).toString('hex'), checksum };
  } catch (error) {
    request.store.bodies.release([extent]);
    throw error;
  }
}

async function isForDiscarding(request: S3Request, sizeBytes: number): Promise<boolean> {
  if (request.published === undefined || sizeBytes === 0) {
    return false;
  }
  // The size of the file that a part belongs to is not known yet.
  const isPart = request.query.has('uploadId');
  return (await request.published(request.key, isPart ? undefined : sizeBytes)) !== undefined;
}

/** Believes every word about the body and reads none of it. */
async function receiveNothing(
  request: S3Request,
  sizeBytes: number,
  compute: ChecksumAlgorithm | undefined
): Promise<ReceivedBody> {
  const sent = findSentChecksum(request.headers);
  await discardBody(request);
  const algorithm = sent?.algorithm ?? compute;
  return {
    extents: [],
    sizeBytes,
    etag: randomTag(),
    checksum: algorithm && {
      algorithm,
      // One that was announced for the trailer went by unseen.
      value: sent?.value ?? madeUpDigest(algorithm),
      sent: sent !== undefined
    }
  };
}

/**
 * The whole of a small body, such as an XML document.
 *
 * @throws RefusedError
 */
export async function receiveDocument(request: S3Request): Promise<Uint8Array> {
  return receiveInMemory(request, true);
}

/**
 * The body of CompleteMultipartUpload, whose checksum headers speak of the object and not of the
 * body.
 *
 * @throws RefusedError
 */
export async function receiveCompletion(request: S3Request): Promise<Uint8Array> {
  return receiveInMemory(request, false);
}

async function receiveInMemory(request: S3Request, withChecksums: boolean): Promise<Uint8Array> {
  const intake = prepare(request, { withChecksums });
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of intake.source) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_DOCUMENT_BYTES) {
      throw new RefusedError(400, 'MaxMessageLengthExceeded', 'Your request was too large.');
    }
    intake.hashes.forEach(hash => hash.update(chunk));
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  intake.check(sizeBytes);
  checkContentMd5(request.headers, createHash('md5').update(body).digest());
  return body;
}

function prepare(
  request: S3Request,
  options: { withChecksums: boolean; compute?: ChecksumAlgorithm }
): Intake {
  const { headers, verified } = request;
  const { payloadHash } = verified;
  if (!PAYLOADS.test(payloadHash)) {
    throw new RefusedError(
      400,
      'InvalidArgument',
      'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.',
      { ArgumentName: 'x-amz-content-sha256', ArgumentValue: payloadHash }
    );
  }
  const streaming = payloadHash.startsWith('STREAMING-');
  const declared = headers.get(streaming ? 'x-amz-decoded-content-length' : 'content-length');
  if (declared === null && headers.has('transfer-encoding')) {
    throw new RefusedError(
      501,
      'NotImplemented',
      'A header you provided implies functionality that is not implemented',
      { Header: 'Transfer-Encoding' }
    );
  }
  if (declared === null) {
    throw new RefusedError(
      411,
      'MissingContentLength',
      'You must provide the Content-Length HTTP header.'
    );
  }
  const declaredBytes = Number(declared);
  if (declaredBytes > MAX_PUT_BYTES) {
    throw new RefusedError(
      400,
      'EntityTooLarge',
      'Your proposed upload exceeds the maximum allowed size',
      { ProposedSize: declared, MaxSizeAllowed: String(MAX_PUT_BYTES) }
    );
  }
  if (options.withChecksums) {
    checkDigestHeaders(headers);
  }
  const sent = options.withChecksums ? findSentChecksum(headers) : undefined;
  const algorithm = sent?.algorithm ?? options.compute;
  const running = algorithm === undefined ? undefined : createRunningHash(algorithm);
  const literal = /^[0-9a-f]{64}$/.test(payloadHash) ? createRunningHash('SHA256') : undefined;
  const raw = readBody(request.request);
  const { body, trailers } = streaming
    ? decodeAwsChunked(raw, {
        signing: payloadHash.startsWith('STREAMING-AWS4-HMAC-SHA256-') ? verified.chain : undefined
      })
    : { body: raw, trailers: new Map<string, string>() };
  return {
    source: body,
    sizeHint: declaredBytes,
    hashes: [running, literal].filter(hash => hash !== undefined),
    check: sizeBytes => {
      if (sizeBytes !== declaredBytes) {
        throw new RefusedError(
          400,
          'IncompleteBody',
          'You did not provide the number of bytes specified by the Content-Length HTTP header',
          {}
        );
      }
      if (literal !== undefined) {
        checkPayloadHash(payloadHash, Buffer.from(literal.digest()).toString('hex'));
      }
      if (running === undefined || algorithm === undefined) {
        return undefined;
      }
      const value = base64(running.digest());
      const expected = sent?.value ?? trailers.get(checksumHeader(algorithm));
      if (sent !== undefined) {
        checkDigest(algorithm, expected, value);
      }
      return { algorithm, value, sent: sent !== undefined };
    }
  };
}

async function* readBody(request: Request): AsyncGenerator<Uint8Array> {
  const reader = request.body?.getReader();
  if (reader === undefined) {
    return;
  }
  for (;;) {
    let result: ReadableStreamReadResult<Uint8Array>;
    try {
      result = await reader.read();
    } catch {
      // The client went away; nobody will read the answer.
      throw new RefusedError(400, 'IncompleteBody', 'The request body terminated unexpectedly');
    }
    if (result.done) {
      return;
    }
    yield result.value;
  }
}
