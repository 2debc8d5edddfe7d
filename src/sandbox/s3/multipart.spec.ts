import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
  type CompletedPart,
  type S3Client
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';

import { createRunningHash, type ChecksumAlgorithm } from './checksums';
import { serveS3, type ServedS3 } from './testing/serveS3';

const PART_BYTES = 5 * 2 ** 20;

const digest = (algorithm: ChecksumAlgorithm, data: Uint8Array) => {
  const hash = createRunningHash(algorithm);
  hash.update(data);
  return Buffer.from(hash.digest());
};

let served: ServedS3;
/** Adds no checksums of its own. */
let client: S3Client;
let Bucket: string;
const first = randomBytes(PART_BYTES);
const last = randomBytes(1000);
const whole = Buffer.concat([first, last]);

beforeAll(async () => {
  served = await serveS3();
  client = served.client({ requestChecksumCalculation: 'WHEN_REQUIRED' });
  Bucket = served.bucket;
});

afterAll(async () => {
  await served.stop();
});

async function create(Key: string, more: object = {}): Promise<{ Key: string; UploadId: string }> {
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({ Bucket, Key, ...more })
  );
  return { Key, UploadId: UploadId ?? '' };
}

type Started = Awaited<ReturnType<typeof create>>;

const part = async (upload: Started, PartNumber: number, Body: Uint8Array, more: object = {}) => {
  const answer = await client.send(
    new UploadPartCommand({ Bucket, ...upload, PartNumber, Body, ...more })
  );
  return { PartNumber, ...answer, $metadata: undefined };
};

const complete = (upload: Started, Parts: CompletedPart[], more: object = {}) =>
  client.send(
    new CompleteMultipartUploadCommand({ Bucket, ...upload, MultipartUpload: { Parts }, ...more })
  );

const read = async (Key: string, more: object = {}) => {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
};

it('joins parts without moving them, and lists them before', async () => {
  const upload = await create('joined', { Metadata: { a: 'b' }, ContentType: 'text/plain' });
  const parts = [await part(upload, 2, last), await part(upload, 1, first)].reverse();
  const listed = await client.send(new ListPartsCommand({ Bucket, ...upload, MaxParts: 1 }));
  expect(listed).toMatchObject({
    IsTruncated: true,
    NextPartNumberMarker: '1',
    Parts: [{ PartNumber: 1, Size: PART_BYTES, ETag: parts[0]?.ETag }]
  });
  const { Uploads } = await client.send(
    new ListMultipartUploadsCommand({ Bucket, Prefix: 'join' })
  );
  expect(Uploads).toMatchObject([upload]);
  const bodies = () => readdirSync(join(served.dataDirectory, 's3', 'bodies')).sort();
  const before = bodies();
  const { ETag } = await complete(upload, parts);
  expect(bodies()).toEqual(before);
  const md5s = [first, last].map(data => createHash('md5').update(data).digest());
  const md5 = createHash('md5').update(Buffer.concat(md5s)).digest('hex');
  expect(ETag).toBe(`"${md5}-2"`);
  expect((await read('joined')).equals(whole)).toBe(true);
  const across = await read('joined', { Range: `bytes=${PART_BYTES - 5}-${PART_BYTES + 4}` });
  expect(across.equals(whole.subarray(PART_BYTES - 5, PART_BYTES + 5))).toBe(true);
  expect((await read('joined', { PartNumber: 2 })).equals(last)).toBe(true);
  expect(await client.send(new HeadObjectCommand({ Bucket, Key: 'joined' }))).toMatchObject({
    Metadata: { a: 'b' },
    ContentType: 'text/plain'
  });
  const again = await complete(upload, parts);
  expect(again.ETag).toBe(ETag);
});

describe('a completion is refused', () => {
  it.each([
    ['in the wrong order', [2, 1], 'InvalidPartOrder'],
    ['with a part that is not there', [1, 3], 'InvalidPart'],
    ['with a small part before the last one', [2, 4], 'EntityTooSmall']
  ])('%s', async (_what, numbers, name) => {
    const upload = await create('refused');
    const sent = [await part(upload, 1, first), await part(upload, 2, last)];
    sent.push(await part(upload, 4, last));
    const parts = numbers.map(
      PartNumber => sent.find(known => known.PartNumber === PartNumber) ?? { PartNumber, ETag: 'x' }
    );
    await expect(complete(upload, parts)).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode: 400 }
    });
    await expect(read('refused')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('when it lists nothing at all', async () => {
    const upload = await create('refused');
    const command = new CompleteMultipartUploadCommand({ Bucket, ...upload });
    await expect(client.send(command)).rejects.toMatchObject({
      name: 'InvalidRequest',
      message: 'You must specify at least one part'
    });
  });

  it('when another part has the number now', async () => {
    const upload = await create('refused');
    const old = await part(upload, 1, first);
    await part(upload, 1, last);
    await expect(complete(upload, [old])).rejects.toMatchObject({ name: 'InvalidPart' });
  });

  it('when there is an object and there must be none', async () => {
    await client.send(new PutObjectCommand({ Bucket, Key: 'taken', Body: 'taken' }));
    const upload = await create('taken');
    const sent = await part(upload, 1, last);
    await expect(complete(upload, [sent], { IfNoneMatch: '*' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
      $metadata: { httpStatusCode: 412 }
    });
  });

  it('after an abort, which frees the bytes', async () => {
    const upload = await create('aborted');
    const sent = await part(upload, 1, last);
    await client.send(new AbortMultipartUploadCommand({ Bucket, ...upload }));
    await expect(complete(upload, [sent])).rejects.toMatchObject({ name: 'NoSuchUpload' });
    await expect(part(upload, 2, last)).rejects.toMatchObject({ name: 'NoSuchUpload' });
  });
});

describe('checksums', () => {
  it.each(['CRC32', 'CRC32C', 'CRC64NVME'] as const)(
    'of the full object with %s',
    async algorithm => {
      const name = `Checksum${algorithm}` as const;
      const Key = `full-${algorithm}`;
      const upload = await create(Key, {
        ChecksumAlgorithm: algorithm,
        ChecksumType: 'FULL_OBJECT'
      });
      // The parts may come without: S3 computes theirs.
      const parts = [await part(upload, 1, first), await part(upload, 2, last)].map(
        ({ PartNumber, ETag }) => ({ PartNumber, ETag })
      );
      const value = digest(algorithm, whole).toString('base64');
      const wrong = digest(algorithm, last).toString('base64');
      await expect(
        complete(upload, parts, { [name]: wrong, ChecksumType: 'FULL_OBJECT' })
      ).rejects.toMatchObject({ name: 'BadDigest' });
      const right = { [name]: value, ChecksumType: 'FULL_OBJECT' };
      expect(await complete(upload, parts, right)).toMatchObject(right);
    }
  );

  it.each(['CRC32', 'SHA1', 'SHA256'] as const)('of the parts with %s', async algorithm => {
    const name = `Checksum${algorithm}` as const;
    const upload = await create(`composite-${algorithm}`, { ChecksumAlgorithm: algorithm });
    const options = { ChecksumAlgorithm: algorithm };
    const parts = [await part(upload, 1, first, options), await part(upload, 2, last, options)];
    const bare = parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag }));
    await expect(complete(upload, bare)).rejects.toMatchObject({
      name: 'InvalidRequest',
      message: `The upload was created using a ${algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part 1 in the request.`
    });
    const value = digest(
      algorithm,
      Buffer.concat([digest(algorithm, first), digest(algorithm, last)])
    ).toString('base64');
    expect(await complete(upload, parts)).toMatchObject({
      [name]: `${value}-2`,
      ChecksumType: 'COMPOSITE'
    });
    const attributes = await client.send(
      new GetObjectAttributesCommand({
        Bucket,
        Key: upload.Key,
        ObjectAttributes: ['Checksum', 'ObjectParts', 'ObjectSize']
      })
    );
    expect(attributes).toMatchObject({
      ObjectSize: whole.length,
      Checksum: { [name]: `${value}-2`, ChecksumType: 'COMPOSITE' },
      ObjectParts: { TotalPartsCount: 2, Parts: [{ PartNumber: 1, Size: PART_BYTES }, {}] }
    });
  });

  it.each([
    ['SHA256', 'FULL_OBJECT'],
    ['SHA1', 'FULL_OBJECT'],
    ['CRC64NVME', 'COMPOSITE']
  ])('of %s cannot be %s', async (ChecksumAlgorithm, ChecksumType) => {
    await expect(create('x', { ChecksumAlgorithm, ChecksumType })).rejects.toMatchObject({
      name: 'InvalidRequest',
      message: `The ${ChecksumType} checksum type cannot be used with the ${ChecksumAlgorithm.toLowerCase()} checksum algorithm.`
    });
  });

  it('of a part must be of the algorithm of the upload', async () => {
    const upload = await create('mismatch', { ChecksumAlgorithm: 'SHA256' });
    await expect(part(upload, 1, last)).rejects.toMatchObject({
      name: 'InvalidRequest',
      message:
        'Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: null'
    });
    await expect(part(upload, 1, last, { ChecksumAlgorithm: 'CRC32' })).rejects.toMatchObject({
      message:
        'Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: crc32'
    });
  });
});

describe('copies', () => {
  it('of an object in parts have one SHA-256 of the full object', async () => {
    const upload = await create('for-copy');
    await complete(upload, [await part(upload, 1, first), await part(upload, 2, last)]);
    const { CopyObjectResult } = await client.send(
      new CopyObjectCommand({
        Bucket,
        Key: 'for-copy',
        CopySource: `${Bucket}/for-copy`,
        ChecksumAlgorithm: 'SHA256',
        MetadataDirective: 'REPLACE'
      })
    );
    expect(CopyObjectResult).toMatchObject({
      ETag: `"${createHash('md5').update(whole).digest('hex')}"`,
      ChecksumSHA256: digest('SHA256', whole).toString('base64'),
      ChecksumType: 'FULL_OBJECT'
    });
    expect((await read('for-copy')).equals(whole)).toBe(true);
  });

  it('of ranges make parts', async () => {
    await client.send(new PutObjectCommand({ Bucket, Key: 'ranges', Body: whole }));
    const upload = await create('assembled', { ChecksumAlgorithm: 'CRC32' });
    const copy = async (PartNumber: number, CopySourceRange: string) => {
      const { CopyPartResult } = await client.send(
        new UploadPartCopyCommand({
          Bucket,
          ...upload,
          PartNumber,
          CopySource: `${Bucket}/ranges`,
          CopySourceRange
        })
      );
      return { PartNumber, ...CopyPartResult };
    };
    await expect(copy(1, `bytes=0-${whole.length}`)).rejects.toMatchObject({
      name: 'InvalidArgument',
      message: `Range specified is not valid for source object of size: ${whole.length}`
    });
    await expect(copy(1, 'bytes=5-')).rejects.toMatchObject({ name: 'InvalidArgument' });
    const parts = [await copy(1, `bytes=10-${PART_BYTES + 9}`), await copy(2, 'bytes=0-9')];
    expect(parts[1]).toMatchObject({
      ChecksumCRC32: digest('CRC32', whole.subarray(0, 10)).toString('base64')
    });
    await complete(upload, parts);
    const expected = Buffer.concat([whole.subarray(10, PART_BYTES + 10), whole.subarray(0, 10)]);
    expect((await read('assembled')).equals(expected)).toBe(true);
  });
});

it('takes what lib-storage sends, and keeps uploads for the next run', async () => {
  const dataDirectory = join(served.dataDirectory, 'again');
  const one = await serveS3({ dataDirectory });
  const body = randomBytes(12_000_000);
  const upload = new Upload({ client: one.client(), params: { Bucket, Key: 'u', Body: body } });
  await upload.done();
  const { UploadId } = await one
    .client()
    .send(new CreateMultipartUploadCommand({ Bucket, Key: 'half' }));
  const half = { Bucket, Key: 'half', UploadId };
  await one.client().send(new UploadPartCommand({ ...half, PartNumber: 1, Body: last }));
  await one.stop();
  const two = await serveS3({ dataDirectory });
  const { Parts } = await two.client().send(new ListPartsCommand(half));
  await two
    .client()
    .send(new CompleteMultipartUploadCommand({ ...half, MultipartUpload: { Parts } }));
  const get = async (Key: string) => {
    const { Body } = await two.client().send(new GetObjectCommand({ Bucket, Key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  };
  expect((await get('half')).equals(last)).toBe(true);
  expect((await get('u')).equals(body)).toBe(true);
  await two.stop();
});
