import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand
} from '@aws-sdk/client-s3';
import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
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

const MiB = 2 ** 20;
const BIG = 'model-00001-of-00002.safetensors';
const ODD = 'odd name +100%25 ü#1?.safetensors';
const FILES: Record<string, string | Uint8Array> = {
  [BIG]: sampleBytes(12 * MiB + 123, 1),
  'model-00002-of-00002.safetensors': sampleBytes(1 * MiB, 2),
  [ODD]: sampleBytes(1000, 4),
  'empty.safetensors': new Uint8Array(0),
  'config.json': '{"architectures":["LlamaForCausalLM"]}',
  'tokenizer.json': '{}',
  'tokenizer_config.json': '{"chat_template": "old"}'
};
const sha256 = (bytes: string | Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

/** Answers some requests itself. */
class AnsweringProxy extends S3Proxy {
  own: (request: IncomingMessage) => { status: number; body: string } | undefined = () => undefined;

  protected override answer(request: IncomingMessage, response: ServerResponse): void {
    const answer = this.own(request);
    if (answer === undefined) {
      super.answer(request, response);
      return;
    }
    request.resume();
    response.writeHead(answer.status, { 'content-type': 'application/xml' }).end(answer.body);
  }
}

const errorBody = (code: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>as told</Message></Error>`;

let sandbox: StartedSandbox;
let proxy: AnsweringProxy;
let aws: AwsClients;
let bucket: string;
let from: string;
let prefix: string;
let run = 0;

beforeAll(async () => {
  sandbox = await startSandbox();
  bucket = sandbox.env['BEDROCK_IMPORT_SANDBOX_BUCKET'] ?? '';
});

afterAll(() => sandbox?.stop());

beforeEach(async () => {
  prefix = `s3-${++run}/`;
  from = `from ${run}+ü%20/`;
  proxy = new AnsweringProxy(sandbox.awsUrl);
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
  hub: createHubClient({ endpoint: 'http://127.0.0.1:9' }),
  aws
});

async function put(
  path: string,
  body: string | Uint8Array,
  extra: Partial<PutObjectCommandInput> = {}
): Promise<void> {
  await aws.s3.send(
    new PutObjectCommand({ Bucket: bucket, Key: from + path, Body: body, ...extra })
  );
}

async function fill(extra: Partial<PutObjectCommandInput> = {}): Promise<void> {
  for (const [path, bytes] of Object.entries(FILES)) {
    await put(path, bytes, extra);
  }
}

async function plan(
  source = `s3://${bucket}/${from}`,
  to = prefix,
  chatTemplate?: string
): Promise<CopyPlan> {
  const opened = await openCopySource(context(), source);
  const made = await planCopy(context(), {
    inspection: await inspectModel(opened.files, { region: aws.region }),
    source: opened.source,
    destination: parseS3Uri(`s3://${bucket}/${to}`),
    chatTemplate
  });
  return JSON.parse(JSON.stringify(made)) as CopyPlan;
}

/** As if the large file had more than 5 GiB. */
function inParts(made: CopyPlan): CopyPlan {
  const files = made.files.map(file =>
    file.path === BIG
      ? { ...file, method: 'multipart' as const, partSizeBytes: 5 * MiB, partCount: 3 }
      : file
  );
  return { ...made, files };
}

async function copy(options: CopyOptions = {}): Promise<CopyResult> {
  return copyModel(context(), await plan(), options);
}

async function expectWhole(to = prefix, files = FILES): Promise<void> {
  for (const [path, bytes] of Object.entries(files)) {
    const answer = await aws.s3.send(new GetObjectCommand({ Bucket: bucket, Key: to + path }));
    const found = (await answer.Body?.transformToByteArray()) ?? '';
    expect([path, sha256(found)]).toEqual([path, sha256(bytes)]);
  }
  const left = await aws.s3.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: to }));
  expect(left.Uploads ?? []).toEqual([]);
}

const proved = (result: CopyResult): Record<string, string> =>
  Object.fromEntries(result.files.map(({ path, provedBy }) => [path, provedBy]));
const actions = ({ files }: CopyPlan): Record<string, string> =>
  Object.fromEntries(files.map(({ path, action }) => [path, action]));

describe('a copy inside S3', () => {
  it('brings every byte without reading one of the weights, and nothing the second time', async () => {
    await fill();
    proxy.requests.length = 0;
    const result = await copy();
    const gets = proxy.requests.filter(({ kind }) => kind === 'GET').map(({ url }) => url);
    expect(gets.filter(url => url.includes('safetensors'))).toEqual([]);
    await expectWhole();
    expect(new Set(Object.values(proved(result)))).toEqual(new Set(['s3-server-copy']));
    expect(Object.fromEntries(result.files.map(file => [file.path, file.sha256]))).toEqual(
      Object.fromEntries(Object.entries(FILES).map(([path, bytes]) => [path, sha256(bytes)]))
    );
    expect(await copy()).toMatchObject({ nothingMoved: true, skippedFiles: 7 });
    // As if the run had ended before the manifest.
    await aws.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: prefix + MANIFEST_NAME }));
    const again = await copy();
    expect(again.nothingMoved).toBe(true);
    expect(new Set(Object.values(proved(again)))).toEqual(new Set(['s3-stored-checksum']));
  });

  it('compares with the SHA-256 that the manifest of our own copy states', async () => {
    await fill();
    const first = await copy();
    const again = await plan(`s3://${bucket}/${prefix}`, `again-${run}/`);
    expect(again.source).toMatchObject({ modelId: expect.stringMatching(/^from-\d+/) });
    expect(Object.fromEntries(again.files.map(file => [file.path, file.sha256]))).toEqual(
      Object.fromEntries(first.files.map(file => [file.path, file.sha256]))
    );
    const second = await copyModel(context(), again);
    expect(new Set(Object.values(proved(second)))).toEqual(new Set(['s3-copy-checksum']));
    await expectWhole(`again-${run}/`);
  });

  it('compares with the SHA-256 that S3 itself holds', async () => {
    await fill({ ChecksumAlgorithm: 'SHA256' });
    const made = await plan();
    expect(made.files.find(({ path }) => path === BIG)?.sha256).toBe(sha256(FILES[BIG] ?? ''));
    expect(proved(await copyModel(context(), made))[BIG]).toBe('s3-copy-checksum');
  });

  it('finds that the source is not what its manifest states, and deletes the copy', async () => {
    await fill();
    await copy();
    const manifest = await readManifest(aws.s3, { bucket, prefix }, undefined);
    const files = manifest?.files.map(file => ({ ...file, sha256: sha256('other') }));
    await aws.s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: prefix + MANIFEST_NAME,
        Body: JSON.stringify({ ...manifest, files })
      })
    );
    const to = `lied-${run}/`;
    const error = await rejectedBy(
      copyModel(context(), await plan(`s3://${bucket}/${prefix}`, to), { connections: 1 })
    );
    expect(error).toMatchObject({ code: 'SOURCE_FILE_MISMATCH' });
    expect(error.subject).toContain(`s3://${bucket}/${prefix}`);
    const left = await aws.s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: to }));
    expect(left.Contents ?? []).toEqual([]);
  });

  it('copies again what has changed at the source, and asks before it replaces anything', async () => {
    await fill();
    await copy();
    const other = sampleBytes(1000, 99);
    await put(ODD, other);
    const made = await plan();
    expect(actions(made)).toMatchObject({ [ODD]: 'copy', [BIG]: 'skip', 'config.json': 'skip' });
    expect(made.conflicts).toMatchObject([{ key: prefix + ODD, kind: 'would-overwrite' }]);
    await copyModel(context(), made, { allowOverwrite: true });
    await expectWhole(prefix, { ...FILES, [ODD]: other });
  });

  it('knows what an earlier run has brought when another file has changed before the manifest', async () => {
    await fill();
    await copy();
    await aws.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: prefix + MANIFEST_NAME }));
    await aws.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: prefix + ODD }));
    const other = sampleBytes(1000, 98);
    await put(ODD, other);
    const made = await plan();
    expect(made.conflicts).toEqual([]);
    expect(actions(made)).toMatchObject({ [ODD]: 'copy', [BIG]: 'skip', 'config.json': 'skip' });
    await copyModel(context(), made);
    await expectWhole(prefix, { ...FILES, [ODD]: other });
  });

  it('asks before it replaces a copy of an object elsewhere that has the same bytes', async () => {
    await fill();
    await copy();
    await aws.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: prefix + MANIFEST_NAME }));
    from = `elsewhere-${from}`;
    await fill();
    const made = await plan();
    expect(made.conflicts.map(({ kind }) => kind)).toContain('would-overwrite');
  });

  it('writes a chat template of the user’s', async () => {
    await fill();
    await copyModel(context(), await plan(undefined, prefix, '{{ messages }}'));
    const answer = await aws.s3.send(
      new GetObjectCommand({ Bucket: bucket, Key: `${prefix}tokenizer_config.json` })
    );
    expect(await answer.Body?.transformToString()).toContain('{{ messages }}');
  });

  it('reads from a bucket in another Region', async () => {
    const other = 'bucket-in-another-region';
    const there = aws.s3In('eu-central-1');
    for (const [path, bytes] of Object.entries(FILES)) {
      await there.send(new PutObjectCommand({ Bucket: other, Key: `m/${path}`, Body: bytes }));
    }
    const made = await plan(`s3://${other}/m`);
    expect(made.source).toMatchObject({ kind: 's3', region: 'eu-central-1', prefix: 'm/' });
    await copyModel(context(), inParts(made));
    await expectWhole();
  });
});

describe('an object in parts inside S3', () => {
  it('is proved by S3’s CRC64NVME of both where the SHA-256 is known', async () => {
    await fill({ ChecksumAlgorithm: 'CRC64NVME' });
    const made = inParts(await plan());
    const known = {
      ...made,
      files: made.files.map(file => ({ ...file, sha256: sha256(FILES[file.path] ?? '') }))
    };
    proxy.requests.length = 0;
    expect(proved(await copyModel(context(), known))[BIG]).toBe('s3-same-checksum');
    expect(proxy.requests.filter(({ kind }) => kind === 'GET')).toEqual([]);
    await expectWhole();
  });

  it('is read back where nobody has stated its SHA-256', async () => {
    await fill({ ChecksumAlgorithm: 'CRC64NVME' });
    const result = await copyModel(context(), inParts(await plan()));
    expect(proved(result)[BIG]).toBe('read-back');
    expect(result.files.find(({ path }) => path === BIG)?.sha256).toBe(sha256(FILES[BIG] ?? ''));
    await expectWhole();
  });

  it.each(['CRC64NVME', undefined] as const)(
    'is right although an earlier run has left a part of another version (%s)',
    async algorithm => {
      await fill(algorithm === undefined ? {} : { ChecksumAlgorithm: algorithm });
      const key = prefix + BIG;
      const upload = await aws.s3.send(
        new CreateMultipartUploadCommand({
          Bucket: bucket,
          Key: key,
          ...(algorithm === undefined
            ? {}
            : { ChecksumAlgorithm: algorithm, ChecksumType: 'FULL_OBJECT' })
        })
      );
      await aws.s3.send(
        new UploadPartCommand({
          Bucket: bucket,
          Key: key,
          UploadId: upload.UploadId,
          PartNumber: 2,
          Body: sampleBytes(5 * MiB, 55),
          ...(algorithm === undefined ? {} : { ChecksumAlgorithm: algorithm })
        })
      );
      await copyModel(context(), inParts(await plan()));
      await expectWhole();
    }
  );

  it('goes on after a stop with the parts that are there', async () => {
    await fill({ ChecksumAlgorithm: 'CRC64NVME' });
    const stop = new AbortController();
    proxy.decide = ({ kind, times }) => {
      if (kind === 'PUT part' && times === 2) {
        stop.abort();
      }
      return 'pass';
    };
    const made = inParts(await plan());
    const error = await rejectedBy(
      copyModel(context(), made, { signal: stop.signal, connections: 1 })
    );
    expect(error.code).toBe('CANCELLED');
    proxy.decide = () => 'pass';
    proxy.requests.length = 0;
    await copyModel(context(), inParts(await plan()));
    const parts = proxy.requests.filter(({ kind }) => kind === 'PUT part');
    expect(parts.length).toBeLessThan(3);
    await expectWhole();
  });
});

describe('trouble in a copy inside S3', () => {
  it.each([
    ['written again', 'was written again', () => put(BIG, 'other')],
    [
      'deleted',
      'is gone',
      () => aws.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: from + BIG }))
    ]
  ])('ends it when the source is %s', async (_what, words, change) => {
    await fill();
    for (const made of [await plan(), inParts(await plan())]) {
      await change();
      const error = await rejectedBy(copyModel(context(), made));
      expect([error.code, error.subject]).toEqual([
        'SOURCE_CHANGED',
        `s3://${bucket}/${from}${BIG}`
      ]);
      expect(error.message).toContain(words);
    }
  });

  it('names the permission on the side that refuses', async () => {
    await fill();
    const made = await plan();
    const denied = { status: 403, body: errorBody('AccessDenied') };
    proxy.own = ({ headers, method }) =>
      headers['x-amz-copy-source'] !== undefined || method === 'HEAD' ? denied : undefined;
    const source = await rejectedBy(copyModel(context(), made));
    expect(source.code).toBe('ACCESS_DENIED');
    expect(source.nextStep).toContain(`s3:GetObject on ${bucket}`);
    expect(source.subject).toContain(`s3://${bucket}/${from}`);
    proxy.own = ({ headers }) => (headers['x-amz-copy-source'] === undefined ? undefined : denied);
    const destination = await rejectedBy(copyModel(context(), made));
    expect(destination.nextStep).toContain('s3:PutObject');
    expect(destination.subject).toContain(`s3://${bucket}/${prefix}`);
  });

  it('tries again after an error in the body of a 200', async () => {
    await fill({ ChecksumAlgorithm: 'CRC64NVME' });
    const seen = new Map<string, number>();
    proxy.own = ({ headers, url = '' }) => {
      const times = (seen.get(url) ?? 0) + 1;
      seen.set(url, times);
      return headers['x-amz-copy-source'] !== undefined && times <= 1
        ? { status: 200, body: errorBody('InternalError') }
        : undefined;
    };
    await copyModel(context(), inParts(await plan()));
    await expectWhole();
  });

  it.each(['lose-answer', 'cut-answer', 'refuse-early'] as const)(
    'goes on after %s',
    async fate => {
      await fill();
      proxy.decide = ({ kind, times }) =>
        (kind === 'PUT copy' || kind === 'PUT part') && times <= 3 ? fate : 'pass';
      await copyModel(context(), inParts(await plan()));
      await expectWhole();
    }
  );

  it('refuses to copy onto the source or into the folder that holds it', async () => {
    await fill();
    const source = `s3://${bucket}/models/a/`;
    await aws.s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: 'models/a/config.json', Body: '{}' })
    );
    for (const to of ['models/a/', 'models/', '']) {
      expect(await rejectedBy(plan(source, to))).toMatchObject({
        code: 'SAME_PLACE',
        kind: 'usage'
      });
    }
    expect((await plan(source, 'models/ab/')).files).toHaveLength(1);
    expect((await plan(source, 'models/a/b/')).files).toHaveLength(1);
  });

  it.each([
    ['a bucket of somebody else', 's3://somebody-elses-bucket/model/', 'BUCKET_ACCESS_DENIED'],
    ['a bucket that is not there', 's3://no-such-bucket-anywhere/model/', 'BUCKET_NOT_FOUND'],
    ['a prefix without objects', 's3://BUCKET/nothing-here', 'S3_SOURCE_EMPTY'],
    ['what is no name of a bucket', 's3://-/model', 'SOURCE_INVALID'],
    ['half an address', 's3:/model', 'SOURCE_INVALID'],
    ['a key that is too long', `s3://BUCKET/${'x'.repeat(1025)}`, 'SOURCE_INVALID']
  ])('refuses %s', async (_what, text, code) => {
    expect((await rejectedBy(plan(text.replace('BUCKET', bucket)))).code).toBe(code);
  });

  it('blocks objects that have to be restored first', async () => {
    await fill();
    await put(BIG, FILES[BIG] ?? '', { StorageClass: 'GLACIER' });
    const { files } = await openCopySource(context(), `s3://${bucket}/${from}`);
    expect(files.model.checks).toMatchObject([{ id: 's3-objects-readable', verdict: 'blocker' }]);
  });

  it('leaves out keys that are no paths, and does not read them', async () => {
    await fill();
    for (const key of ['/config.json', '.git/config', 'sub//x.json']) {
      await put(key, 'x');
    }
    const { files } = await openCopySource(context(), `s3://${bucket}/${from}`);
    expect(files.model.leftOut?.map(({ path }) => path).sort()).toEqual([
      '.git/config',
      '/config.json',
      'sub//x.json'
    ]);
  });

  it('marks the copies with where they come from', async () => {
    await fill();
    await copy();
    const head = await aws.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: prefix + ODD }));
    expect(head.Metadata).toMatchObject({
      'bedrock-import-source': expect.stringMatching(/^from-\d+.*@[0-9a-f]{64}$/)
    });
  });
});
