import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

import { startSeaweed, type StartedSeaweed } from './startSeaweed';

describe('startSeaweed', () => {
  let seaweed: StartedSeaweed;

  beforeAll(async () => {
    seaweed = await startSeaweed();
  }, 90_000);

  afterAll(async () => {
    await seaweed?.stop();
  });

  const client = (secretAccessKey: string) =>
    new S3Client({
      endpoint: seaweed.url,
      region: seaweed.env['AWS_REGION'],
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: { accessKeyId: seaweed.env['AWS_ACCESS_KEY_ID'] ?? '', secretAccessKey }
    });

  it('gives keys that work on a bucket that exists', async () => {
    const s3 = client(seaweed.env['AWS_SECRET_ACCESS_KEY'] ?? '');
    await s3.send(new PutObjectCommand({ Bucket: seaweed.bucket, Key: 'a', Body: 'hello' }));
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: seaweed.bucket, Key: 'a' }));
    expect(await Body?.transformToString()).toBe('hello');
  });

  it('refuses other keys', async () => {
    const put = new PutObjectCommand({ Bucket: seaweed.bucket, Key: 'b', Body: 'hello' });
    await expect(client('wrong').send(put)).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch'
    });
  });
});
