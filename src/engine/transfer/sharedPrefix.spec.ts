import { createHash } from 'node:crypto';
import {
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  UploadPartCommand
} from '@aws-sdk/client-s3';
import { startSandbox } from '../../sandbox/testing';
import type { StartedSandbox } from '../../sandbox/testing';
import { createAwsClients } from '../aws';
import type { AwsClients } from '../aws';
import { createHubClient } from '../hub';
import { abortUploads, copyModel, findUploads, parseS3Uri, planCopy } from '.';
import type { CopyPlan, CopyProgress, CopyRetry } from '.';
import { S3Proxy } from './testing/s3Proxy';
import { sampleBytes, ScriptedHub } from './testing/scriptedHub';

const MiB = 2 ** 20;
const BIG = 'model.safetensors';
const FILES: Record<string, Uint8Array> = {
  [BIG]: sampleBytes(33 * MiB, 1),
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
  prefix = `shared-${++run}/`;
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

function plan(): Promise<CopyPlan> {
  return planCopy(context(), {
    inspection: hub.inspection(),
    destination: parseS3Uri(`s3://${bucket}/${prefix}`)
  });
}

async function uploads(): Promise<string[]> {
  const page = await aws.s3.send(
    new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix })
  );
  return (page.Uploads ?? []).map(({ UploadId }) => UploadId ?? '');
}

async function expectWhole(): Promise<void> {
  for (const [path, bytes] of Object.entries(FILES)) {
    const answer = await aws.s3.send(new GetObjectCommand({ Bucket: bucket, Key: prefix + path }));
    const found = (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
    const hash = (value: Uint8Array): string => createHash('sha256').update(value).digest('hex');
    expect([path, hash(found)]).toEqual([path, hash(bytes)]);
  }
}

async function begin(parts: Uint8Array[] = []): Promise<string> {
  const key = { Bucket: bucket, Key: prefix + BIG };
  const { UploadId = '' } = await aws.s3.send(new CreateMultipartUploadCommand(key));
  for (const [index, Body] of parts.entries()) {
    await aws.s3.send(new UploadPartCommand({ ...key, UploadId, PartNumber: index + 1, Body }));
  }
  return UploadId;
}

describe('several engines on one prefix', () => {
  it('bring the whole model, each of them, and leave no upload behind', async () => {
    const planned = await plan();
    const results = await Promise.all([
      copyModel(context(), planned),
      copyModel(context(), planned),
      copyModel(context(), planned)
    ]);
    expect(results.map(({ files }) => files.length)).toEqual([2, 2, 2]);
    await expectWhole();
    expect(await uploads()).toEqual([]);
  });

  it('that go on with the same upload both come to the end', async () => {
    await begin([(FILES[BIG] ?? new Uint8Array()).subarray(0, 16 * MiB)]);
    const planned = await plan();
    await Promise.all([copyModel(context(), planned), copyModel(context(), planned)]);
    await expectWhole();
    expect(await uploads()).toEqual([]);
  });

  it.each(['PUT part', 'POST complete'])(
    'begin a file anew when its upload is gone at: %s',
    async kind => {
      const retries: CopyRetry[] = [];
      proxy.decide = request =>
        request.kind === kind && request.times === 1 ? 'no-upload' : 'pass';
      await copyModel(context(), await plan(), { onRetry: retry => retries.push(retry) });
      expect(retries.map(({ cause }) => cause)).toEqual([
        'somebody else aborted the multipart upload'
      ]);
      await expectWhole();
      expect(await uploads()).toEqual([]);
    }
  );

  it('give up when their uploads are always gone', async () => {
    proxy.decide = ({ kind }) => (kind === 'PUT part' ? 'no-upload' : 'pass');
    await expect(copyModel(context(), await plan())).rejects.toMatchObject({
      code: 'UPLOAD_GONE'
    });
  });

  it('do not abort what another one adds to', async () => {
    const planned = await plan();
    const foreign = await begin();
    const key = { Bucket: bucket, Key: prefix + BIG, UploadId: foreign };
    // Newer than the foreign one, so that it is the one that is gone on with.
    await new Promise(resolve => setTimeout(resolve, 1100));
    await begin([(FILES[BIG] ?? new Uint8Array()).subarray(0, 16 * MiB)]);
    let added: Promise<unknown> | undefined;
    hub.misbehave = ({ path }) => {
      added ??=
        path === BIG
          ? aws.s3.send(new UploadPartCommand({ ...key, PartNumber: 1, Body: 'theirs' }))
          : undefined;
      return 'ok';
    };
    await copyModel(context(), planned, { connections: 1 });
    await added;
    await expectWhole();
    expect(await uploads()).toEqual([foreign]);
  });
});

it('aborts the uploads of a copy that is given up', async () => {
  const planned = await plan();
  const stop = new AbortController();
  hub.misbehave = ({ path, start }) => {
    if (path === BIG && start > 0) {
      stop.abort();
    }
    return 'ok';
  };
  await expect(
    copyModel(context(), planned, { connections: 1, signal: stop.signal })
  ).rejects.toMatchObject({ code: 'CANCELLED' });
  const signal = new AbortController().signal;
  const found = await findUploads(context(), planned, signal);
  expect(found.map(({ key }) => key)).toEqual([prefix + BIG]);
  expect(await abortUploads(context(), planned, signal)).toEqual(found);
  expect(await uploads()).toEqual([]);
});

it('takes back the bytes of a try that failed, and never shows more than there are', async () => {
  const seen: CopyProgress[] = [];
  hub.misbehave = ({ times }) => (times <= 2 ? 'reset' : 'ok');
  await copyModel(context(), await plan(), { onProgress: progress => seen.push(progress) });
  for (const progress of seen) {
    expect(progress.movedBytes).toBeLessThanOrEqual(progress.totalBytes);
    expect(progress.files.length).toBeLessThanOrEqual(progress.filesTotal);
  }
  const last = seen.at(-1);
  expect(last?.movedBytes).toBe(last?.totalBytes);
  expect(last?.retries).toBe(Object.values(last?.retryCauses ?? {}).reduce((a, b) => a + b, 0));
  expect(last?.retries).toBeGreaterThan(0);
});

it('waits for fresh credentials in the middle and goes on with them', async () => {
  const waits: string[] = [];
  proxy.decide = ({ kind, times }) =>
    kind === 'PUT part' && times === 2 ? 'expired-token' : 'pass';
  await copyModel(context(), await plan(), { onWait: ({ reason }) => waits.push(reason) });
  await expectWhole();
  expect(waits).toContain('AWS credentials expired; waiting for fresh ones');
});

it('waits for S3 that cannot be reached for a while', async () => {
  const waits: string[] = [];
  const planned = await plan();
  const port = Number(new URL(proxy.url).port);
  let gone = false;
  hub.misbehave = ({ path, start }) => {
    if (path === BIG && start === 16 * MiB && !gone) {
      gone = true;
      void proxy.stop();
    }
    return 'ok';
  };
  let returning: Promise<void> | undefined;
  await copyModel(context(), planned, {
    connections: 2,
    onWait: ({ reason }) => {
      waits.push(reason);
      returning ??= proxy.start(port);
    }
  });
  await returning;
  await expectWhole();
  expect(waits).toContain('The network is gone; waiting for it to come back');
});
