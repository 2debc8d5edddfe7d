import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { startSandbox } from '../../../sandbox/testing';
import type { StartedSandbox } from '../../../sandbox/testing';
import { createAwsClients } from '../../aws';
import type { AwsClients } from '../../aws';
import { readDiskUsage } from '../../disk';
import { BedrockImportError } from '../../errors';
import { createHubClient, openHubModel } from '../../hub';
import type { HubClient, HubModel } from '../../hub';
import { hubModelFiles, inspectModel } from '../../model';
import { canMount, mountImage, mountTmpfs } from '../../testing/mounts';
import type { Mounted } from '../../testing/mounts';
import { copyModel, planCopy } from '..';
import type { CopyPlan, CopyProgress } from '..';
import { sampleBytes } from '../testing/scriptedHub';
import { downloadModel, throughCache } from '.';
import { DiskGuard, floorBytesOf } from './diskGuard';
import { CountedHub } from './testing/countedHub';

const MiB = 2 ** 20;
const onTmpfs = canMount(() => mountTmpfs('size=1m')) ? it : it.skip;
const onExt4 = canMount(() => mountImage('ext4', 16 * MiB)) ? it : it.skip;

let mounted: Mounted;
afterEach(() => mounted?.unmount());

describe('what is kept free', () => {
  it('is 2 % of a small disk and 1 GB of a large one, less than a planned download leaves', () => {
    expect(floorBytesOf({ totalBytes: 5e9 })).toBe(100_000_000);
    expect(floorBytesOf({ totalBytes: 50e9 })).toBe(1e9);
    expect(floorBytesOf({ totalBytes: 16e12 })).toBe(1e9);
  });
});

describe('the guard of a disk', () => {
  onTmpfs('stops a download while another program fills the disk, before it is full', async () => {
    mounted = mountTmpfs('size=64m');
    const usage = await readDiskUsage(mounted.folder);
    let told: BedrockImportError[] = [];
    const guard = new DiskGuard({
      usage,
      remainingBytes: () => 12e6,
      onNearlyFull: error => told.push(error)
    });
    guard.start();
    // 4 MiB each 100 ms: half a second more, and nothing would be left.
    const other = createWriteStream(join(mounted.folder, 'other'));
    for (let piece = 0; piece < 15; piece++) {
      other.write(new Uint8Array(4 * MiB).fill(1));
      await delay(100);
    }
    other.end(new Uint8Array(3.5 * MiB));
    await once(other, 'close');
    await delay(1_500);
    const { availableBytes } = await readDiskUsage(mounted.folder);
    expect(availableBytes).toBe(MiB / 2);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({
      code: 'DISK_NEARLY_FULL',
      subject: mounted.folder,
      kind: 'failed'
    });
    expect(told[0]?.message).toMatch(
      /kB are left at .*, 1\.34 MB are kept free.*12\.00 MB are still/
    );
    expect(told[0]?.nextStep).toMatch(/trash.*cache.*go on/s);
    expect(guard.failure).toBe(told[0]);
    told = [];
    await delay(1_200);
    expect(told).toEqual([]);
  });

  onTmpfs('looks at once when much was written, and forecasts when the disk is full', async () => {
    mounted = mountTmpfs('size=512m');
    const usage = await readDiskUsage(mounted.folder);
    const guard = new DiskGuard({
      usage,
      remainingBytes: () => 10e9,
      onNearlyFull: () => undefined
    });
    guard.start();
    const file = join(mounted.folder, 'file');
    for (let piece = 0; piece < 50; piece++) {
      writeFileSync(file, new Uint8Array(2 * MiB).fill(1), { flag: 'a' });
      guard.wrote(2 * MiB);
      await delay(100);
    }
    // At no more than 20 MiB in a second, with about 400 MiB left.
    expect(guard.secondsUntilFull).toBeGreaterThan(10);
    writeFileSync(file, new Uint8Array(405 * MiB).fill(1), { flag: 'a' });
    guard.wrote(405 * MiB);
    await delay(200);
    expect(guard.failure?.code).toBe('DISK_NEARLY_FULL');
    guard.stop();
  });

  onTmpfs('has nothing to watch on a disk without a limit', async () => {
    mounted = mountTmpfs('size=0');
    const usage = await readDiskUsage(mounted.folder);
    const guard = new DiskGuard({ usage, remainingBytes: () => 1, onNearlyFull: () => undefined });
    guard.start();
    guard.wrote(1e9);
    await delay(50);
    expect([guard.failure, guard.secondsUntilFull]).toEqual([undefined, undefined]);
  });
});

describe('a download whose disk another program fills meanwhile', () => {
  const ID = 'acme/model';
  const FILES: Record<string, Uint8Array> = {
    'model-00001-of-00002.safetensors': sampleBytes(60 * MiB + 7, 1),
    'model-00002-of-00002.safetensors': sampleBytes(20 * MiB, 2),
    'config.json': new TextEncoder().encode(
      '{"architectures":["LlamaForCausalLM"],"model_type":"llama"}'
    ),
    'tokenizer.json': new TextEncoder().encode('{"model":{}}'),
    'tokenizer_config.json': new TextEncoder().encode('{}')
  };
  const WEIGHT_BYTES = 80 * MiB + 7;
  let sandbox: StartedSandbox;
  let hubServer: CountedHub;
  let hub: HubClient;
  let aws: AwsClients;

  beforeAll(async () => {
    sandbox = await startSandbox({ models: { [ID]: FILES } });
    hubServer = new CountedHub(sandbox.hubUrl);
    await hubServer.start();
    hub = createHubClient({ endpoint: hubServer.url });
    aws = createAwsClients({ region: sandbox.env['AWS_REGION'], env: sandbox.env });
  });

  afterAll(async () => {
    aws.destroy();
    await hubServer.stop();
    await sandbox.stop();
  });

  /** Room for the download with its margin, and the other program's file, which takes nearly all of it. */
  function disk(): { cacheFolder: string; fill: () => void; makeRoom: () => void } {
    mounted = mountImage('ext4', 2600 * MiB, ['-m', '0']);
    const other = join(mounted.folder, 'other');
    return {
      cacheFolder: join(mounted.folder, 'hub'),
      fill: () => {
        const [, available = 0] = /Avail\s+(\d+)/.exec(
          execFileSync('df', ['-B1', '--output=avail', mounted.folder], { encoding: 'utf8' })
        ) ?? [0, 0];
        execFileSync('fallocate', ['-l', String(Number(available) - 30 * MiB), other]);
      },
      makeRoom: () => rmSync(other)
    };
  }

  async function model(): Promise<HubModel> {
    const opened = await openHubModel(hub, { id: ID });
    hubServer.reset();
    return opened;
  }

  async function bytesThere(cacheFolder: string): Promise<number> {
    const { totalBytes, availableBytes, usedBytes, reservedBytes } =
      await readDiskUsage(cacheFolder);
    expect(usedBytes + availableBytes + reservedBytes).toBe(totalBytes);
    return availableBytes;
  }

  onExt4('stops with room left, keeps what has come, and goes on when there is room', async () => {
    const { cacheFolder, fill, makeRoom } = disk();
    hubServer.bytesPerSecond = 8 * MiB;
    let filled = false;
    const error = await downloadModel(
      { hub },
      { model: await model() },
      {
        cacheFolder,
        connections: 2,
        onProgress: ({ downloadedBytes }) => {
          if (!filled && downloadedBytes > 16 * MiB) {
            filled = true;
            fill();
          }
        }
      }
    ).catch((reason: unknown) => reason);
    hubServer.bytesPerSecond = 0;
    expect(error).toBeInstanceOf(BedrockImportError);
    expect(error).toMatchObject({ code: 'DISK_NEARLY_FULL', kind: 'failed' });
    expect(await bytesThere(cacheFolder)).toBeGreaterThan(8 * MiB);
    // Not planned to fit any more: it does not even begin, and nothing is lost.
    await expect(
      downloadModel({ hub }, { model: await model() }, { cacheFolder })
    ).rejects.toMatchObject({ code: 'DISK_TOO_SMALL' });

    makeRoom();
    const opened = await model();
    const result = await downloadModel({ hub }, { model: opened }, { cacheFolder });
    expect(hubServer.dataBytes).toBeLessThan(WEIGHT_BYTES - 14 * MiB);
    for (const [path, bytes] of Object.entries(FILES)) {
      expect(sha256(await readFile(join(result.folder, path)))).toBe(sha256(bytes));
    }
    const blobs = await readdir(join(cacheFolder, 'models--acme--model', 'blobs'));
    expect(blobs.filter(name => name.includes('bedrock-import'))).toEqual([]);
  });

  onExt4('stops a whole copy the same way, which a second run brings to its end', async () => {
    const { cacheFolder, fill, makeRoom } = disk();
    const bucket = sandbox.env['BEDROCK_IMPORT_SANDBOX_BUCKET'] ?? '';
    const plan = async (): Promise<CopyPlan> => {
      const opened = await model();
      const { id: modelId, commitSha } = opened;
      const source = { kind: 'hub', endpoint: hub.endpoint, modelId, commitSha } as const;
      return planCopy(
        { hub, aws },
        {
          inspection: await inspectModel(hubModelFiles(hub, opened)),
          source: throughCache(source, cacheFolder),
          destination: { bucket, prefix: 'guarded/' }
        }
      );
    };
    hubServer.bytesPerSecond = 3 * MiB;
    let filled = false;
    const seen: CopyProgress[] = [];
    const error = await copyModel({ hub, aws }, await plan(), {
      onProgress: progress => {
        seen.push(progress);
        if (!filled && (progress.downloadedBytes ?? 0) > 20 * MiB) {
          filled = true;
          fill();
        }
      }
    }).catch((reason: unknown) => reason);
    hubServer.bytesPerSecond = 0;
    expect(error).toMatchObject({ code: 'DISK_NEARLY_FULL' });
    expect(seen.at(-1)?.downloadedBytes).toBeLessThan(WEIGHT_BYTES);

    makeRoom();
    const again = await plan();
    hubServer.reset();
    await copyModel({ hub, aws }, again);
    expect(hubServer.dataBytes).toBeLessThan(WEIGHT_BYTES - 14 * MiB);
    const [path, bytes] = Object.entries(FILES)[0] ?? ['', new Uint8Array()];
    const answer = await aws.s3.send(
      new GetObjectCommand({ Bucket: bucket, Key: `guarded/${path}` })
    );
    const there = await answer.Body?.transformToByteArray();
    expect(sha256(there ?? new Uint8Array())).toBe(sha256(bytes));
    await rm(cacheFolder, { recursive: true });
  });
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
