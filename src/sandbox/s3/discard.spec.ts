import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { startSandbox, type StartedSandbox } from '../testing';

const MIB = 2 ** 20;
const SIZE = 12 * MIB + 5;
const FILE = 'model.safetensors';

let sandbox: StartedSandbox;
let s3: S3Client;
let Bucket: string;

beforeAll(async () => {
  const generated = [{ path: FILE, sizeBytes: SIZE }];
  sandbox = await startSandbox({
    models: { 'acme/big': { 'config.json': '{}', '.sandbox.json': JSON.stringify({ generated }) } },
    args: ['--discard']
  });
  s3 = new S3Client({
    endpoint: sandbox.awsUrl,
    region: sandbox.env['AWS_REGION'],
    forcePathStyle: true,
    credentials: {
      accessKeyId: sandbox.env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: sandbox.env['AWS_SECRET_ACCESS_KEY'] ?? ''
    }
  });
  Bucket = sandbox.env['BEDROCK_IMPORT_SANDBOX_BUCKET'] ?? '';
});

afterAll(async () => {
  s3?.destroy();
  await sandbox?.stop();
});

const fromHub = async () => {
  const answer = await fetch(`${sandbox.hubUrl}/acme/big/resolve/main/${FILE}`);
  return Buffer.from(await answer.arrayBuffer());
};

const keptBodies = async () => (await readdir(join(sandbox.dataDirectory, 's3', 'bodies'))).length;

describe('an S3 that discards', () => {
  it('takes parts, lists and completes them, and keeps their sizes but no byte', async () => {
    const Key = `models/${FILE}`;
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const sizes = [6 * MIB, 6 * MIB, 5];
    const Parts: Array<{ PartNumber: number; ETag?: string }> = [];
    for (const [index, size] of sizes.entries()) {
      const PartNumber = index + 1;
      const Body = Buffer.alloc(size, index);
      const part = { Bucket, Key, UploadId, PartNumber, Body };
      Parts.push({ PartNumber, ETag: (await s3.send(new UploadPartCommand(part))).ETag });
    }
    expect(new Set(Parts.map(part => part.ETag)).size).toBe(3);
    const listed = await s3.send(new ListPartsCommand({ Bucket, Key, UploadId }));
    expect(listed.Parts?.map(part => part.Size)).toEqual(sizes);
    await s3.send(
      new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } })
    );
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key }));
    expect(head.ContentLength).toBe(SIZE);
    expect(await keptBodies()).toBe(0);

    const copy = await s3.send(
      new CopyObjectCommand({
        Bucket,
        Key,
        CopySource: `${Bucket}/${Key}`,
        ChecksumAlgorithm: 'SHA256',
        MetadataDirective: 'REPLACE'
      })
    );
    const original = await fromHub();
    expect(copy.CopyObjectResult).toMatchObject({
      ChecksumSHA256: createHash('sha256').update(original).digest('base64'),
      ChecksumType: 'FULL_OBJECT'
    });
    const range = { Bucket, Key, Range: 'bytes=100-6291999' };
    const read = await (await s3.send(new GetObjectCommand(range))).Body?.transformToByteArray();
    expect(Buffer.from(read ?? []).equals(original.subarray(100, 6292000))).toBe(true);
  });

  it('repeats a checksum that was sent, wrong or not', async () => {
    const ChecksumSHA256 = Buffer.alloc(32, 1).toString('base64');
    const Key = `once/${FILE}`;
    const put = { Bucket, Key, Body: Buffer.alloc(SIZE), ChecksumSHA256 };
    expect((await s3.send(new PutObjectCommand(put))).ChecksumSHA256).toBe(ChecksumSHA256);
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
    expect(head.ChecksumSHA256).toBe(ChecksumSHA256);
    expect(await keptBodies()).toBe(0);
  });

  it('serves clients that send checksums of their own in trailers', async () => {
    const Key = `stream/${FILE}`;
    const Body = Buffer.alloc(SIZE);
    await new Upload({ client: s3, params: { Bucket, Key, Body } }).done();
    expect((await s3.send(new HeadObjectCommand({ Bucket, Key }))).ContentLength).toBe(SIZE);
  });

  it('keeps what the hub does not have', async () => {
    const Key = 'models/manifest.json';
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: '{"files":[]}' }));
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    expect(await Body?.transformToString()).toBe('{"files":[]}');
  });
});

describe('one side alone', () => {
  it('serves the hub or AWS and names only what it serves', async () => {
    for (const [side, names] of [
      ['hub', ['HF_ENDPOINT']],
      ['aws', ['AWS_ENDPOINT_URL']]
    ] as const) {
      const alone = await startSandbox({ args: ['--serve', side] });
      try {
        const endpoints = ['HF_ENDPOINT', 'AWS_ENDPOINT_URL'];
        expect(endpoints.filter(name => name in alone.env)).toEqual(names);
      } finally {
        await alone.stop();
      }
    }
  });
});
