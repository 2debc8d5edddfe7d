import { RefusedError, verifySigV4, type AwsRefusal, type VerifiedRequest } from '.';
import { decodeAwsChunked } from './awsChunked';

/**
 * The worked example of the Amazon S3 API Reference, "Signature calculations for the Authorization
 * header: Transferring payload in multiple chunks (chunked upload)", with the documentation's key.
 */
const EXAMPLE = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  signature: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
  chunks: [
    [65536, 'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648'],
    [1024, '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497'],
    [0, 'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9']
  ] as const
};

function exampleRequest(): VerifiedRequest | AwsRefusal {
  const headers = {
    host: 's3.amazonaws.com',
    'x-amz-date': '20130524T000000Z',
    'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    'content-encoding': 'aws-chunked',
    'x-amz-decoded-content-length': '66560',
    'content-length': '66824',
    authorization:
      `AWS4-HMAC-SHA256 Credential=${EXAMPLE.accessKeyId}/20130524/us-east-1/s3/aws4_request,` +
      'SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class,' +
      `Signature=${EXAMPLE.signature}`
  };
  return verifySigV4(
    new Request('https://s3.amazonaws.com/examplebucket/chunkObject.txt', {
      method: 'PUT',
      headers
    }),
    {
      service: 's3',
      region: 'us-east-1',
      credentials: EXAMPLE,
      now: new Date('2013-05-24T00:00:00Z')
    }
  );
}

function exampleBody(fill = 'a'): Buffer {
  return Buffer.from(
    EXAMPLE.chunks
      .map(([size, signature]) => {
        const head = `${size.toString(16)};chunk-signature=${signature}\r\n`;
        return size === 0 ? `${head}\r\n` : `${head}${fill.repeat(size)}\r\n`;
      })
      .join('')
  );
}

async function* inPieces(body: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += size) {
    yield body.subarray(at, at + size);
  }
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

const refusedWith = async (body: AsyncIterable<Uint8Array>) => {
  const error: unknown = await collect(body).catch((caught: unknown) => caught);
  return error instanceof RefusedError ? error.refusal.code : error;
};

function exampleChain() {
  const verified = exampleRequest();
  if (!verified.ok) {
    throw new Error(verified.code);
  }
  return verified.chain;
}

describe('the example of the documentation', () => {
  it('has the signature of the documentation', () => {
    expect(exampleRequest()).toMatchObject({ ok: true });
  });

  it.each([1, 7, 1000, 100_000])('is decoded from pieces of %i bytes', async size => {
    const { body } = decodeAwsChunked(inPieces(exampleBody(), size), { signing: exampleChain() });
    expect(await collect(body)).toBe('a'.repeat(66560));
  });

  it('is refused when a byte of a chunk is another one', async () => {
    const changed = exampleBody();
    changed[60_000] = 'b'.charCodeAt(0);
    const { body } = decodeAwsChunked(inPieces(changed, 1000), { signing: exampleChain() });
    expect(await refusedWith(body)).toBe('SignatureDoesNotMatch');
  });

  it('is refused when its last chunk is missing', async () => {
    const cut = exampleBody().subarray(0, 66_000);
    const { body } = decodeAwsChunked(inPieces(cut, 1000), { signing: exampleChain() });
    expect(await refusedWith(body)).toBe('IncompleteBody');
  });
});

describe('an unsigned body with a trailer', () => {
  it('gives the trailer after the body', async () => {
    const text = '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n';
    const { body, trailers } = decodeAwsChunked(inPieces(Buffer.from(text), 3));
    expect(await collect(body)).toBe('hello');
    expect([...trailers]).toEqual([['x-amz-checksum-crc32', 'NhCmhg==']]);
  });

  it('is refused when a chunk before the last one is small', async () => {
    const { body } = decodeAwsChunked(
      inPieces(Buffer.from('5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n'), 100)
    );
    expect(await refusedWith(body)).toBe('InvalidChunkSizeError');
  });

  it('is refused when it is not framed', async () => {
    const { body } = decodeAwsChunked(inPieces(Buffer.from('hello\r\n'), 100));
    expect(await refusedWith(body)).toBe('IncompleteBody');
  });
});
