import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  UploadPartCommand
} from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { startSandbox } from '../../../sandbox/testing';
import type { StartedSandbox } from '../../../sandbox/testing';
import { createAwsClients } from '../../aws';
import type { AwsClients } from '../../aws';
import { mapInParallel } from '../destination';
import { S3Proxy } from '../testing/s3Proxy';
import { abortUnfinishedUploads, listUnfinishedUploads } from '.';

const MiB = 2 ** 20;
const ELSEWHERE = 'bucket-in-another-region';

let sandbox: StartedSandbox;
let aws: AwsClients;
let bucket: string;

beforeAll(async () => {
  sandbox = await startSandbox();
  aws = createAwsClients({ region: sandbox.env['AWS_REGION'], env: sandbox.env });
  bucket = sandbox.env['BEDROCK_IMPORT_SANDBOX_BUCKET'] ?? '';
});

afterAll(async () => {
  aws.destroy();
  await sandbox.stop();
});

async function begin(
  key: string,
  parts: readonly number[],
  where: { s3?: S3Client; bucket?: string } = {}
): Promise<string> {
  const { s3 = aws.s3, bucket: Bucket = bucket } = where;
  const { UploadId = '' } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: key }));
  await mapInParallel([...parts.entries()], 16, ([index, size]) =>
    s3.send(
      new UploadPartCommand({
        Bucket,
        Key: key,
        UploadId,
        PartNumber: index + 1,
        Body: new Uint8Array(size)
      })
    )
  );
  return UploadId;
}

async function keysThere(prefix: string): Promise<string[]> {
  const page = await aws.s3.send(
    new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix })
  );
  return (page.Uploads ?? []).map(({ Key = '' }) => Key);
}

describe('unfinished uploads', () => {
  it('are told with their parts and bytes, the largest first, under a prefix or all', async () => {
    const startedAt = Date.now();
    const small = await begin('told/small', [5]);
    const large = await begin('told/large', [5 * MiB, 1000]);
    const empty = await begin('told/empty', []);
    await begin('other/one', [7]);
    await aws.s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'told/object', Body: 'whole' }));
    const found = await listUnfinishedUploads(aws, bucket, { prefix: 'told/' });
    expect(found).toMatchObject({ bucket, region: aws.region, bytes: 5 * MiB + 1005, more: false });
    expect(found.uploads.map(({ initiatedAt: _, ...upload }) => upload)).toEqual([
      { key: 'told/large', uploadId: large, parts: 2, bytes: 5 * MiB + 1000 },
      { key: 'told/small', uploadId: small, parts: 1, bytes: 5 },
      { key: 'told/empty', uploadId: empty, parts: 0, bytes: 0 }
    ]);
    for (const { initiatedAt } of found.uploads) {
      expect(Math.abs(Date.parse(initiatedAt) - startedAt)).toBeLessThan(60_000);
    }
    const all = await listUnfinishedUploads(aws, bucket);
    expect(all.uploads.map(({ key }) => key)).toEqual(expect.arrayContaining(['other/one']));
  });

  it('are found on every page, of uploads and of parts', async () => {
    const keys = Array.from({ length: 1005 }, (_, index) => `many/${index % 700}`);
    await mapInParallel(keys, 32, key => begin(key, []));
    const parts = await begin(
      'many/parts',
      Array.from({ length: 1003 }, () => 1)
    );
    const found = await listUnfinishedUploads(aws, bucket, { prefix: 'many/', limit: 5000 });
    expect(found.uploads).toHaveLength(1006);
    expect(new Set(found.uploads.map(({ uploadId }) => uploadId)).size).toBe(1006);
    expect(found.uploads[0]).toMatchObject({ uploadId: parts, parts: 1003, bytes: 1003 });
    expect(found.more).toBe(false);

    const { aborted, failed } = await abortUnfinishedUploads(aws, bucket, [
      { key: 'many/parts', uploadId: parts }
    ]);
    expect(failed).toEqual([]);
    expect(aborted).toEqual([{ key: 'many/parts', uploadId: parts, bytes: 1003 }]);
    expect(await keysThere('many/parts')).toEqual([]);
  }, 120_000);

  it('are told up to a number, and whether there are more', async () => {
    for (const key of ['up-to/a', 'up-to/a', 'up-to/b']) {
      await begin(key, []);
    }
    const counts = [2, 3, 4].map(async limit => {
      const { uploads, more } = await listUnfinishedUploads(aws, bucket, {
        prefix: 'up-to/',
        limit
      });
      return [uploads.length, more];
    });
    expect(await Promise.all(counts)).toEqual([
      [2, true],
      [3, false],
      [3, false]
    ]);
  });

  it('are aborted by name only, and what is gone already is no failure', async () => {
    const first = await begin('named/same', [10]);
    const second = await begin('named/same', [20]);
    const gone = await begin('named/gone', [30]);
    await aws.s3.send(
      new AbortMultipartUploadCommand({ Bucket: bucket, Key: 'named/gone', UploadId: gone })
    );
    const result = await abortUnfinishedUploads(aws, bucket, [
      { key: 'named/same', uploadId: first },
      { key: 'named/gone', uploadId: gone },
      { key: 'named/never', uploadId: 'no-such-upload' }
    ]);
    expect(result).toEqual({
      aborted: [{ key: 'named/same', uploadId: first, bytes: 10 }],
      gone: expect.arrayContaining([
        { key: 'named/gone', uploadId: gone },
        { key: 'named/never', uploadId: 'no-such-upload' }
      ]),
      failed: []
    });
    const left = await listUnfinishedUploads(aws, bucket, { prefix: 'named/' });
    expect(left.uploads.map(({ uploadId }) => uploadId)).toEqual([second]);
  });

  it('may vanish while they are looked at', async () => {
    const proxy = new S3Proxy(sandbox.awsUrl);
    await proxy.start();
    const through = createAwsClients({
      region: aws.region,
      env: { ...sandbox.env, AWS_ENDPOINT_URL_S3: proxy.url, AWS_ENDPOINT_URL: proxy.url }
    });
    try {
      const kept = await begin('vanish/kept', [10]);
      const gone = await begin('vanish/gone', [20]);
      proxy.decide = ({ method, url }) =>
        method === 'GET' && url.includes(`uploadId=${gone}`) ? 'no-upload' : 'pass';
      const { uploads, bytes } = await listUnfinishedUploads(through, bucket, {
        prefix: 'vanish/'
      });
      expect(uploads.map(({ uploadId }) => uploadId)).toEqual([kept]);
      expect(bytes).toBe(10);
      expect(proxy.requests.some(({ url }) => url.includes(`uploadId=${gone}`))).toBe(true);
      // An answer that is lost on its way makes nothing of it.
      const never = await begin('vanish/never', [5]);
      proxy.decide = ({ method, times }) =>
        method === 'DELETE' && times === 1 ? 'lose-answer' : 'pass';
      const result = await abortUnfinishedUploads(through, bucket, [
        { key: 'vanish/never', uploadId: never }
      ]);
      expect(result.failed).toEqual([]);
      expect([...result.aborted, ...result.gone].map(({ uploadId }) => uploadId)).toEqual([never]);
      expect(await keysThere('vanish/never')).toEqual([]);
    } finally {
      through.destroy();
      await proxy.stop();
    }
  });

  it('are found and aborted in a bucket of another Region', async () => {
    const there = aws.s3In('eu-central-1');
    const id = await begin('far/away', [42], { s3: there, bucket: ELSEWHERE });
    const found = await listUnfinishedUploads(aws, ELSEWHERE);
    expect(found).toMatchObject({ region: 'eu-central-1', bytes: 42 });
    const { aborted } = await abortUnfinishedUploads(aws, ELSEWHERE, [
      { key: 'far/away', uploadId: id }
    ]);
    expect(aborted).toEqual([{ key: 'far/away', uploadId: id, bytes: 42 }]);
    expect((await listUnfinishedUploads(aws, ELSEWHERE)).uploads).toEqual([]);
  });

  it.each([
    ['no-such-bucket-anywhere', 'BUCKET_NOT_FOUND'],
    ['somebody-elses-bucket', 'ACCESS_DENIED'],
    ['s3://not/a-name', 'BUCKET_NAME_INVALID']
  ])('are not told of %s: %s', async (name, code) => {
    await expect(listUnfinishedUploads(aws, name)).rejects.toMatchObject({
      code,
      nextStep: expect.any(String)
    });
  });

  it('that may not be aborted are told one by one', async () => {
    const { failed, aborted } = await abortUnfinishedUploads(aws, 'somebody-elses-bucket', [
      { key: 'a', uploadId: '1' },
      { key: 'b', uploadId: '2' }
    ]);
    expect(aborted).toEqual([]);
    expect(failed.map(({ key, error }) => [key, error.code])).toEqual([
      ['a', 'ACCESS_DENIED'],
      ['b', 'ACCESS_DENIED']
    ]);
    await expect(
      abortUnfinishedUploads(aws, 'no-such-bucket-anywhere', [{ key: 'a', uploadId: '1' }])
    ).rejects.toMatchObject({ code: 'BUCKET_NOT_FOUND' });
  });

  it('can be given up looking for', async () => {
    const signal = AbortSignal.abort();
    await expect(listUnfinishedUploads(aws, bucket, { signal })).rejects.toMatchObject({
      code: 'CANCELLED'
    });
    const id = await begin('stopped/one', [1]);
    await expect(
      abortUnfinishedUploads(aws, bucket, [{ key: 'stopped/one', uploadId: id }], { signal })
    ).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await keysThere('stopped/')).toEqual(['stopped/one']);
  });
});
