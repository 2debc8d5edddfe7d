import { createHash } from 'node:crypto';
import {
  GetObjectCommand,
  ListMultipartUploadsCommand,
  PutBucketVersioningCommand
} from '@aws-sdk/client-s3';
import { createAwsClients } from '../aws';
import type { AwsClients } from '../aws';
import { createHubClient } from '../hub';
import { startSeaweed } from '../../sandbox/testing/startSeaweed';
import type { StartedSeaweed } from '../../sandbox/testing/startSeaweed';
import { copyModel, parseS3Uri, planCopy } from '.';
import type { CopyPlan } from '.';
import { sampleBytes, ScriptedHub } from './testing/scriptedHub';

/** The copy, unchanged, against an S3 server that is not ours. */
describe('a copy to SeaweedFS', () => {
  const MiB = 2 ** 20;
  const files = {
    'model-00001-of-00002.safetensors': sampleBytes(33 * MiB + 5, 11),
    'model-00002-of-00002.safetensors': sampleBytes(2 * MiB, 12),
    'odd name +ü.safetensors': sampleBytes(777, 13),
    'config.json': new TextEncoder().encode('{"model_type": "llama"}')
  };
  let seaweed: StartedSeaweed;
  let aws: AwsClients;
  let hub: ScriptedHub;

  beforeAll(async () => {
    seaweed = await startSeaweed();
    aws = createAwsClients({ region: seaweed.env['AWS_REGION'], env: seaweed.env });
    hub = new ScriptedHub(files);
    await hub.start();
  }, 90_000);

  afterAll(async () => {
    aws?.destroy();
    await hub?.stop();
    await seaweed?.stop();
  });

  const context = () => ({ hub: createHubClient({ endpoint: hub.url }), aws });
  const plan = (prefix: string): Promise<CopyPlan> =>
    planCopy(context(), {
      inspection: hub.inspection(),
      destination: parseS3Uri(`s3://${seaweed.bucket}/${prefix}`)
    });

  async function expectBitIdentical(prefix: string): Promise<void> {
    for (const [path, bytes] of Object.entries(files)) {
      const answer = await aws.s3.send(
        new GetObjectCommand({ Bucket: seaweed.bucket, Key: `${prefix}/${path}` })
      );
      const found = createHash('sha256').update((await answer.Body?.transformToByteArray()) ?? '');
      const sent = createHash('sha256').update(bytes);
      expect([path, found.digest('hex')]).toEqual([path, sent.digest('hex')]);
    }
  }

  it('is bit-identical and proved, and moves nothing the second time', async () => {
    const first = await copyModel(context(), await plan('first'));
    await expectBitIdentical('first');
    expect(first.files.map(({ sha256 }) => sha256)).toEqual(
      Object.values(files).map(bytes => createHash('sha256').update(bytes).digest('hex'))
    );
    const second = await copyModel(context(), await plan('first'));
    expect(second).toMatchObject({ nothingMoved: true, skippedFiles: 4 });
    const uploads = await aws.s3.send(new ListMultipartUploadsCommand({ Bucket: seaweed.bucket }));
    expect(uploads.Uploads ?? []).toEqual([]);
  });

  it('finds a flipped byte there too', async () => {
    const flipped = new Set<string>();
    hub.misbehave = ({ path, start }) => {
      if (start > 0 || !path.startsWith('model-') || flipped.has(path)) {
        return 'ok';
      }
      flipped.add(path);
      return 'flip';
    };
    const causes: string[] = [];
    await copyModel(context(), await plan('flipped'), {
      onRetry: ({ cause }) => causes.push(cause)
    });
    await expectBitIdentical('flipped');
    expect(causes.filter(cause => cause.includes('SHA-256'))).toHaveLength(2);
  });

  it('warns of a bucket that keeps old versions', async () => {
    const ids = (copyPlan: CopyPlan): string[] => copyPlan.checks.map(({ id }) => id);
    expect(ids(await plan('versions'))).not.toContain('bucket-versioning');
    await aws.s3.send(
      new PutBucketVersioningCommand({
        Bucket: seaweed.bucket,
        VersioningConfiguration: { Status: 'Enabled' }
      })
    );
    const versioned = await plan('versions');
    expect(versioned.checks).toContainEqual(
      expect.objectContaining({ id: 'bucket-versioning', verdict: 'warning' })
    );
    await copyModel(context(), versioned);
    await expectBitIdentical('versions');
  });
});
