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

/** The same page's sibling, "Using trailing headers with signed chunked uploads". */
describe('the example with a signed trailer', () => {
  const signatures = [
    'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
    '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
    '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992'
  ];
  const bodyWith = (checksum: string) =>
    Buffer.from(
      `10000;chunk-signature=${signatures[0]}\r\n${'a'.repeat(65536)}\r\n` +
        `400;chunk-signature=${signatures[1]}\r\n${'a'.repeat(1024)}\r\n` +
        `0;chunk-signature=${signatures[2]}\r\n` +
        `x-amz-checksum-crc32c:${checksum}\r\n` +
        'x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n'
    );
  const decodeWith = (checksum: string) =>
    decodeAwsChunked(inPieces(bodyWith(checksum), 4096), {
      signing: {
        ...exampleChain(),
        signature: '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e'
      }
    });

  it('is decoded, its trailer is given', async () => {
    const { body, trailers } = decodeWith('sOO8/Q==');
    expect(await collect(body)).toBe('a'.repeat(66560));
    expect([...trailers]).toEqual([['x-amz-checksum-crc32c', 'sOO8/Q==']]);
  });

  it('is refused when its trailer is another one', async () => {
    expect(await refusedWith(decodeWith('sOO8/A==').body)).toBe('SignatureDoesNotMatch');
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
