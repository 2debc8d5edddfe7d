import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { createHash } from 'node:crypto';

import { createFaultPlan, createManualClock, type FaultName } from '../state';
import { serveS3, type ServedS3 } from './testing/serveS3';

let served: ServedS3 | undefined;

afterEach(async () => {
  await served?.stop();
  served = undefined;
});

async function serve(faults: Partial<Record<FaultName, number>>) {
  const clock = createManualClock(new Date());
  const started = await serveS3({ clock, faults: createFaultPlan({ faults, seed: 1 }) });
  served = started;
  const client = started.client();
  const Bucket = started.bucket;
  const outcome = (sent: Promise<unknown>) =>
    sent.then(
      () => 'ok',
      (error: Error) => error.name
    );
  return {
    clock,
    started,
    client,
    put: () => outcome(client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'body' }))),
    get: () => outcome(client.send(new GetObjectCommand({ Bucket, Key: 'k' })))
  };
}

describe('credentials-expire', () => {
  it('refuses what was signed with the start credentials for a while', async () => {
    const { clock, put } = await serve({ 'credentials-expire': 10, 'credentials-return': 3 });
    const outcomes: string[] = [];
    for (const seconds of [0, 9, 1, 2, 1]) {
      clock.advance(seconds * 1000);
      outcomes.push(await put());
    }
    expect(outcomes).toEqual(['ok', 'ok', 'ExpiredToken', 'ExpiredToken', 'ok']);
  });

  it('refuses presigned URLs too, and lasts five seconds unless told otherwise', async () => {
    const { clock, started, client } = await serve({ 'credentials-expire': 1 });
    const command = new PutObjectCommand({ Bucket: started.bucket, Key: 'k' });
    const url = await getSignedUrl(client, command, { expiresIn: 3600 });
    const statuses: number[] = [];
    for (const seconds of [0, 1, 4.9, 0.1]) {
      clock.advance(seconds * 1000);
      const answer = await fetch(url, { method: 'PUT', body: 'body' });
      statuses.push(answer.status);
      if (answer.status === 400) {
        expect(await answer.text()).toContain('<Code>ExpiredToken</Code>');
      }
    }
    expect(statuses).toEqual([200, 400, 400, 200]);
  });
});

describe('s3-503-storm', () => {
  it('begins with the first write and ends after its time', async () => {
    const { clock, put, get } = await serve({ 's3-503-storm': 2 });
    expect(await get()).toBe('NoSuchKey');
    expect([await put(), await put(), await get()]).toEqual(Array(3).fill('SlowDown'));
    clock.advance(1999);
    expect(await put()).toBe('SlowDown');
    clock.advance(1);
    expect([await put(), await get()]).toEqual(['ok', 'ok']);
  });
});

describe('s3-stall', () => {
  it('reads half of a write, keeps nothing and never answers', async () => {
    const { started, client, get } = await serve({ 's3-stall': 1 });
    const body = Buffer.alloc(200_000, 'x');
    const command = new PutObjectCommand({
      Bucket: started.bucket,
      Key: 'k',
      ChecksumSHA256: createHash('sha256').update(body).digest('base64')
    });
    const url = await getSignedUrl(client, command);
    const signal = AbortSignal.timeout(700);
    await expect(fetch(url, { method: 'PUT', body, signal })).rejects.toThrow(/timeout/);
    expect(started.store.find(started.bucket, 'k')).toBeUndefined();
    // Only writes with a body stand still.
    expect(await get()).toBe('NoSuchKey');
  });
});
