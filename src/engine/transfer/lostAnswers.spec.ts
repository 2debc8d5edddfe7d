import { createHash } from 'node:crypto';
import {
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  UploadPartCommand
} from '@aws-sdk/client-s3';
import { startSandbox } from '../../sandbox/testing';
import type { StartedSandbox } from '../../sandbox/testing';
import { createAwsClients } from '../aws';
import type { AwsClients } from '../aws';
import { createHubClient } from '../hub';
import { copyModel, MANIFEST_NAME, parseS3Uri, planCopy } from '.';
import type { CopyOptions, CopyPlan, CopyResult, CopyRetry } from '.';
import { readBack } from './readBack';
import { S3Proxy } from './testing/s3Proxy';
import { sampleBytes, ScriptedHub } from './testing/scriptedHub';

const MiB = 2 ** 20;
const BIG = 'model.safetensors';
const FILES: Record<string, Uint8Array> = {
  [BIG]: sampleBytes(17 * MiB, 1),
  'small.safetensors': sampleBytes(5000, 2),
  'config.json': new TextEncoder().encode('{"model_type": "llama"}')
};

let sandbox: StartedSandbox;
let proxy: S3Proxy;
let aws: AwsClients;
let hub: ScriptedHub;
let bucket: string;
let prefix: string;
let run = 0;

beforeAll(async () => {
  sandbox = await startSandbox();
  bucket = sandbox.env['BEDROCK_IMPORT_SANDBOX_BUCKET'] ?? '';
});

afterAll(() => sandbox?.stop());

beforeEach(async () => {
  prefix = `lost-${++run}/`;
  proxy = new S3Proxy(sandbox.awsUrl);
  await proxy.start();
  aws = createAwsClients({
    region: sandbox.env['AWS_REGION'],
    env: { ...sandbox.env, AWS_ENDPOINT_URL: proxy.url }
  });
  hub = new ScriptedHub(FILES);
  await hub.start();
});

afterEach(async () => {
  aws.destroy();
  await hub.stop();
  await proxy.stop();
});

const context = () => ({ hub: createHubClient({ endpoint: hub.url }), aws });

async function plan(): Promise<CopyPlan> {
  const made = await planCopy(context(), {
    inspection: hub.inspection(),
    destination: parseS3Uri(`s3://${bucket}/${prefix}`)
  });
  // A plan is plain data, so what has been through JSON must do as well.
  return JSON.parse(JSON.stringify(made)) as CopyPlan;
}

async function copy(onRetry?: (retry: CopyRetry) => void): Promise<CopyResult> {
  return copyModel(context(), await plan(), { onRetry });
}

async function put(path: string, body: string | Uint8Array, extra: object = {}): Promise<void> {
  await aws.s3.send(
    new PutObjectCommand({ Bucket: bucket, Key: prefix + path, Body: body, ...extra })
  );
}

async function expectWhole(): Promise<void> {
  for (const [path, bytes] of Object.entries(FILES)) {
    const answer = await aws.s3.send(new GetObjectCommand({ Bucket: bucket, Key: prefix + path }));
    const found = createHash('sha256').update((await answer.Body?.transformToByteArray()) ?? '');
    expect([path, found.digest('hex')]).toEqual([
      path,
      createHash('sha256').update(bytes).digest('hex')
    ]);
  }
  const left = await aws.s3.send(
    new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix })
  );
  expect(left.Uploads ?? []).toEqual([]);
}

describe('a copy whose answers from S3 are lost', () => {
  it.each(['POST create', 'PUT part', 'POST complete', 'PUT copy', 'PUT'])(
    'is whole, proved and leaves no upload behind after a lost answer to: %s',
    async kind => {
      proxy.decide = request =>
        request.kind === kind && request.times === 1 ? 'lose-answer' : 'pass';
      const result = await copy();
      await expectWhole();
      expect(result.files.find(({ path }) => path === BIG)?.provedBy).toBe('s3-copy-checksum');
      expect((await copy()).nothingMoved).toBe(true);
    }
  );

  it.each(['GET list', 'GET uploads', 'POST create', 'POST complete', 'PUT copy'])(
    'goes on after an answer that breaks off in the middle: %s',
    async kind => {
      proxy.decide = request =>
        request.kind === kind && request.times <= 2 ? 'cut-answer' : 'pass';
      await copy();
      await expectWhole();
    }
  );

  it('goes on when S3 refuses before it has read the body', async () => {
    proxy.decide = ({ kind, times }) =>
      (kind === 'PUT part' || kind === 'PUT') && times <= 2 ? 'refuse-early' : 'pass';
    await copy();
    await expectWhole();
  });

  it('goes on through an outage that is longer than the SDK bears', async () => {
    proxy.decide = ({ kind, times }) =>
      kind === 'PUT copy' && times <= 7 ? 'refuse-early' : 'pass';
    await copy();
    await expectWhole();
  });
});

describe('credentials that expire on the way', () => {
  it('end the copy soon with one clear error, and a later run goes on', async () => {
    const retries: CopyRetry[] = [];
    const waits: Parameters<NonNullable<CopyOptions['onWait']>>[0][] = [];
    proxy.decide = ({ kind, times }) =>
      kind === 'PUT part' && times > 1 ? 'expired-token' : 'pass';
    const failed = copyModel(context(), await plan(), {
      connections: 1,
      outagePatienceMs: 1500,
      onWait: wait => waits.push(wait),
      onRetry: retry => retries.push(retry)
    });
    await expect(failed).rejects.toMatchObject({ code: 'CREDENTIALS_EXPIRED' });
    expect(retries).toEqual([]);
    expect(waits.length).toBeGreaterThan(1);
    expect(waits[0]).toEqual({
      reason: 'AWS credentials expired; waiting for fresh ones',
      waitedMs: expect.any(Number),
      budgetMs: 1500
    });
    proxy.decide = () => 'pass';
    const result = await copy();
    expect(result.totalBytes - result.movedBytes).toBe(16 * MiB);
    await expectWhole();
  });
});

describe('a destination that changes between the plan and the copy', () => {
  it('is not written over when an object of somebody else has appeared', async () => {
    const planned = await plan();
    await put('config.json', 'theirs');
    await expect(copyModel(context(), planned, { allowOverwrite: true })).rejects.toMatchObject({
      code: 'DESTINATION_CHANGED',
      kind: 'blocked'
    });
    expect(hub.requests).toEqual([]);
  });

  it('is looked at again when a proved object has changed', async () => {
    await copy();
    const planned = await plan();
    await put('small.safetensors', 'other');
    await expect(copyModel(context(), planned)).rejects.toMatchObject({
      code: 'DESTINATION_CHANGED'
    });
    await copyModel(context(), await plan(), { allowOverwrite: true });
    await expectWhole();
  });

  it('does not mix in weights that have appeared', async () => {
    const planned = await plan();
    await put('other.safetensors', 'x');
    await expect(copyModel(context(), planned)).rejects.toMatchObject({
      code: 'DESTINATION_CHANGED'
    });
  });

  it('takes what an earlier run of the same plan has brought', async () => {
    const planned = await plan();
    await copyModel(context(), planned);
    await copyModel(context(), planned);
    await expectWhole();
  });
});

describe('unfinished uploads of an earlier run', () => {
  async function beginUpload(parts: Uint8Array[]): Promise<void> {
    const key = { Bucket: bucket, Key: prefix + BIG };
    const { UploadId } = await aws.s3.send(new CreateMultipartUploadCommand(key));
    for (const [index, Body] of parts.entries()) {
      await aws.s3.send(new UploadPartCommand({ ...key, UploadId, PartNumber: index + 1, Body }));
    }
  }

  it('are not continued when they were cut differently, and are not left behind', async () => {
    const bytes = FILES[BIG] ?? new Uint8Array();
    await beginUpload([bytes.subarray(0, 8 * MiB)]);
    await beginUpload([]);
    await beginUpload([bytes.subarray(0, 8 * MiB), bytes.subarray(8 * MiB, 16 * MiB)]);
    await copy();
    await expectWhole();
  });

  it('with other bytes are found by the proof', async () => {
    await beginUpload([sampleBytes(16 * MiB, 77)]);
    const causes: string[] = [];
    await copy(({ cause }) => causes.push(cause));
    expect(causes.join()).toContain('SHA-256');
    await expectWhole();
  });
});

it('believes the bytes of a small file, not the metadata that came with them', async () => {
  await copy();
  const Key = `${prefix}config.json`;
  const { Metadata } = await aws.s3.send(new HeadObjectCommand({ Bucket: bucket, Key }));
  await put('config.json', '{"model_type": "LLAMA"}', { Metadata, ChecksumAlgorithm: 'SHA256' });
  await copy();
  await expectWhole();
});

it('proves without sending again when only the manifest is missing', async () => {
  await copy();
  await put(MANIFEST_NAME, '{}');
  hub.requests.length = 0;
  const result = await copy();
  expect(result.nothingMoved).toBe(true);
  expect(hub.requests).toEqual([]);
});

it('gives up a read-back on which nothing arrives, and tries again', async () => {
  await put('object', 'content');
  const target = {
    bucket,
    key: `${prefix}object`,
    sizeBytes: 7,
    sha256: createHash('sha256').update('content').digest('hex'),
    metadata: {},
    etag: ''
  };
  proxy.decide = ({ times }) => (times === 1 ? 'stall' : 'pass');
  const found = await readBack(aws.s3, target, new AbortController().signal, { stallMs: 200 });
  expect(found).toMatchObject({ matches: true, provedBy: 'read-back' });
  expect(proxy.requests.filter(({ kind }) => kind === 'GET')).toHaveLength(2);
  await expect(
    readBack(aws.s3, { ...target, sizeBytes: 9 }, new AbortController().signal)
  ).rejects.toMatchObject({ code: 'READ_BACK_SHORT' });
});

it('ends at once on an abort while S3 keeps an answer back', async () => {
  const stop = new AbortController();
  proxy.decide = ({ kind }) => {
    if (kind !== 'PUT copy') {
      return 'pass';
    }
    setTimeout(() => stop.abort(), 20);
    return 'hang';
  };
  const planned = await plan();
  await expect(copyModel(context(), planned, { signal: stop.signal })).rejects.toMatchObject({
    code: 'CANCELLED'
  });
  proxy.decide = () => 'pass';
  expect((await copy()).nothingMoved).toBe(true);
  await expectWhole();
});
