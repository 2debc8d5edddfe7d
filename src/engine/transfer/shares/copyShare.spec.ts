import {
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command
} from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { startSandbox } from '../../../sandbox/testing';
import type { StartedSandbox } from '../../../sandbox/testing';
import { createAwsClients } from '../../aws';
import type { AwsClients } from '../../aws';
import { createHubClient } from '../../hub';
import { rejectedBy } from '../../testing/thrownBy';
import { MANIFEST_NAME, parseS3Uri, planCopy, readManifest } from '..';
import type { CopyPlan, TransferContext } from '..';
import { MiB } from '../partSize';
import { sampleBytes, ScriptedHub } from '../testing/scriptedHub';
import { copyShare } from '.';
import type { CopyShareOptions, ShareResult } from '.';

const FILES: Record<string, Uint8Array> = {
  'model-00001-of-00002.safetensors': sampleBytes(70 * MiB + 123, 1),
  'model-00002-of-00002.safetensors': sampleBytes(33 * MiB, 2),
  'tokenizer.model': sampleBytes(100_001, 3),
  'config.json': new TextEncoder().encode('{"architectures":["LlamaForCausalLM"]}')
};
const NAMES = Object.keys(FILES).sort();

let sandbox: StartedSandbox;
let aws: AwsClients;
let hub: ScriptedHub;
let bucket: string;
let run = 0;
let prefix: string;

beforeAll(async () => {
  sandbox = await startSandbox();
  aws = createAwsClients({ region: sandbox.env['AWS_REGION'], env: sandbox.env });
  bucket = sandbox.env['BEDROCK_IMPORT_SANDBOX_BUCKET'] ?? '';
});

afterAll(async () => {
  aws.destroy();
  await sandbox.stop();
});

beforeEach(async () => {
  prefix = `shares-${++run}/`;
  hub = new ScriptedHub(FILES);
  await hub.start();
});

afterEach(() => hub.stop());

function context(): TransferContext {
  return { hub: createHubClient({ endpoint: hub.url }), aws };
}

/** As another machine gets it: read from a file. */
async function planFile(): Promise<CopyPlan> {
  const plan = await planCopy(context(), {
    inspection: hub.inspection({}),
    destination: parseS3Uri(`s3://${bucket}/${prefix}`)
  });
  return JSON.parse(JSON.stringify(plan)) as CopyPlan;
}

function work(plan: CopyPlan, options: CopyShareOptions): Promise<ShareResult> {
  return copyShare(context(), plan, options);
}

async function keysInS3(): Promise<string[]> {
  const page = await aws.s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
  return (page.Contents ?? []).map(({ Key }) => (Key ?? '').slice(prefix.length)).sort();
}

async function expectWhole(): Promise<void> {
  expect(await keysInS3()).toEqual([...NAMES, MANIFEST_NAME].sort());
  for (const [path, bytes] of Object.entries(FILES)) {
    const answer = await aws.s3.send(new GetObjectCommand({ Bucket: bucket, Key: prefix + path }));
    const found = createHash('sha256').update((await answer.Body?.transformToByteArray()) ?? '');
    expect([path, found.digest('hex')]).toEqual([
      path,
      createHash('sha256').update(bytes).digest('hex')
    ]);
  }
  const manifest = await readManifest(aws.s3, { bucket, prefix }, undefined);
  expect(manifest?.files.map(({ path }) => path).sort()).toEqual(NAMES);
  const { Uploads = [] } = await aws.s3.send(
    new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix })
  );
  expect(Uploads).toEqual([]);
}

describe('shares of a copy', () => {
  it.each([1, 2, 3, 8])('by %d workers at once make the whole model, every byte once', async of => {
    const plan = await planFile();
    const results = await Promise.all(
      Array.from({ length: of }, (_, index) => work(plan, { share: index + 1, of }))
    );
    await expectWhole();
    expect(results.map(({ whole }) => whole)).toEqual([
      true,
      ...Array.from({ length: of - 1 }, () => false)
    ]);
    expect(results.reduce((sum, { movedBytes }) => sum + movedBytes, 0)).toBe(plan.totalBytes);
  });

  it('may start one after the other, each with patience', async () => {
    const plan = await planFile();
    const second = work(plan, { share: 2, of: 2 });
    await new Promise(resolve => setTimeout(resolve, 700));
    const first = work(plan, { share: 1, of: 2 });
    expect((await first).whole).toBe(true);
    expect((await second).whole).toBe(false);
    await expectWhole();
  });

  it('go on after one broke off', async () => {
    const plan = await planFile();
    const stop = new AbortController();
    const broken = rejectedBy(
      work(plan, {
        share: 2,
        of: 2,
        connections: 1,
        signal: stop.signal,
        onProgress: ({ movedBytes }) => movedBytes > 17 * MiB && stop.abort()
      })
    );
    const first = work(plan, { share: 1, of: 2 });
    expect(await broken).toMatchObject({ kind: 'cancelled' });
    const again = await work(plan, { share: 2, of: 2 });
    expect((await first).whole).toBe(true);
    await expectWhole();
    expect(again.movedBytes).toBeLessThan(plan.totalBytes / 2);
  });

  it('run again after the end move nothing', async () => {
    const plan = await planFile();
    await Promise.all([1, 2].map(share => work(plan, { share, of: 2 })));
    const before = hub.requests.length;
    const again = await work(plan, { share: 2, of: 2 });
    expect(again).toMatchObject({ movedBytes: 0, whole: true });
    expect(hub.requests.length).toBe(before);
    await expectWhole();
  });

  it('say which one is missing', async () => {
    const plan = await planFile();
    expect(await rejectedBy(work(plan, { share: 1, of: 2, patienceMs: 1500 }))).toMatchObject({
      code: 'SHARE_MISSING'
    });
  });

  it('count only their own bytes', async () => {
    const plan = await planFile();
    let last = 0;
    let total = 0;
    await Promise.all(
      [1, 2].map(share =>
        work(plan, {
          share,
          of: 2,
          onProgress: progress => {
            if (share === 2) {
              last = progress.movedBytes;
              total = progress.totalBytes;
            }
          }
        })
      )
    );
    expect(last).toBe(total);
    expect(total).toBeLessThan(plan.totalBytes);
  });
});
