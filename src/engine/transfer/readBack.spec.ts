import { createHash } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { startSandbox } from '../../sandbox/testing';
import type { StartedSandbox } from '../../sandbox/testing';
import { createAwsClients } from '../aws';
import type { AwsClients } from '../aws';
import { readBack } from './readBack';
import type { ProvedObject } from './readBack';
import { S3Proxy } from './testing/s3Proxy';
import { sampleBytes } from './testing/scriptedHub';

const MiB = 2 ** 20;

let sandbox: StartedSandbox;
let proxy: S3Proxy;
let aws: AwsClients;
let bucket: string;

beforeAll(async () => {
  sandbox = await startSandbox();
  bucket = sandbox.env['BEDROCK_IMPORT_SANDBOX_BUCKET'] ?? '';
});

afterAll(() => sandbox?.stop());

beforeEach(async () => {
  proxy = new S3Proxy(sandbox.awsUrl);
  await proxy.start();
  aws = createAwsClients({
    region: sandbox.env['AWS_REGION'],
    env: { ...sandbox.env, AWS_ENDPOINT_URL: proxy.url }
  });
});

afterEach(async () => {
  aws.destroy();
  await proxy.stop();
});

async function read(
  key: string,
  bytes: Uint8Array,
  expected: { sizeBytes?: number; etag?: string; gitOid?: string } = {}
): Promise<ProvedObject> {
  return readBack(
    aws.s3,
    {
      bucket,
      key,
      sizeBytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      metadata: {},
      etag: '',
      ...expected
    },
    new AbortController().signal
  );
}

async function put(key: string, body: Uint8Array): Promise<void> {
  await aws.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
}

it.each([0, 1, 4 * MiB, 4 * MiB + 1, 16 * MiB, 21 * MiB + 5])(
  'hashes an object of %p bytes in its order',
  async length => {
    const bytes = sampleBytes(length, 7);
    await put(`sized-${length}`, bytes);
    const gitOid = createHash('sha1').update(`blob ${length}\0`).update(bytes).digest('hex');
    expect(await read(`sized-${length}`, bytes, { gitOid })).toMatchObject({
      matches: true,
      provedBy: 'read-back',
      sha256: createHash('sha256').update(bytes).digest('hex')
    });
  }
);

it('goes on after answers that break off', async () => {
  const bytes = sampleBytes(21 * MiB, 8);
  await put('cut', bytes);
  proxy.decide = ({ kind, times }) => (kind === 'GET' && times % 2 === 1 ? 'cut-answer' : 'pass');
  expect(await read('cut', bytes)).toMatchObject({ matches: true });
});

it('sees a wrong byte and a wrong length', async () => {
  const bytes = sampleBytes(9 * MiB, 9);
  await put('wrong', bytes);
  const other = Uint8Array.from(bytes);
  other[5 * MiB] = (other[5 * MiB] ?? 0) ^ 1;
  expect(await read('wrong', other)).toMatchObject({ matches: false });
  await expect(read('wrong', bytes, { sizeBytes: 10 * MiB })).rejects.toMatchObject({
    code: 'READ_BACK_SHORT'
  });
  await expect(read('wrong', bytes, { sizeBytes: 8 * MiB })).rejects.toMatchObject({
    code: 'READ_BACK_LONG'
  });
});

it('says why it was refused, and reads no other version of the object', async () => {
  const bytes = sampleBytes(100, 10);
  await expect(read('not-there', bytes)).rejects.toMatchObject({ code: 'AWS_ERROR' });
  await put('changed', bytes);
  await expect(read('changed', bytes, { etag: '"other"' })).rejects.toMatchObject({
    code: 'AWS_ERROR'
  });
});
