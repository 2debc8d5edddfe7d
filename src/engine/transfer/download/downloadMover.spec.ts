import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { startSandbox } from '../../../sandbox/testing';
import type { StartedSandbox } from '../../../sandbox/testing';
import { createAwsClients } from '../../aws';
import type { AwsClients } from '../../aws';
import { createHubClient, openHubModel } from '../../hub';
import type { HubClient } from '../../hub';
import { copyModel, planCopy } from '..';
import type { CopyPlan, CopyProgress, HubSource } from '..';
import { hubModelFiles, inspectModel } from '../../model';
import { sampleBytes } from '../testing/scriptedHub';
import { throughCache } from '.';
import { CountedHub } from './testing/countedHub';

const MiB = 2 ** 20;
const ID = 'acme/model';
const SHARD = 'model-00001-of-00002.safetensors';
const text = (content: object): Uint8Array => new TextEncoder().encode(JSON.stringify(content));
const FILES: Record<string, Uint8Array> = {
  [SHARD]: sampleBytes(40 * MiB + 7, 1),
  'model-00002-of-00002.safetensors': sampleBytes(5 * MiB, 2),
  'config.json': text({ architectures: ['LlamaForCausalLM'], model_type: 'llama' }),
  'tokenizer_config.json': text({ chat_template: 'old' }),
  'tokenizer.json': text({ model: {} })
};

let sandbox: StartedSandbox;
let hubServer: CountedHub;
let hub: HubClient;
let aws: AwsClients;
let bucket: string;
let prefix: string;
let cacheFolder: string;
let run = 0;

beforeAll(async () => {
  sandbox = await startSandbox({ models: { [ID]: FILES } });
  hubServer = new CountedHub(sandbox.hubUrl);
  await hubServer.start();
  hub = createHubClient({ endpoint: hubServer.url });
  aws = createAwsClients({ region: sandbox.env['AWS_REGION'], env: sandbox.env });
  bucket = sandbox.env['BEDROCK_IMPORT_SANDBOX_BUCKET'] ?? '';
});

afterAll(async () => {
  aws.destroy();
  await hubServer.stop();
  await sandbox.stop();
});

beforeEach(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), 'cache-'));
  prefix = `run-${++run}/`;
});

afterEach(() => rm(cacheFolder, { recursive: true }));

async function plan(chatTemplate?: string): Promise<CopyPlan> {
  const model = await openHubModel(hub, { id: ID });
  const inspection = await inspectModel(hubModelFiles(hub, model));
  const source: HubSource = {
    kind: 'hub',
    endpoint: hub.endpoint,
    modelId: model.id,
    commitSha: model.commitSha
  };
  const planned = await planCopy(
    { hub, aws },
    {
      inspection,
      source: throughCache(source, cacheFolder),
      destination: { bucket, prefix },
      chatTemplate
    }
  );
  hubServer.reset();
  return planned;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function inS3(path: string): Promise<Uint8Array> {
  const answer = await aws.s3.send(new GetObjectCommand({ Bucket: bucket, Key: prefix + path }));
  return (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
}

async function expectInCache(): Promise<void> {
  const snapshots = join(cacheFolder, 'models--acme--model', 'snapshots');
  const [commit = ''] = await readdir(snapshots);
  for (const [path, bytes] of Object.entries(FILES)) {
    expect([path, sha256(await readFile(join(snapshots, commit, path)))]).toEqual([
      path,
      sha256(bytes)
    ]);
  }
  expect(await readFile(join(cacheFolder, 'models--acme--model', 'refs', 'main'), 'utf8')).toBe(
    commit
  );
}

describe('a copy through the disk', () => {
  it('leaves every byte in the cache and in S3, proved, and tells both apart', async () => {
    const seen: CopyProgress[] = [];
    const planned = await plan();
    const result = await copyModel({ hub, aws }, planned, {
      onProgress: progress => seen.push(progress)
    });
    await expectInCache();
    for (const [path, bytes] of Object.entries(FILES)) {
      expect([path, sha256(await inS3(path))]).toEqual([path, sha256(bytes)]);
    }
    expect(result.files.every(({ provedBy }) => provedBy.startsWith('s3-'))).toBe(true);
    expect(seen.at(-1)).toMatchObject({
      downloadedBytes: planned.totalBytes,
      movedBytes: planned.totalBytes
    });
    expect(hubServer.dataBytes).toBe(planned.totalBytes);
    expect(seen.some(({ downloadedBytes = 0, movedBytes }) => downloadedBytes > movedBytes)).toBe(
      true
    );
  });

  it('sends rewritten texts to S3 and keeps the hub’s in the cache', async () => {
    await copyModel({ hub, aws }, await plan('new'));
    await expectInCache();
    expect(new TextDecoder().decode(await inS3('tokenizer_config.json'))).toContain('new');
  });

  it('sends what the cache holds without asking the hub for data', async () => {
    await copyModel({ hub, aws }, await plan());
    prefix = `run-${++run}/`;
    const result = await copyModel({ hub, aws }, await plan());
    expect(hubServer.dataRequests).toEqual([]);
    expect(result.nothingMoved).toBe(false);
    expect(sha256(await inS3(SHARD))).toBe(sha256(FILES[SHARD] ?? new Uint8Array()));
  });

  it('fills the cache although S3 has all files already', async () => {
    await copyModel({ hub, aws }, await plan());
    await rm(join(cacheFolder, 'models--acme--model'), { recursive: true });
    const result = await copyModel({ hub, aws }, await plan());
    expect(result.nothingMoved).toBe(true);
    await expectInCache();
  });

  it('sends nothing to S3 that is not on the disk as the hub lists it', async () => {
    const planned = await plan();
    const wrong = planned.files.map(file =>
      file.path === SHARD ? { ...file, sha256: 'a'.repeat(64) } : file
    );
    await expect(copyModel({ hub, aws }, { ...planned, files: wrong })).rejects.toMatchObject({
      code: 'HUB_FILE_MISMATCH'
    });
    await expect(inS3(SHARD)).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('is stopped by its signal, and both sides go on where they were', async () => {
    const stop = new AbortController();
    hubServer.bytesPerSecond = 20 * MiB;
    await expect(
      copyModel({ hub, aws }, await plan(), {
        signal: stop.signal,
        onProgress: ({ downloadedBytes = 0 }) => downloadedBytes > 20 * MiB && stop.abort()
      })
    ).rejects.toMatchObject({ code: 'CANCELLED' });
    hubServer.bytesPerSecond = 0;
    const planned = await plan();
    await copyModel({ hub, aws }, planned);
    expect(hubServer.dataBytes).toBeLessThan(planned.totalBytes - 15 * MiB);
    await expectInCache();
    expect(sha256(await inS3(SHARD))).toBe(sha256(FILES[SHARD] ?? new Uint8Array()));
  });
});
