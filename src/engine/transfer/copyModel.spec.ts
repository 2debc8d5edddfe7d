import { createHash } from 'node:crypto';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand
} from '@aws-sdk/client-s3';
import { createAwsClients } from '../aws';
import type { AwsClients } from '../aws';
import { BedrockImportError } from '../errors';
import { createHubClient } from '../hub';
import { startSandbox } from '../../sandbox/testing';
import type { StartedSandbox } from '../../sandbox/testing';
import { copyModel, MANIFEST_NAME, parseS3Uri, planCopy, readManifest } from '.';
import type { CopyOptions, CopyPlan, CopyResult, CopyRetry } from '.';
import { MODEL_ID, sampleBytes, ScriptedHub } from './testing/scriptedHub';

const MiB = 2 ** 20;
const FILES: Record<string, Uint8Array> = {
  'model-00001-of-00002.safetensors': sampleBytes(33 * MiB + 123, 1),
  'model-00002-of-00002.safetensors': sampleBytes(17 * MiB, 2),
  'tokenizer.model': sampleBytes(100_001, 3),
  'odd name #1 100%+ü.safetensors': sampleBytes(1000, 4),
  'empty.bin': new Uint8Array(0),
  'config.json': new TextEncoder().encode('{"architectures":["LlamaForCausalLM"]}'),
  'tokenizer_config.json': new TextEncoder().encode('{"chat_template": "old"}')
};

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
  prefix = `run-${++run}/`;
  hub = new ScriptedHub(FILES);
  await hub.start();
});

afterEach(() => hub.stop());

function context(): { hub: ReturnType<typeof createHubClient>; aws: AwsClients } {
  return { hub: createHubClient({ endpoint: hub.url }), aws };
}

function plan(chatTemplate?: string): Promise<CopyPlan> {
  const texts = { 'tokenizer_config.json': '{"chat_template": "old"}' };
  return planCopy(context(), {
    inspection: hub.inspection(texts),
    destination: parseS3Uri(`s3://${bucket}/${prefix}`),
    chatTemplate
  });
}

async function copy(options: CopyOptions = {}): Promise<CopyResult> {
  return copyModel(context(), await plan(), options);
}

async function sha256InS3(path: string): Promise<string> {
  const answer = await aws.s3.send(new GetObjectCommand({ Bucket: bucket, Key: prefix + path }));
  const bytes = await answer.Body?.transformToByteArray();
  return createHash('sha256')
    .update(bytes ?? '')
    .digest('hex');
}

async function expectBitIdentical(): Promise<void> {
  for (const [path, bytes] of Object.entries(FILES)) {
    expect([path, await sha256InS3(path)]).toEqual([
      path,
      createHash('sha256').update(bytes).digest('hex')
    ]);
  }
  const uploads = await aws.s3.send(
    new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix })
  );
  expect(uploads.Uploads ?? []).toEqual([]);
}

async function keysInS3(): Promise<string[]> {
  const page = await aws.s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
  return (page.Contents ?? []).map(({ Key }) => (Key ?? '').slice(prefix.length)).sort();
}

function rangesSent(): number {
  return hub.requests.length;
}

describe('a copy', () => {
  it('brings every byte, proves every file and writes the manifest', async () => {
    const result = await copy();
    await expectBitIdentical();
    expect(result.nothingMoved).toBe(false);
    expect(result.movedBytes).toBe(result.totalBytes);
    expect(Object.fromEntries(result.files.map(f => [f.path, f.provedBy]))).toEqual({
      'model-00001-of-00002.safetensors': 's3-copy-checksum',
      'model-00002-of-00002.safetensors': 's3-copy-checksum',
      'tokenizer.model': 's3-put-checksum',
      'odd name #1 100%+ü.safetensors': 's3-put-checksum',
      'empty.bin': 's3-put-checksum',
      'config.json': 's3-put-checksum',
      'tokenizer_config.json': 's3-put-checksum'
    });
    const manifest = await readManifest(aws.s3, { bucket, prefix }, new AbortController().signal);
    expect(manifest?.files).toEqual(result.files);
    expect(JSON.stringify(manifest)).not.toMatch(/signature|X-Amz/i);
  });

  it('asks the hub once per large file, not once per part', async () => {
    await copy();
    expect(hub.locates.filter(path => path.startsWith('model-00001'))).toHaveLength(1);
    expect(rangesSent()).toBe(3 + 2 + 1 + 1);
  });

  it('moves nothing the second time, and has looked', async () => {
    await copy();
    const before = await keysInS3();
    const sent = rangesSent();
    const planned = await plan();
    expect(planned.bytesToMove).toBe(0);
    expect(planned.alreadyThere).toBe(Object.keys(FILES).length);
    const result = await copyModel(context(), planned);
    expect(result).toMatchObject({ nothingMoved: true, movedBytes: 0, retries: 0 });
    expect(rangesSent()).toBe(sent);
    expect(await keysInS3()).toEqual(before);
  });

  it('sends again a file that was changed in S3 since', async () => {
    await copy();
    const path = 'model-00002-of-00002.safetensors';
    const head = await aws.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: prefix + path }));
    await aws.s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: prefix + path,
        Body: sampleBytes(17 * MiB, 99),
        Metadata: head.Metadata
      })
    );
    const result = await copy();
    expect(result.movedBytes).toBe(17 * MiB);
    await expectBitIdentical();
  });

  it('puts a given chat template in place of the model’s own', async () => {
    const planned = await plan('{{ messages[0].content }}');
    expect(planned.rewrites.map(({ path }) => path)).toContain('tokenizer_config.json');
    const result = await copyModel(context(), planned);
    const answer = await aws.s3.send(
      new GetObjectCommand({ Bucket: bucket, Key: `${prefix}tokenizer_config.json` })
    );
    expect(JSON.parse((await answer.Body?.transformToString()) ?? '')).toEqual({
      chat_template: '{{ messages[0].content }}'
    });
    expect(result.files.find(f => f.path === 'tokenizer_config.json')?.rewritten).toBe(true);
    expect((await copyModel(context(), await plan('{{ messages[0].content }}'))).nothingMoved).toBe(
      true
    );
  });

  it('reports progress that ends at the whole', async () => {
    const seen: number[] = [];
    let last = '';
    await copy({
      onProgress: progress => {
        seen.push(progress.movedBytes);
        last = `${progress.filesProved}/${progress.filesTotal} ${progress.movedBytes === progress.totalBytes}`;
      }
    });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(last).toBe('7/7 true');
  });
});

describe('a copy through faults', () => {
  const firstTime = (kind: Parameters<typeof fault>[0]) => fault(kind, 1);

  function fault(kind: ReturnType<ScriptedHub['misbehave']>, times: number): CopyRetry[] {
    hub.misbehave = request => (request.times <= times ? kind : 'ok');
    return [];
  }

  it.each(['reset', 'short', 'ignore-range', 'wrong-range', 'forbidden', 'unavailable'] as const)(
    'survives a hub whose every first answer is: %s',
    async kind => {
      firstTime(kind);
      const retries: CopyRetry[] = [];
      const result = await copy({ onRetry: retry => retries.push(retry) });
      await expectBitIdentical();
      expect(result.retries).toBeGreaterThanOrEqual(3);
      expect(retries.every(({ cause }) => cause.length > 0 && !cause.includes('signature='))).toBe(
        true
      );
    }
  );

  it('asks the hub for a new address when the storage refuses the old one', async () => {
    hub.misbehave = ({ path, signature }) =>
      path === 'tokenizer.model' && signature === hub.requests.find(r => r.path === path)?.signature
        ? 'forbidden'
        : 'ok';
    await copy();
    expect(hub.locates.filter(path => path === 'tokenizer.model')).toHaveLength(2);
    await expectBitIdentical();
  });

  it('finds a flipped byte in a part by the proof and sends the file again', async () => {
    hub.misbehave = ({ path, start, times }) =>
      path.startsWith('model-00001') && start === 0 && times === 1 ? 'flip' : 'ok';
    const retries: CopyRetry[] = [];
    await copy({ onRetry: retry => retries.push(retry) });
    await expectBitIdentical();
    expect(retries.map(({ cause }) => cause).join()).toContain('SHA-256');
  });

  it('finds a flipped byte in a small file because S3 refuses it', async () => {
    hub.misbehave = ({ path, times }) =>
      path === 'tokenizer.model' && times === 1 ? 'flip' : 'ok';
    const retries: CopyRetry[] = [];
    await copy({ onRetry: retry => retries.push(retry) });
    await expectBitIdentical();
    expect(retries).toHaveLength(1);
    expect(retries[0]?.cause).toContain('SHA-256');
  });

  it('leaves nothing that looks whole when the hub keeps sending other bytes', async () => {
    hub.misbehave = ({ path, start }) =>
      path.startsWith('model-00001') && start === 0 ? 'flip' : 'ok';
    await expect(copy()).rejects.toMatchObject({ code: 'HUB_FILE_MISMATCH' });
    const keys = await keysInS3();
    expect(keys).not.toContain(MANIFEST_NAME);
    expect(
      keys.filter(key => key.startsWith('model-00001') && key.endsWith('safetensors'))
    ).toEqual([]);
  });

  it('ends with one typed error when a file is gone', async () => {
    hub.misbehave = ({ path }) => (path === 'tokenizer.model' ? 'gone' : 'ok');
    const error = await copy().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BedrockImportError);
    expect(error).toMatchObject({ code: 'HUB_FILE_GONE', subject: 'tokenizer.model' });
    expect(await keysInS3()).not.toContain(MANIFEST_NAME);
  });
});

describe('a copy that is stopped', () => {
  it('keeps the parts that arrived and goes on with them', async () => {
    const stop = new AbortController();
    hub.misbehave = ({ path, start }) => {
      if (path.startsWith('model-00001') && start === 32 * MiB) {
        stop.abort();
      }
      return 'ok';
    };
    await expect(copy({ connections: 1, signal: stop.signal })).rejects.toMatchObject({
      code: 'CANCELLED',
      kind: 'cancelled'
    });
    expect(await keysInS3()).toEqual([]);
    hub.requests.length = 0;
    hub.misbehave = () => 'ok';
    const result = await copy();
    const again = hub.requests.filter(({ path }) => path.startsWith('model-00001'));
    expect(again.map(({ start }) => start)).toEqual([32 * MiB]);
    expect(result.movedBytes).toBe(result.totalBytes - 32 * MiB);
    await expectBitIdentical();
  });

  it('sends nothing when it was stopped before it began', async () => {
    await expect(copy({ signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED'
    });
    expect(hub.requests).toEqual([]);
  });
});

describe('a destination with other objects', () => {
  it('refuses to replace what it did not write, unless allowed', async () => {
    await aws.s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: `${prefix}config.json`, Body: 'theirs' })
    );
    await expect(copy()).rejects.toMatchObject({ code: 'OVERWRITE_REFUSED', kind: 'blocked' });
    expect(await keysInS3()).toEqual(['config.json']);
    const planned = await plan();
    expect(planned.conflicts).toEqual([
      expect.objectContaining({ key: `${prefix}config.json`, kind: 'would-overwrite' })
    ]);
    await copy({ allowOverwrite: true });
    await expectBitIdentical();
  });

  it('refuses to mix two models under one prefix', async () => {
    await aws.s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: `${prefix}other.safetensors`, Body: 'x' })
    );
    await expect(copy()).rejects.toMatchObject({ code: 'DESTINATION_UNUSABLE', kind: 'blocked' });
  });

  it('refuses keys that S3 does not take, before anything is sent', async () => {
    prefix = `${'long/'.repeat(170)}`;
    await hub.stop();
    hub = new ScriptedHub({ [`${'n'.repeat(200)}.safetensors`]: sampleBytes(10, 1) });
    await hub.start();
    await expect(copy()).rejects.toMatchObject({ code: 'DESTINATION_UNUSABLE', kind: 'blocked' });
    expect(hub.requests).toEqual([]);
  });

  it('says what else lies there and leaves it', async () => {
    await aws.s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: `${prefix}notes.txt`, Body: 'x' })
    );
    const planned = await plan();
    expect(planned.checks).toEqual([
      expect.objectContaining({ id: 'destination-other-files', verdict: 'warning' })
    ]);
    await copyModel(context(), planned);
    expect(await keysInS3()).toContain('notes.txt');
  });
});

it.each([0, 65, 1.5, Number.NaN])('refuses %p connections', async connections => {
  await expect(copy({ connections })).rejects.toMatchObject({
    code: 'CONNECTIONS_INVALID',
    kind: 'usage'
  });
});

it('marks what it wrote with the model and the commit', async () => {
  await copy();
  const head = await aws.s3.send(
    new HeadObjectCommand({ Bucket: bucket, Key: `${prefix}model-00001-of-00002.safetensors` })
  );
  expect(head.Metadata?.['bedrock-import-source']).toMatch(
    new RegExp(`^${MODEL_ID}@[0-9a-f]{40}$`)
  );
});
