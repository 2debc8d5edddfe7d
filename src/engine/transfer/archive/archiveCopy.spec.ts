import {
  ListPartsCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand
} from '@aws-sdk/client-s3';
import { startSandbox } from '../../../sandbox/testing';
import type { StartedSandbox } from '../../../sandbox/testing';
import { createAwsClients } from '../../aws';
import type { AwsClients } from '../../aws';
import { createHubClient } from '../../hub';
import { inspectModel } from '../../model';
import { copyModel } from '../copyModel';
import { planCopy } from '../planCopy';
import { S3Proxy } from '../testing/s3Proxy';
import type { Fate, ProxiedRequest } from '../testing/s3Proxy';
import type { CopyOptions, CopyPlan, CopyResult, CopyRetry, TransferContext } from '../types';
import { openArchive } from '.';
import type { ArchiveProgress, OpenArchiveOptions, OpenedArchive } from '.';
import { makeArchives, runPython } from './testing/archives';
import type { Archives } from './testing/archives';

const BIG = 'model-00001-of-00002.safetensors';
const MODEL = [
  'config.json',
  BIG,
  'model-00002-of-00002.safetensors',
  'tokenizer.json',
  'tokenizer_config.json'
];

let archives: Archives;
let sandbox: StartedSandbox;
let proxy: S3Proxy;
let aws: AwsClients;
let bucket: string;
let prefix: string;
let run = 0;

// A connection that stands still is given up after 30 s, which is the usual limit of a test as well.
jest.setTimeout(90_000);

beforeAll(async () => {
  [archives, sandbox] = await Promise.all([makeArchives(), startSandbox()]);
  bucket = sandbox.env['BEDROCK_IMPORT_SANDBOX_BUCKET'] ?? '';
}, 60_000);

afterAll(async () => {
  await sandbox?.stop();
  await archives?.remove();
});

beforeEach(async () => {
  prefix = `unpacked-${++run}/`;
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

const context = (): TransferContext => ({
  hub: createHubClient({ endpoint: sandbox.hubUrl }),
  aws
});

async function upload(name: string, key = `in/${name}`): Promise<string> {
  const body = await archives.read(name);
  await aws.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
  return key;
}

async function open(name: string, options?: OpenArchiveOptions): Promise<OpenedArchive> {
  return openArchive(context(), { bucket, key: await upload(name) }, options);
}

async function plan(opened: OpenedArchive, chatTemplate?: string): Promise<CopyPlan> {
  const made = await planCopy(context(), {
    inspection: await inspectModel(opened.files),
    source: opened.source,
    destination: { bucket, prefix },
    chatTemplate
  });
  // A plan is plain data, so what has been through JSON must do as well.
  return JSON.parse(JSON.stringify(made)) as CopyPlan;
}

async function copy(name: string, options: CopyOptions = {}): Promise<CopyResult> {
  return copyModel(context(), await plan(await open(name)), options);
}

/** boto3 and tarfile, which share no code with this product. */
async function judged(key: string, root = ''): Promise<{ compared: string[]; problems: string[] }> {
  const stdout = await runPython('judge.py', [bucket, key, prefix, root], sandbox.env);
  return JSON.parse(stdout) as { compared: string[]; problems: string[] };
}

/** Requests for the archive itself. */
function readings(): ProxiedRequest[] {
  return proxy.requests.filter(({ method, url }) => method === 'GET' && url.includes('/in/'));
}

it.each([
  ['pax.tar.gz', ''],
  ['gnu.tar.gz', ''],
  ['ustar.tar', ''],
  ['members.tar.gz', ''],
  ['zeros-behind.tar.gz', ''],
  ['folder.tar.gz', 'model/']
])('unpacks %s on the way, each byte proved', async (name, root) => {
  const opened = await open(name);
  expect(opened.root).toBe(root);
  const planned = await plan(opened);
  const offsets = planned.files.map(({ offset }) => offset ?? -1);
  expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
  const before = readings().length;
  const result = await copyModel(context(), planned);
  expect(await judged(`in/${name}`, root)).toEqual({ compared: MODEL, problems: [] });
  expect(result.files.map(({ path, provedBy }) => [path, provedBy]).sort()).toEqual(
    MODEL.map(path => [path, path === BIG ? 's3-copy-checksum' : 's3-put-checksum'])
  );
  // One pass, although four workers ask at the same time.
  expect(readings().length - before).toBe(1);
});

it('says what is in the archive, how far it has read, and which files stay behind', async () => {
  const seen: ArchiveProgress[] = [];
  const opened = await open('folder.tar.gz', { onProgress: progress => seen.push(progress) });
  expect(opened.source).toMatchObject({
    kind: 'archive',
    bucket,
    key: 'in/folder.tar.gz',
    region: sandbox.env['AWS_REGION'],
    modelId: 'folder',
    fingerprint: expect.stringMatching(/^[0-9a-f]{40}$/) as string
  });
  expect(seen.at(-1)).toMatchObject({
    readBytes: opened.source.sizeBytes,
    totalBytes: opened.source.sizeBytes,
    unpackedBytes: opened.unpackedBytes,
    files: 7
  });
  expect(opened.files.model.leftOut).toEqual([
    {
      path: 'code/requirements.txt',
      sizeBytes: 5,
      reason: 'outside of model/, the folder of the archive that holds the model'
    }
  ]);
  expect((await plan(opened)).leftOut.map(({ path }) => path)).toContain('code/requirements.txt');
  expect(new TextDecoder().decode(await opened.files.readFile('config.json'))).toContain('Llama');
  await expect(opened.files.readFile('missing.json')).rejects.toMatchObject({
    code: 'ARCHIVE_FILE_NOT_FOUND'
  });
  await expect(opened.files.readFile(BIG, { maxBytes: 1000 })).rejects.toMatchObject({
    code: 'ARCHIVE_FILE_TOO_LARGE'
  });
});

it.each(['gnu.tar.gz', 'ustar.tar'])(
  'reads a large file of %s when it is asked for',
  async name => {
    const { files } = await open(name);
    const bytes = await files.readFile('model-00002-of-00002.safetensors');
    expect(bytes.length).toBe(3 * 2 ** 20 + 1);
  }
);

it('writes a replaced chat template in place of the archive’s file', async () => {
  const planned = await plan(await open('gnu.tar.gz'), 'new {{ messages }}');
  expect(planned.files.find(({ path }) => path === 'tokenizer_config.json')?.action).toBe('write');
  await copyModel(context(), planned);
  expect((await judged('in/gnu.tar.gz')).problems).toEqual([
    'tokenizer_config.json has other bytes'
  ]);
});

it('moves nothing the second time', async () => {
  await copy('gnu.tar.gz');
  const opened = await open('gnu.tar.gz');
  const before = readings().length;
  const result = await copyModel(context(), await plan(opened));
  expect(result).toMatchObject({ nothingMoved: true, movedBytes: 0 });
  expect(readings().length).toBe(before);
});

it('goes on where connections broke, in the index and in the copy', async () => {
  let cuts = 0;
  proxy.decide = ({ method, url }) =>
    method === 'GET' && url.includes('/in/') && ++cuts % 2 === 1 ? 'cut-answer' : 'pass';
  const waits: string[] = [];
  const opened = await open('gnu.tar.gz', { onWait: ({ reason }) => waits.push(reason) });
  expect(waits.length).toBeGreaterThan(0);
  const planned = await plan(opened);
  const retries: CopyRetry[] = [];
  await copyModel(context(), planned, { onRetry: retry => retries.push(retry) });
  expect(retries.map(({ path }) => path)).toContain(`s3://${bucket}/in/gnu.tar.gz`);
  expect((await judged('in/gnu.tar.gz')).problems).toEqual([]);
});

it('waits for credentials where they expire in the middle of the archive', async () => {
  const planned = await plan(await open('gnu.tar.gz'));
  let reading = 0;
  proxy.decide = ({ method, url }) => {
    if (method !== 'GET' || !url.includes('/in/')) {
      return 'pass';
    }
    return (['cut-answer', 'expired-token', 'pass'] as const)[Math.min(reading++, 2)] ?? 'pass';
  };
  const causes: string[] = [];
  await copyModel(context(), planned, { onRetry: ({ cause }) => causes.push(cause) });
  expect(causes).toContain('the AWS credentials expired');
  expect((await judged('in/gnu.tar.gz')).problems).toEqual([]);
});

it('gives up a connection that brings nothing', async () => {
  let stalls = 0;
  proxy.decide = ({ method, url }) =>
    method === 'GET' && url.includes('/in/') && ++stalls === 1 ? 'stall' : 'pass';
  const waits: string[] = [];
  const opened = await open('gnu.tar.gz', {
    stallMs: 300,
    onWait: ({ reason }) => waits.push(reason)
  });
  expect(waits).toEqual(['the connection to S3 broke (ETIMEDOUT)']);
  expect(opened.files.model.files).toHaveLength(6);
});

it('sends parts again that S3 refused, out of the same reading', async () => {
  proxy.decide = ({ kind, times }) =>
    kind === 'PUT part' && times % 2 === 1 ? 'refuse-early' : 'pass';
  const opened = await open('gnu.tar.gz');
  const before = readings().length;
  await copyModel(context(), await plan(opened));
  expect(readings().length - before).toBe(1);
  expect((await judged('in/gnu.tar.gz')).problems).toEqual([]);
});

it('does not send again what has arrived before it was stopped', async () => {
  const planned = await plan(await open('gnu.tar.gz'));
  const stop = new AbortController();
  proxy.decide = ({ kind, times }) => {
    if (kind === 'PUT part' && times === 2) {
      stop.abort();
      return 'hang';
    }
    return 'pass';
  };
  await expect(
    copyModel(context(), planned, { signal: stop.signal, connections: 1 })
  ).rejects.toMatchObject({ code: 'CANCELLED' });
  const uploads = await aws.s3.send(
    new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix })
  );
  const parts = await aws.s3.send(
    new ListPartsCommand({
      Bucket: bucket,
      Key: prefix + BIG,
      UploadId: uploads.Uploads?.[0]?.UploadId
    })
  );
  expect(parts.Parts?.map(({ PartNumber }) => PartNumber)).toEqual([1]);
  proxy.decide = () => 'pass';
  const before = proxy.requests.filter(({ kind }) => kind === 'PUT part').length;
  const result = await copyModel(context(), await plan(await open('gnu.tar.gz')));
  const all = planned.files.find(({ path }) => path === BIG)?.partCount ?? 0;
  expect(all).toBeGreaterThan(1);
  expect(proxy.requests.filter(({ kind }) => kind === 'PUT part').length - before).toBe(all - 1);
  expect(result.movedBytes).toBeLessThan(result.totalBytes);
  expect((await judged('in/gnu.tar.gz')).problems).toEqual([]);
});

it('goes once more through the archive for an object that is not what was sent', async () => {
  const planned = await plan(await open('gnu.tar.gz'));
  const wrong = planned.files.map(file =>
    file.path === BIG ? { ...file, sha256: 'ab'.repeat(32) } : file
  );
  const before = readings().length;
  const copying = copyModel(context(), { ...planned, files: wrong });
  await expect(copying).rejects.toMatchObject({ subject: BIG });
  expect(readings().length - before).toBe(3);
});

it('refuses an archive that has changed since the plan', async () => {
  const planned = await plan(await open('gnu.tar.gz'));
  await upload('pax.tar.gz', 'in/gnu.tar.gz');
  await expect(copyModel(context(), planned)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
});

it('refuses an archive that changes while it is read', async () => {
  const key = await upload('gnu.tar.gz');
  let replaced: 'no' | 'begun' | 'done' = 'no';
  proxy.decide = ({ method, url }) => {
    if (method !== 'GET' || !url.includes('/in/')) {
      return 'pass';
    }
    return { no: 'cut-answer', begun: 'hang', done: 'pass' }[replaced] as Fate;
  };
  const reading = openArchive(
    context(),
    { bucket, key },
    {
      stallMs: 200,
      onWait: () => {
        if (replaced === 'no') {
          replaced = 'begun';
          void upload('pax.tar.gz', key).then(() => (replaced = 'done'));
        }
      }
    }
  );
  await expect(reading).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
});

it.each([
  ['cut.tar.gz', 'ARCHIVE_DAMAGED', 'failed'],
  ['bad-crc.tar.gz', 'ARCHIVE_DAMAGED', 'failed'],
  ['random.tar.gz', 'ARCHIVE_UNKNOWN_FORMAT', 'blocked'],
  ['nothing.tar.gz', 'ARCHIVE_EMPTY', 'blocked'],
  ['zeros.tar', 'ARCHIVE_EMPTY', 'blocked'],
  ['no-files.tar.gz', 'ARCHIVE_EMPTY', 'blocked']
])('refuses %s with %s', async (name, code, kind) => {
  await expect(open(name)).rejects.toMatchObject({
    code,
    kind,
    subject: `s3://${bucket}/in/${name}`
  });
});

it('says that the object is not there', async () => {
  const missing = openArchive(context(), { bucket, key: 'nowhere/model.tar.gz' });
  await expect(missing).rejects.toMatchObject({ code: 'ARCHIVE_NOT_FOUND', kind: 'blocked' });
});

it('does not guess between two models', async () => {
  const opened = await open('two-models.tar');
  expect(opened.root).toBe('');
});

it('stops when it is told to', async () => {
  const stop = new AbortController();
  const reading = open('gnu.tar.gz', {
    signal: stop.signal,
    onProgress: () => stop.abort()
  });
  await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' });
});
