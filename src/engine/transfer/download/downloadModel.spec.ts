import { createHash } from 'node:crypto';
import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startSandbox } from '../../../sandbox/testing';
import type { StartedSandbox } from '../../../sandbox/testing';
import { BedrockImportError } from '../../errors';
import { createHubClient, openHubModel } from '../../hub';
import type { HubModel } from '../../hub';
import { sampleBytes, ScriptedHub } from '../testing/scriptedHub';
import { discardDownload, downloadModel, planDownload } from '.';
import type { CopyRetry } from '../types';
import type { DownloadModelOptions, DownloadResult } from '.';
import { placesOf } from './cacheLayout';
import { IncompleteFile } from './incompleteFile';
import { CountedHub } from './testing/countedHub';

const MiB = 2 ** 20;
const ID = 'acme/model';
const weights = sampleBytes(70 * MiB + 11, 1);
const FILES: Record<string, Uint8Array> = {
  'model-00001-of-00002.safetensors': weights,
  'model-00002-of-00002.safetensors': sampleBytes(3 * MiB, 2),
  'copy/of-the-first.safetensors': sampleBytes(3 * MiB, 2),
  'config.json': new TextEncoder().encode('{"architectures":["LlamaForCausalLM"]}'),
  'large-text.json': new TextEncoder().encode(`"${'ä'.repeat(2 * MiB)}"`),
  'empty.txt': new Uint8Array(0)
};

let sandbox: StartedSandbox;
let hub: CountedHub;
let cacheFolder: string;

beforeAll(async () => {
  sandbox = await startSandbox({ models: { [ID]: FILES } });
  hub = new CountedHub(sandbox.hubUrl);
  await hub.start();
});

afterAll(async () => {
  await hub.stop();
  await sandbox.stop();
});

beforeEach(async () => {
  cacheFolder = join(await mkdtemp(join(tmpdir(), 'cache-')), 'hub');
  hub.reset();
});

afterEach(() => rm(dirname(cacheFolder), { recursive: true, force: true }));

function open(endpoint = hub.url): Promise<HubModel> {
  return openHubModel(createHubClient({ endpoint }), { id: ID });
}

async function download(
  options: Partial<DownloadModelOptions> = {},
  endpoint = hub.url
): Promise<DownloadResult> {
  const client = createHubClient({ endpoint, firstPauseMs: 1 });
  const model = await open(endpoint);
  hub.reset();
  return downloadModel({ hub: client }, { model }, { cacheFolder, ...options });
}

async function expectWhole(folder: string): Promise<void> {
  for (const [path, bytes] of Object.entries(FILES)) {
    const found = await readFile(join(folder, path));
    expect([path, sha256(found)]).toEqual([path, sha256(bytes)]);
  }
  const blobs = await readdir(join(cacheFolder, 'models--acme--model', 'blobs'));
  expect(blobs.filter(name => name.includes('bedrock-import'))).toEqual([]);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function failure(work: Promise<unknown>): Promise<BedrockImportError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason
  );
  expect(error).toBeInstanceOf(BedrockImportError);
  return error as BedrockImportError;
}

describe('a download', () => {
  it('leaves what huggingface_hub would: blobs by hash, relative links, the reference', async () => {
    const result = await download();
    const { commitSha } = await open();
    const repository = join(cacheFolder, 'models--acme--model');
    expect(result).toMatchObject({
      folder: join(repository, 'snapshots', commitSha),
      files: 6,
      cachedFiles: 1
    });
    await expectWhole(result.folder);
    const link = await readlink(join(result.folder, 'copy/of-the-first.safetensors'));
    expect(link).toBe(
      `../../../blobs/${sha256(FILES['copy/of-the-first.safetensors'] ?? weights)}`
    );
    expect(await readFile(join(repository, 'refs', 'main'), 'utf8')).toBe(commitSha);
    expect(await readFile(join(cacheFolder, 'CACHEDIR.TAG'), 'utf8')).toMatch(/^Signature: 8a47/);
    const tree = JSON.parse(await readFile(join(repository, 'trees', `${commitSha}.json`), 'utf8'));
    expect(Object.keys(tree.files)).toEqual(Object.keys(FILES).sort());
    const mode = (await stat(join(result.folder, 'config.json'))).mode & 0o777;
    expect(mode).toBe(0o666 & ~process.umask());
  });

  it('brings content that two files share once, and says how much is there', async () => {
    const seen: number[] = [];
    const result = await download({ onProgress: now => seen.push(now.downloadedBytes) });
    expect(hub.dataBytes).toBe(result.totalBytes - 3 * MiB);
    expect(seen.at(-1)).toBe(result.totalBytes);
    expect(seen.every((bytes, index) => bytes >= (seen[index - 1] ?? 0))).toBe(true);
  });

  it('asks for no data the second time, having looked at every hash', async () => {
    await download();
    const result = await download();
    expect(result.cachedFiles).toBe(6);
    expect(hub.dataRequests).toEqual([]);
    await expectWhole(result.folder);
  });

  it('takes blobs in a shared store, and files in a snapshot without links', async () => {
    const { folder } = await download();
    const first = join(folder, 'model-00001-of-00002.safetensors');
    const blob = join(dirname(first), await readlink(first));
    const store = join(cacheFolder, 'blobs', 'ab', 'ab'.repeat(32));
    await mkdir(dirname(store), { recursive: true });
    await rename(blob, store);
    await symlink(`../../blobs/ab/${'ab'.repeat(32)}`, blob);
    const config = join(folder, 'config.json');
    await rename(join(folder, await readlink(config)), config);
    const result = await download();
    expect(hub.dataRequests).toEqual([]);
    expect(result.cachedFiles).toBe(6);
    expect((await lstat(config)).isFile()).toBe(true);
  });

  it('replaces what is damaged, without writing through the link of a shared blob', async () => {
    const { folder } = await download();
    const first = join(folder, 'model-00001-of-00002.safetensors');
    const blob = join(dirname(first), await readlink(first));
    const store = join(cacheFolder, 'blobs', 'ab', 'ab'.repeat(32));
    await mkdir(dirname(store), { recursive: true });
    const damaged = Uint8Array.from(weights);
    damaged[5] = (damaged[5] ?? 0) ^ 1;
    await writeFile(store, damaged);
    await rm(blob);
    await symlink(`../../blobs/ab/${'ab'.repeat(32)}`, blob);
    await rm(join(folder, 'config.json'));
    await writeFile(join(folder, 'config.json'), '{"architectures":["LlamaForCausalLX"]}');
    await download();
    await expectWhole(folder);
    expect(hub.dataBytes).toBe(weights.length);
    expect(sha256(await readFile(store))).toBe(sha256(damaged));
    expect((await lstat(join(folder, 'config.json'))).isSymbolicLink()).toBe(true);
  });

  it('is stopped by its signal and goes on where it was', async () => {
    const stop = new AbortController();
    hub.bytesPerSecond = 20 * MiB;
    const error = await failure(
      download({
        signal: stop.signal,
        connections: 2,
        onProgress: ({ downloadedBytes }) => downloadedBytes > 20 * MiB && stop.abort()
      })
    );
    hub.bytesPerSecond = 0;
    expect(error).toMatchObject({ code: 'CANCELLED', kind: 'cancelled' });
    const client = createHubClient({ endpoint: hub.url });
    const planned = await planDownload({ hub: client }, { model: await open() }, { cacheFolder });
    const [first] = planned.files.filter(({ state }) => state === 'partial');
    expect(first?.path).toBe('model-00001-of-00002.safetensors');
    expect(planned.bytesToDownload).toBeLessThan(planned.totalBytes - 15 * MiB);
    const result = await download();
    await expectWhole(result.folder);
    expect(hub.dataBytes).toBeLessThanOrEqual(planned.bytesToDownload);
  });

  it('can be given up, which leaves whole files alone', async () => {
    const model = await open();
    const cache = { cacheFolder, modelId: model.id, commitSha: model.commitSha };
    await download();
    const [file] = model.files.filter(({ path }) => path === 'config.json');
    const places = placesOf(cache, file ?? { path: '', sizeBytes: 0, gitOid: '' });
    const incomplete = await IncompleteFile.open(places, file ?? model.files[0]!);
    await incomplete.keep();
    await discardDownload(
      { hub: createHubClient({ endpoint: hub.url }) },
      { model },
      { cacheFolder }
    );
    await expectWhole(join(cacheFolder, 'models--acme--model', 'snapshots', model.commitSha));
  });
});

describe('the plan of a download', () => {
  it('counts what is cached, what is missing and what is needed', async () => {
    const client = createHubClient({ endpoint: hub.url });
    const model = await open();
    const before = await planDownload({ hub: client }, { model }, { cacheFolder });
    expect(before).toMatchObject({ route: 'disk', cachedBytes: 3 * MiB });
    expect(before.requiredBytes).toBe(
      Math.ceil((before.bytesToDownload * 105) / 100) + 2_000_000_000
    );
    await expect(stat(cacheFolder)).rejects.toThrow('ENOENT');
    const taken = model.files.filter(({ path }) => path.startsWith('model-00002'));
    await downloadModel({ hub: client }, { model, selection: { taken } }, { cacheFolder });
    const after = await planDownload({ hub: client }, { model }, { cacheFolder });
    expect(before.bytesToDownload - after.bytesToDownload).toBe(3 * MiB);
    expect(after.files.find(({ path }) => path.startsWith('model-00002'))?.state).toBe('cached');
    // huggingface_hub would take a snapshot with fewer files than the listing for incomplete.
    expect(await readdir(join(cacheFolder, 'models--acme--model'))).not.toContain('trees');
  });

  it('refuses a model that does not fit, before anything is written', async () => {
    const client = createHubClient({ endpoint: hub.url });
    const model = await open();
    const sizeBytes = 1e15;
    const taken = model.files.map(file => ({ ...file, sizeBytes }));
    const what = { model, selection: { taken } };
    const planned = await planDownload({ hub: client }, what, { cacheFolder });
    expect(planned.route).toBe('stream');
    expect(planned.checks[0]).toMatchObject({ id: 'download-fits', verdict: 'blocker' });
    const error = await failure(downloadModel({ hub: client }, what, { cacheFolder }));
    expect(error).toMatchObject({ code: 'DISK_TOO_SMALL', kind: 'blocked' });
    expect(error.message).toContain(`needs ${planned.requiredBytes} bytes`);
    expect(error.nextStep).toMatch(/streams from the hub to S3.*free .* at/s);
    await expect(stat(cacheFolder)).rejects.toThrow('ENOENT');
  });
});

describe('a download from a hub that misbehaves', () => {
  async function withFaults(
    faults: readonly string[],
    work: (endpoint: string) => Promise<void>
  ): Promise<void> {
    const args = faults.flatMap(fault => ['--fault', fault]);
    const faulty = await startSandbox({
      args: [...args, '--seed', '5'],
      modelsDirectory: sandbox.modelsDirectory
    });
    try {
      await work(faulty.hubUrl);
    } finally {
      await faulty.stop();
    }
  }

  it.each([
    ['hub-reset=0.5'],
    ['hub-truncate=0.5'],
    ['hub-ignore-range=0.4'],
    ['hub-expired-url=0.3'],
    ['hub-429=0.3', 'hub-reset-every=3']
  ])('gets every byte in spite of %s', async (...faults) => {
    await withFaults(faults, async endpoint => {
      const causes: string[] = [];
      const result = await download({ onRetry: ({ cause }) => causes.push(cause) }, endpoint);
      await expectWhole(result.folder);
      expect(causes.length).toBeGreaterThan(0);
      expect(causes.join('\n')).not.toMatch(/https?:|signature/i);
    });
  });

  it('fetches a file again whose hash is wrong, and only that one', async () => {
    const scripted = new ScriptedHub({
      'a.safetensors': sampleBytes(70 * MiB, 3),
      'b.safetensors': sampleBytes(5 * MiB, 4)
    });
    await scripted.start();
    try {
      scripted.misbehave = ({ path, start, times }) =>
        path === 'a.safetensors' && start > 0 && times === 1 ? 'flip' : 'ok';
      const retries: string[] = [];
      const { model } = scripted.inspection();
      const client = createHubClient({ endpoint: scripted.url });
      const onRetry = ({ path, cause }: CopyRetry): number => retries.push(`${path}: ${cause}`);
      let reported = 0;
      const result = await downloadModel(
        { hub: client },
        { model },
        {
          cacheFolder,
          onRetry,
          onProgress: now => {
            reported = now.downloadedBytes;
          }
        }
      );
      expect(retries).toEqual([
        'a.safetensors: the file on disk does not have the hash that the hub lists'
      ]);
      expect(scripted.requests.filter(({ path }) => path === 'b.safetensors')).toHaveLength(1);
      expect(sha256(await readFile(join(result.folder, 'a.safetensors')))).toBe(
        sha256(sampleBytes(70 * MiB, 3))
      );
      expect(reported).toBe(75 * MiB);
    } finally {
      await scripted.stop();
    }
  });

  it('gives no wrong file its name, and gives up at last', async () => {
    await withFaults(['hub-flip-byte=1'], async endpoint => {
      const error = await failure(download({}, endpoint));
      expect(error.code).toBe('HUB_FILE_MISMATCH');
      const blobs = await readdir(join(cacheFolder, 'models--acme--model', 'blobs'));
      expect(blobs.filter(name => /^[0-9a-f]{64}$/.test(name))).toEqual([]);
    });
  });

  it('says that ranges are ignored', async () => {
    await withFaults(['hub-ignore-range=1'], async endpoint => {
      const error = await failure(download({}, endpoint));
      expect(error.code).toBe('HUB_RANGE_IGNORED');
    });
  });
});
