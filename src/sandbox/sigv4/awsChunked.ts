import { createHash, type Hash } from 'node:crypto';

import { hmac, sha256Hex } from './canonicalRequest';
import { RefusedError } from './refusal';
import { sameHex } from './verify';

/** Where the chain of chunk signatures starts: the request's own verified signature. */
export interface ChunkSigning {
  signature: string;
  amzDate: string;
  scope: string;
  key: Uint8Array;
}

const EMPTY_SHA256 = sha256Hex('');
const CR = 13;
const LF = 10;
/** Longer than any chunk header or trailer line that an SDK sends. */
const MAX_LINE_BYTES = 16 * 1024;
/** Amazon S3 API Reference, "Signature calculations for the Authorization header: Transferring payload in multiple chunks". */
const MIN_CHUNK_BYTES = 8192;

const incomplete = () =>
  new RefusedError(400, 'IncompleteBody', 'The request body terminated unexpectedly');

/**
 * Takes the aws-chunked framing off a body. The trailers are in `trailers`, with lower-case names,
 * once the body has been read to its end.
 *
 * @param options.signing Given when each chunk (and the trailer) carries a signature to check.
 * @throws RefusedError (while reading) IncompleteBody, InvalidChunkSizeError or
 * SignatureDoesNotMatch.
 */
export function decodeAwsChunked(
  source: AsyncIterable<Uint8Array>,
  options: { signing?: ChunkSigning } = {}
): { body: AsyncIterable<Uint8Array>; trailers: ReadonlyMap<string, string> } {
  const trailers = new Map<string, string>();
  return { body: decode(source, trailers, options.signing), trailers };
}

async function* decode(
  source: AsyncIterable<Uint8Array>,
  trailers: Map<string, string>,
  signing: ChunkSigning | undefined
): AsyncGenerator<Uint8Array> {
  const chain = signing === undefined ? undefined : new SignatureChain(signing);
  let state: 'header' | 'data' | 'data-end' | 'trailer' | 'end' = 'header';
  let remaining = 0;
  let shortChunk = false;
  let carry: Uint8Array = new Uint8Array();
  for await (const piece of source) {
    const data = carry.length === 0 ? piece : Buffer.concat([carry, piece]);
    carry = new Uint8Array();
    let at = 0;
    while (at < data.length && state !== 'end') {
      if (state === 'data') {
        const end = Math.min(data.length, at + remaining);
        const bytes = data.subarray(at, end);
        chain?.update(bytes);
        remaining -= bytes.length;
        at = end;
        yield bytes;
        if (remaining === 0) {
          state = 'data-end';
        }
        continue;
      }
      const lineEnd = findLineEnd(data, at);
      if (lineEnd < 0) {
        carry = data.slice(at);
        if (carry.length > MAX_LINE_BYTES) {
          throw incomplete();
        }
        break;
      }
      const line = Buffer.from(data.buffer, data.byteOffset + at, lineEnd - at).toString('latin1');
      at = lineEnd + 2;
      if (state === 'data-end') {
        if (line !== '') {
          throw incomplete();
        }
        chain?.endChunk();
        state = 'header';
      } else if (state === 'header') {
        const { size, signature } = readChunkHeader(line);
        if (shortChunk && size > 0) {
          throw new RefusedError(
            403,
            'InvalidChunkSizeError',
            'Only the last chunk is allowed to have a size less than 8192 bytes'
          );
        }
        shortChunk = size < MIN_CHUNK_BYTES;
        chain?.startChunk(signature);
        remaining = size;
        state = size === 0 ? 'trailer' : 'data';
        if (size === 0) {
          chain?.endChunk();
        }
      } else if (line === '') {
        state = 'end';
      } else {
        const colon = line.indexOf(':');
        if (colon < 0) {
          throw incomplete();
        }
        trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
      }
    }
  }
  if (state !== 'end') {
    throw incomplete();
  }
  chain?.checkTrailers(trailers);
}

function findLineEnd(data: Uint8Array, from: number): number {
  for (let at = data.indexOf(CR, from); at >= 0; at = data.indexOf(CR, at + 1)) {
    if (data[at + 1] === LF) {
      return at;
    }
  }
  return -1;
}

function readChunkHeader(line: string): { size: number; signature?: string } {
  const [size = '', ...extensions] = line.split(';');
  if (!/^[0-9a-f]{1,10}$/i.test(size)) {
    throw incomplete();
  }
  const signature = extensions
    .find(extension => extension.startsWith('chunk-signature='))
    ?.slice('chunk-signature='.length);
  return { size: parseInt(size, 16), signature };
}

/** Each signature signs the one before it, so a chunk cannot be left out, moved or changed. */
class SignatureChain {
  private previous: string;
  private given: string | undefined;
  private hash: Hash = createHash('sha256');

  constructor(private readonly signing: ChunkSigning) {
    this.previous = signing.signature;
  }

  startChunk(signature: string | undefined): void {
    this.given = signature;
    this.hash = createHash('sha256');
  }

  update(bytes: Uint8Array): void {
    this.hash.update(bytes);
  }

  endChunk(): void {
    this.check('AWS4-HMAC-SHA256-PAYLOAD', [EMPTY_SHA256, this.hash.digest('hex')]);
  }

  checkTrailers(trailers: Map<string, string>): void {
    if (trailers.size === 0) {
      return;
    }
    this.given = trailers.get('x-amz-trailer-signature');
    trailers.delete('x-amz-trailer-signature');
    const text = [...trailers].map(([name, value]) => `${name}:${value}\n`).join('');
    this.check('AWS4-HMAC-SHA256-TRAILER', [sha256Hex(text)]);
  }

  private check(kind: string, hashes: string[]): void {
    const { amzDate, scope, key } = this.signing;
    const expected = hmac(key, [kind, amzDate, scope, this.previous, ...hashes].join('\n'));
    if (this.given === undefined || !sameHex(expected, this.given)) {
      throw new RefusedError(
        403,
        'SignatureDoesNotMatch',
        'The request signature we calculated does not match the signature you provided. Check your key and signing method.'
      );
    }
    this.previous = this.given;
  }
}
