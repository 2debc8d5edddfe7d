import { createServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { AddressInfo } from 'node:net';

import { BedrockClient, GetImportedModelCommand } from '@aws-sdk/client-bedrock';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { S3Client, GetObjectCommand, ListBucketsCommand } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

import {
  EXPIRED_CREDENTIALS,
  readVerified,
  renderJsonRefusal,
  renderQueryRefusal,
  renderS3Refusal,
  verifySigV4,
  type KnownCredentials
} from '.';
import { serveHandler } from './testing/serveHandler';

const CREDENTIALS = {
  accessKeyId: 'SANDBOXTEST000000001',
  secretAccessKey: 'test-secret',
  sessionToken: 'a session/token+='
};

/** Answers 204 to what it believes, else with the refusal of the service. */
function judge(
  service: 's3' | 'bedrock' | 'sts',
  options: { now?: Date; known?: KnownCredentials } = {}
) {
  return serveHandler(async request => {
    const common = {
      service,
      region: 'us-east-1',
      credentials: options.known ?? CREDENTIALS,
      now: options.now ?? new Date()
    };
    const requestId = 'id';
    if (service === 's3') {
      const result = verifySigV4(request, common);
      return result.ok
        ? new Response(null, { status: 204 })
        : renderS3Refusal(result, { requestId });
    }
    const result = await readVerified(request, common);
    if ('verified' in result) {
      return service === 'sts'
        ? new Response(
            '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>',
            { headers: { 'content-type': 'text/xml' } }
          )
        : new Response('{"modelName":"believed"}', {
            headers: { 'content-type': 'application/json' }
          });
    }
    return service === 'sts'
      ? renderQueryRefusal(result, { requestId, service })
      : renderJsonRefusal(result, { requestId });
  });
}

async function withJudge<T>(
  served: ReturnType<typeof judge>,
  use: (config: {
    endpoint: string;
    region: string;
    credentials: typeof CREDENTIALS;
    maxAttempts: number;
  }) => Promise<T>
): Promise<T> {
  const { url, stop } = await served;
  try {
    return await use({
      endpoint: url,
      region: 'us-east-1',
      credentials: CREDENTIALS,
      maxAttempts: 1
    });
  } finally {
    await stop();
  }
}

const AN_HOUR_MS = 3_600_000;

describe('a signature in the header, S3', () => {
  const listWith = (changes: object, options: Parameters<typeof judge>[1] = {}) =>
    withJudge(judge('s3', options), config =>
      new S3Client({ ...config, ...changes }).send(new ListBucketsCommand({}))
    );

  it('is believed when it is right', async () => {
    await expect(listWith({})).resolves.toMatchObject({ $metadata: { httpStatusCode: 204 } });
  });

  it.each([
    [
      'another secret',
      { credentials: { ...CREDENTIALS, secretAccessKey: 'x' } },
      'SignatureDoesNotMatch',
      403
    ],
    [
      'an unknown key',
      { credentials: { ...CREDENTIALS, accessKeyId: 'UNKNOWN' } },
      'InvalidAccessKeyId',
      403
    ],
    ['another token', { credentials: { ...CREDENTIALS, sessionToken: 'x' } }, 'InvalidToken', 400],
    ['an ended session', { credentials: EXPIRED_CREDENTIALS }, 'ExpiredToken', 400]
  ])('is refused with %s', async (_what, changes, name, status) => {
    await expect(listWith(changes)).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode: status }
    });
  });

  it('is refused for another region, with the one to use', async () => {
    await expect(listWith({ region: 'eu-west-1' })).rejects.toMatchObject({
      name: 'AuthorizationHeaderMalformed',
      message:
        "The authorization header is malformed; the region 'eu-west-1' is wrong; expecting 'us-east-1'",
      Region: 'us-east-1'
    });
  });

  it.each([
    ['late', AN_HOUR_MS],
    ['early', -AN_HOUR_MS]
  ])('is refused when it is %s', async (_what, offset) => {
    await expect(listWith({}, { now: new Date(Date.now() + offset) })).rejects.toMatchObject({
      name: 'RequestTimeTooSkewed'
    });
  });

  it('is missing in an anonymous request', async () => {
    await withJudge(judge('s3'), async ({ endpoint }) => {
      const response = await fetch(endpoint);
      expect(response.status).toBe(403);
      expect(await response.text()).toContain('<Code>AccessDenied</Code>');
    });
  });
});

describe('a presigned URL', () => {
  const presigned = (
    path: (url: string) => string,
    options: Parameters<typeof judge>[1] = {},
    headers = {}
  ) =>
    withJudge(judge('s3', options), async config => {
      const client = new S3Client({ ...config, forcePathStyle: true });
      const url = await getSignedUrl(
        client,
        new GetObjectCommand({ Bucket: 'b', Key: "odd key/ü+'()*!~.txt" }),
        { expiresIn: 600 }
      );
      const response = await fetch(path(url), { headers });
      return { status: response.status, text: await response.text() };
    });

  it('is believed when it is right, with an odd key', async () => {
    expect(await presigned(url => url)).toEqual({ status: 204, text: '' });
  });

  it('is refused when the path is another one', async () => {
    const { status, text } = await presigned(url => url.replace('odd', 'other'));
    expect(status).toBe(403);
    expect(text).toContain('<Code>SignatureDoesNotMatch</Code>');
  });

  it('is refused after its time', async () => {
    const { status, text } = await presigned(url => url, {
      now: new Date(Date.now() + AN_HOUR_MS)
    });
    expect(status).toBe(403);
    expect(text).toContain('<Message>Request has expired</Message>');
  });

  it('is refused with a header that it does not sign', async () => {
    const { status, text } = await presigned(url => url, {}, { 'x-amz-checksum-sha256': 'x' });
    expect(status).toBe(403);
    expect(text).toContain('<HeadersNotSigned>x-amz-checksum-sha256</HeadersNotSigned>');
  });

  it('is refused when it asks for more than a week', async () => {
    const { status, text } = await presigned(url => url.replace('Expires=600', 'Expires=604801'));
    expect(status).toBe(400);
    expect(text).toContain('<Code>AuthorizationQueryParametersError</Code>');
  });
});

describe('other services', () => {
  const getModel = (changes: object) =>
    withJudge(judge('bedrock'), config =>
      new BedrockClient({ ...config, ...changes }).send(
        new GetImportedModelCommand({
          modelIdentifier: 'arn:aws:bedrock:us-east-1:123456789012:imported-model/abcdefghijkl'
        })
      )
    );

  it('sign a path encoded twice', async () => {
    await expect(getModel({})).resolves.toMatchObject({ modelName: 'believed' });
  });

  it.each([
    [
      'another secret',
      { credentials: { ...CREDENTIALS, secretAccessKey: 'x' } },
      'InvalidSignatureException'
    ],
    [
      'an unknown key',
      { credentials: { ...CREDENTIALS, accessKeyId: 'UNKNOWN' } },
      'UnrecognizedClientException'
    ],
    ['an ended session', { credentials: EXPIRED_CREDENTIALS }, 'ExpiredTokenException']
  ])('refuse %s in JSON', async (_what, changes, name) => {
    await expect(getModel(changes)).rejects.toMatchObject({ name });
  });

  it.each([
    ['another secret', { ...CREDENTIALS, secretAccessKey: 'x' }, 'SignatureDoesNotMatch'],
    ['an unknown key', { ...CREDENTIALS, accessKeyId: 'UNKNOWN' }, 'InvalidClientTokenId'],
    ['an ended session', EXPIRED_CREDENTIALS, 'ExpiredToken']
  ])('refuse %s in query XML', async (_what, credentials, code) => {
    await withJudge(judge('sts'), async config => {
      const sts = new STSClient({ ...config, credentials });
      await expect(sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
        Code: code
      });
    });
  });

  it('are believed over HTTP/2, where the host is a pseudo-header', async () => {
    const answer = async (incoming: Http2ServerRequest, outgoing: Http2ServerResponse) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of incoming as AsyncIterable<Uint8Array>) {
        chunks.push(chunk);
      }
      const headers = Object.entries(incoming.headers)
        .filter(([name]) => !name.startsWith(':'))
        .map(([name, value]): [string, string] => [name, String(value)]);
      const request = new Request(`http://${incoming.authority}${incoming.url}`, {
        method: incoming.method,
        headers,
        body: Buffer.concat(chunks)
      });
      const result = await readVerified(request, {
        service: 'bedrock',
        region: 'us-east-1',
        credentials: CREDENTIALS,
        now: new Date()
      });
      outgoing.writeHead('verified' in result ? 200 : result.status);
      outgoing.end('{"stopReason":"end_turn"}');
    };
    const server = createServer((incoming, outgoing) => void answer(incoming, outgoing));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const converse = async (secretAccessKey: string) => {
      const client = new BedrockRuntimeClient({
        endpoint: `http://127.0.0.1:${port}`,
        region: 'us-east-1',
        credentials: { ...CREDENTIALS, secretAccessKey },
        maxAttempts: 1
      });
      try {
        const modelId = 'arn:aws:bedrock:us-east-1:123456789012:imported-model/abcdefghijkl';
        return await client.send(new ConverseCommand({ modelId, messages: [] }));
      } finally {
        client.destroy();
      }
    };
    try {
      expect(await converse(CREDENTIALS.secretAccessKey)).toMatchObject({ stopReason: 'end_turn' });
      await expect(converse('other')).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    } finally {
      await new Promise(resolve => server.close(resolve));
    }
  });

  it('check the body against the signature', async () => {
    await withJudge(judge('sts'), async config => {
      const sts = new STSClient(config);
      await expect(sts.send(new GetCallerIdentityCommand({}))).resolves.toMatchObject({
        Account: '123456789012'
      });
      sts.middlewareStack.add(
        next => args => {
          const sent = args.request as { body: string };
          sent.body = sent.body.replace('Caller', 'Killer');
          return next(args);
        },
        { step: 'deserialize' }
      );
      await expect(sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
        Code: 'SignatureDoesNotMatch'
      });
    });
  });
});
