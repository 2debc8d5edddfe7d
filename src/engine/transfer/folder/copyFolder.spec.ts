import { createHash } from 'node:crypto';
import { rename, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command
} from '@aws-sdk/client-s3';
import { createAwsClients } from '../../aws';
import type { AwsClients } from '../../aws';
import { rejectedBy } from '../../testing/thrownBy';
import { createHubClient } from '../../hub';
import { inspectModel } from '../../model';
import { startSandbox } from '../../../sandbox/testing';
import type { StartedSandbox } from '../../../sandbox/testing';
import { copyModel, MANIFEST_NAME, openCopySource, parseS3Uri, planCopy, readManifest } from '..';
import type { CopyOptions, CopyPlan, CopyResult, TransferContext } from '..';
import { S3Proxy } from '../testing/s3Proxy';
import { sampleBytes } from '../testing/scriptedHub';
import { makeModelFolder } from './testing/modelFolder';
import type { ModelFolder } from './testing/modelFolder';

const MiB = 2 ** 20;
const BIG = 'model-00001-of-00002.safetensors';
const SMALL = 'model-00002-of-00002.safetensors';
const FILES: Record<string, string | Uint8Array> = {
  [BIG]: sampleBytes(33 * MiB + 123, 1),
  [SMALL]: sampleBytes(1 * MiB, 2),
  'odd name +100% ü #1.safetensors': sampleBytes(1000, 4),
  'empty.safetensors': new Uint8Array(0),
  'config.json': '{"architectures":["LlamaForCausalLM"]}',
  'tokenizer.json': '{}',
  'tokenizer_config.json': '{"chat_template": "old"}'
};

let sandbox: StartedSandbox;
let proxy: S3Proxy;
let aws: AwsClients;
let bucket: string;
let folder: ModelFolder;
let prefix: string;
let run = 0;

beforeAll(async () => {
  sandbox = await startSandbox();
  bucket = sandbox.env['BEDROCK_IMPORT_SANDBOX_BUCKET'] ?? '';
});

afterAll(() => sandbox?.stop());

beforeEach(async () => {
  prefix = `folder-${++run}/`;
  proxy = new S3Proxy(sandbox.awsUrl);
  await proxy.start();
  aws = createAwsClients({
    region: sandbox.env['AWS_REGION'],
    env: { ...sandbox.env, AWS_ENDPOINT_URL: proxy.url }
  });
  folder = await makeModelFolder(FILES);
});

afterEach(async () => {
  aws.destroy();
  await proxy.stop();
  await folder.remove();
});

const context = (): TransferContext => ({
  hub: createHubClient({ endpoint: 'http://127.0.0.1:9' }),
  aws
});

async function plan(chatTemplate?: string): Promise<CopyPlan> {
  const { source, files } = await openCopySource(context(), folder.path);
  const made = await planCopy(context(), {
    inspection: await inspectModel(files, { region: aws.region }),
    source,
    destination: parseS3Uri(`s3://${bucket}/${prefix}`),
    chatTemplate
  });
  return JSON.parse(JSON.stringify(made)) as CopyPlan;
}

async function copy(options: CopyOptions = {}): Promise<CopyResult> {
  return copyModel(context(), await plan(), options);
}

async function expectInS3(files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [path, bytes] of Object.entries(files)) {
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

const actions = ({ files }: CopyPlan): Record<string, string> =>
  Object.fromEntries(files.map(({ path, action }) => [path, action]));

describe('a copy of a folder', () => {
  it('speaks of what was sent, not of a hub, where S3 keeps getting other bytes', async () => {
    proxy.decide = ({ kind, url }) =>
      kind === 'PUT' && url.includes(encodeURIComponent(SMALL)) ? 'bad-digest' : 'pass';
    const error = await rejectedBy(copy());
    expect(error).toMatchObject({ code: 'SOURCE_FILE_MISMATCH', subject: SMALL });
    expect(error.message + error.nextStep).not.toMatch(/\bhub\b/);
  });

  it('brings and proves every byte, and moves nothing the second time', async () => {
    const first = await copy();
    await expectInS3(FILES);
    expect(Object.fromEntries(first.files.map(f => [f.path, f.provedBy]))).toMatchObject({
      [BIG]: 's3-copy-checksum',
      [SMALL]: 's3-put-checksum',
      'empty.safetensors': 's3-put-checksum'
    });
    expect(first.files.map(({ path, sha256 }) => [path, sha256])).toEqual(
      Object.entries(FILES)
        .map(([path, bytes]) => [path, createHash('sha256').update(bytes).digest('hex')])
        .sort()
    );
    const manifest = await readManifest(aws.s3, { bucket, prefix }, undefined);
    expect(manifest?.source).toMatchObject({
      kind: 'folder',
      path: folder.path,
      modelId: 'tuned'
    });
    const again = await plan();
    expect(again.checks).toContainEqual(
      expect.objectContaining({ id: 'local-files-read', verdict: 'ok' })
    );
    expect(await copyModel(context(), again)).toMatchObject({
      nothingMoved: true,
      skippedFiles: 7
    });
  });

  it('compares bytes, not times: a touched file stays, a changed one goes again', async () => {
    await copy();
    await utimes(join(folder.path, BIG), 1_700_000_000, 1_700_000_000);
    expect(new Set(Object.values(actions(await plan())))).toEqual(new Set(['skip']));
    const other = sampleBytes(1 * MiB, 77);
    await folder.write(SMALL, other);
    const changed = await plan();
    expect(actions(changed)).toMatchObject({ [BIG]: 'skip', [SMALL]: 'copy' });
    expect(changed.conflicts).toMatchObject([{ key: prefix + SMALL, kind: 'would-overwrite' }]);
    await copyModel(context(), changed, { allowOverwrite: true });
    await expectInS3({ ...FILES, [SMALL]: other });
  });

  it('writes a chat template of the user’s and leaves the folder as it is', async () => {
    const template = '{{ messages }}';
    const made = await plan(template);
    expect(actions(made)).toMatchObject({ 'tokenizer_config.json': 'write', [BIG]: 'copy' });
    await copyModel(context(), made);
    const answer = await aws.s3.send(
      new GetObjectCommand({ Bucket: bucket, Key: `${prefix}tokenizer_config.json` })
    );
    expect(await answer.Body?.transformToString()).toContain(template);
    expect(actions(await plan(template))).toMatchObject({ 'tokenizer_config.json': 'skip' });
    const { files } = await openCopySource(context(), folder.path);
    expect(Buffer.from(await files.readFile('tokenizer_config.json')).toString()).toBe(
      FILES['tokenizer_config.json']
    );
  });

  it('goes on after a stop with what S3 has, and proves what was whole', async () => {
    const stop = new AbortController();
    proxy.decide = ({ kind, times }) => {
      if (kind === 'PUT part' && times === 3) {
        stop.abort();
      }
      return 'pass';
    };
    expect((await rejectedBy(copy({ signal: stop.signal, connections: 1 }))).code).toBe(
      'CANCELLED'
    );
    proxy.decide = () => 'pass';
    const result = await copy();
    expect(result.movedBytes).toBeLessThan(result.totalBytes);
    await expectInS3(FILES);
    // As if the end of the run had come between the last file's proof and the manifest.
    await aws.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: prefix + MANIFEST_NAME }));
    expect(await copy()).toMatchObject({ nothingMoved: true });
  });

  it('reads a part again for each try', async () => {
    const causes: string[] = [];
    proxy.decide = ({ kind, times }) =>
      kind === 'PUT part' && times <= 2 ? 'refuse-early' : 'pass';
    await copy({ onRetry: ({ cause }) => causes.push(cause) });
    expect(causes).toHaveLength(2);
    await expectInS3(FILES);
  });

  it.each([
    ['written to', () => folder.write(BIG, sampleBytes(33 * MiB + 123, 9))],
    ['cut', () => folder.write(BIG, 'short')],
    [
      'replaced',
      async () => {
        await folder.write('new', sampleBytes(33 * MiB + 123, 9));
        await rename(join(folder.path, 'new'), join(folder.path, BIG));
      }
    ],
    ['gone', () => rename(join(folder.path, BIG), join(folder.path, 'elsewhere'))]
  ])('ends with FILE_CHANGED when a file is %s in the middle', async (_what, change) => {
    let changing: Promise<void> | undefined;
    const planned = await plan();
    const error = await rejectedBy(
      copyModel(context(), planned, {
        connections: 1,
        onProgress: () => undefined,
        onFile: ({ path, state }) => {
          if (path === BIG && state === 'copying') {
            changing ??= change();
          }
        }
      })
    );
    await changing;
    expect(error.code).toBe('FILE_CHANGED');
    expect(error.subject).toContain(BIG);
    const objects = await aws.s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
    expect((objects.Contents ?? []).map(({ Key }) => Key)).not.toContain(prefix + MANIFEST_NAME);
  });

  /** A run that ends when the large object is whole and S3 has not computed its hash yet. */
  async function stopBeforeTheProof(): Promise<void> {
    proxy.decide = ({ kind }) => (kind === 'PUT copy' ? 'hang' : 'pass');
    const stop = new AbortController();
    const error = await rejectedBy(
      copy({
        signal: stop.signal,
        onFile: ({ path, state }) => {
          if (path === BIG && state === 'proving') {
            setTimeout(() => stop.abort(), 500);
          }
        }
      })
    );
    expect(error.code).toBe('CANCELLED');
    proxy.decide = () => 'pass';
  }

  it('proves by its bytes what an earlier state of the folder had left unproved', async () => {
    await stopBeforeTheProof();
    await folder.write('tokenizer.json', '{"a":1}');
    const again = await plan();
    expect(actions(again)).toMatchObject({ [BIG]: 'prove', 'tokenizer.json': 'copy' });
    await copyModel(context(), again, { allowOverwrite: true });
    await expectInS3({ ...FILES, 'tokenizer.json': '{"a":1}' });
  });

  it('deletes the object of a file that has changed after its last part', async () => {
    await stopBeforeTheProof();
    const again = await plan();
    const other = sampleBytes(33 * MiB + 123, 9);
    await folder.write(BIG, other);
    expect((await rejectedBy(copyModel(context(), again))).code).toBe('FILE_CHANGED');
    const objects = await aws.s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
    expect((objects.Contents ?? []).map(({ Key }) => Key)).not.toContain(prefix + BIG);
    const third = await plan();
    expect(third.conflicts).toEqual([]);
    await copyModel(context(), third);
    await expectInS3({ ...FILES, [BIG]: other });
  });

  it('marks each object with its origin in characters that headers can carry', async () => {
    await copy();
    const head = await aws.s3.send(
      new HeadObjectCommand({ Bucket: bucket, Key: `${prefix}odd name +100% ü #1.safetensors` })
    );
    expect(head.Metadata).toMatchObject({
      'bedrock-import-source': expect.stringMatching(/^tuned@[0-9a-f]{64}$/)
    });
  });
});
