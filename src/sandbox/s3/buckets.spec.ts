import { Agent } from 'node:http';

import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client
} from '@aws-sdk/client-s3';

import { FOREIGN_BUCKET, OTHER_REGION_BUCKET, READ_ONLY_BUCKET } from '.';
import { serveS3, type ServedS3 } from './testing/serveS3';

let served: ServedS3;
let client: S3Client;

beforeAll(async () => {
  served = await serveS3();
  client = served.client();
});

afterAll(async () => {
  await served.stop();
});

const put = (Bucket: string, more: object = {}) =>
  client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', ...more }));

it('lists the buckets of the account', async () => {
  const { Buckets } = await client.send(new ListBucketsCommand({}));
  expect(Buckets?.map(({ Name }) => Name)).toEqual([
    served.bucket,
    OTHER_REGION_BUCKET,
    READ_ONLY_BUCKET
  ]);
});

it('creates and deletes buckets', async () => {
  const Bucket = 'made-here';
  await client.send(new CreateBucketCommand({ Bucket }));
  expect(await client.send(new HeadBucketCommand({ Bucket }))).toMatchObject({
    BucketRegion: 'us-east-1'
  });
  const location = await client.send(new GetBucketLocationCommand({ Bucket }));
  expect(location.LocationConstraint).toBeUndefined();
  const versioning = await client.send(new GetBucketVersioningCommand({ Bucket }));
  expect(versioning.Status).toBeUndefined();
  await put(Bucket);
  await expect(client.send(new DeleteBucketCommand({ Bucket }))).rejects.toMatchObject({
    name: 'BucketNotEmpty'
  });
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  await client.send(new DeleteBucketCommand({ Bucket }));
  await expect(put(Bucket)).rejects.toMatchObject({ name: 'NoSuchBucket' });
});

it.each(['Upper', 'ab', '-dash', 'two..dots', '192.168.5.4', 'a_b'])(
  'refuses the name %s',
  async Bucket => {
    await expect(client.send(new CreateBucketCommand({ Bucket }))).rejects.toMatchObject({
      name: 'InvalidBucketName'
    });
  }
);

it.each(['us-east-1', 'mars-1'])('refuses the location %s', async LocationConstraint => {
  const command = new CreateBucketCommand({
    Bucket: 'made-nowhere',
    // Not in the client's list either, which it does not check.
    CreateBucketConfiguration: { LocationConstraint: LocationConstraint as 'EU' }
  });
  await expect(client.send(command)).rejects.toMatchObject({ name: 'InvalidLocationConstraint' });
});

it('knows no other buckets', async () => {
  await expect(put('not-here-at-all')).rejects.toMatchObject({
    name: 'NoSuchBucket',
    message: 'The specified bucket does not exist'
  });
  await expect(
    client.send(new HeadBucketCommand({ Bucket: 'not-here-at-all' }))
  ).rejects.toMatchObject({ name: 'NotFound' });
});

it('redirects to the region of a bucket, and serves it there', async () => {
  const Bucket = OTHER_REGION_BUCKET;
  await expect(put(Bucket)).rejects.toMatchObject({
    name: 'PermanentRedirect',
    $metadata: { httpStatusCode: 301 }
  });
  await expect(client.send(new HeadBucketCommand({ Bucket }))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 301 },
    $response: { headers: { 'x-amz-bucket-region': 'eu-central-1' } }
  });
  const there = served.client({ region: 'eu-central-1' });
  await there.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  expect(served.store.get(Bucket, 'k')?.sizeBytes).toBe(1);
});

it('keeps the bucket of somebody else closed', async () => {
  const Bucket = FOREIGN_BUCKET;
  const denied = { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } };
  await expect(put(Bucket)).rejects.toMatchObject(denied);
  await expect(client.send(new ListObjectsV2Command({ Bucket }))).rejects.toMatchObject(denied);
  await expect(client.send(new CreateBucketCommand({ Bucket }))).rejects.toMatchObject({
    name: 'BucketAlreadyExists'
  });
  await expect(client.send(new HeadBucketCommand({ Bucket }))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 403 },
    $response: { headers: { 'x-amz-bucket-region': 'us-east-1' } }
  });
});

it('lets a read-only bucket be read only', async () => {
  const Bucket = READ_ONLY_BUCKET;
  await client.send(new ListObjectsV2Command({ Bucket }));
  await expect(put(Bucket)).rejects.toMatchObject({
    name: 'AccessDenied',
    message: expect.stringContaining(
      'is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::read-only-bucket/k"'
    )
  });
  await expect(
    client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'k' }))
  ).rejects.toMatchObject({ name: 'AccessDenied' });
});

it('checks the expected owner', async () => {
  await put(served.bucket, { ExpectedBucketOwner: '123456789012' });
  await expect(put(served.bucket, { ExpectedBucketOwner: '999999999999' })).rejects.toMatchObject({
    name: 'AccessDenied'
  });
});

it('finds the bucket in the host name too', async () => {
  const port = new URL(served.url).port;
  const httpAgent = new Agent({
    lookup: (_name, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }])
  });
  const virtual = served.client({
    endpoint: `http://localhost:${port}`,
    forcePathStyle: false,
    requestHandler: { httpAgent }
  });
  await virtual.send(new PutObjectCommand({ Bucket: served.bucket, Key: 'virtual', Body: 'x' }));
  expect(served.store.get(served.bucket, 'virtual')?.sizeBytes).toBe(1);
});
