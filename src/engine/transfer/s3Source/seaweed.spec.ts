import { createHash } from 'node:crypto';
import {
  GetObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand
} from '@aws-sdk/client-s3';
import { createAwsClients } from '../../aws';
import type { AwsClients } from '../../aws';
import { createHubClient } from '../../hub';
import { inspectModel } from '../../model';
import { startSeaweed } from '../../../sandbox/testing/startSeaweed';
import type { StartedSeaweed } from '../../../sandbox/testing/startSeaweed';
import { copyModel, openCopySource, parseS3Uri, planCopy } from '..';
import type { CopyPlan, TransferContext } from '..';
import { makeModelFolder } from '../folder/testing/modelFolder';
import type { ModelFolder } from '../folder/testing/modelFolder';
import { sampleBytes } from '../testing/scriptedHub';

const MiB = 2 ** 20;
const BIG = 'model-00001-of-00002.safetensors';
const FILES: Record<string, string | Uint8Array> = {
  [BIG]: sampleBytes(20 * MiB + 5, 1),
  'model-00002-of-00002.safetensors': sampleBytes(1 * MiB, 2),
  'odd name +ü.safetensors': sampleBytes(777, 3),
  'config.json': '{"architectures":["LlamaForCausalLM"]}',
  'tokenizer.json': '{}'
};

/** Other sources than the hub, against an S3 server that is not ours. */
describe('copies to and inside SeaweedFS', () => {
  let seaweed: StartedSeaweed;
  let aws: AwsClients;
  let folder: ModelFolder;

  beforeAll(async () => {
    seaweed = await startSeaweed();
    aws = createAwsClients({ region: seaweed.env['AWS_REGION'], env: seaweed.env });
    folder = await makeModelFolder(FILES);
  }, 90_000);

  afterAll(async () => {
    aws?.destroy();
    await folder?.remove();
    await seaweed?.stop();
  });

  const context = (): TransferContext => ({
    hub: createHubClient({ endpoint: 'http://127.0.0.1:9' }),
    aws
  });

  async function plan(from: string, prefix: string): Promise<CopyPlan> {
    const { source, files } = await openCopySource(context(), from);
    return planCopy(context(), {
      inspection: await inspectModel(files),
      source,
      destination: parseS3Uri(`s3://${seaweed.bucket}/${prefix}`)
    });
  }

  async function expectWhole(prefix: string): Promise<void> {
    for (const [path, bytes] of Object.entries(FILES)) {
      const answer = await aws.s3.send(
        new GetObjectCommand({ Bucket: seaweed.bucket, Key: `${prefix}/${path}` })
      );
      const found = createHash('sha256').update((await answer.Body?.transformToByteArray()) ?? '');
      const sent = createHash('sha256').update(bytes);
      expect([path, found.digest('hex')]).toEqual([path, sent.digest('hex')]);
    }
    const left = await aws.s3.send(new ListMultipartUploadsCommand({ Bucket: seaweed.bucket }));
    expect(left.Uploads ?? []).toEqual([]);
  }

  it('brings a folder there and moves nothing the second time', async () => {
    await copyModel(context(), await plan(folder.path, 'folder'));
    await expectWhole('folder');
    const again = await copyModel(context(), await plan(folder.path, 'folder'));
    expect(again).toMatchObject({ nothingMoved: true, skippedFiles: 5 });
  });

  it('copies a prefix inside it, whole and in parts', async () => {
    for (const [path, bytes] of Object.entries(FILES)) {
      const target = { Bucket: seaweed.bucket, Key: `source one/${path}` };
      await aws.s3.send(new PutObjectCommand({ ...target, Body: bytes }));
    }
    const source = `s3://${seaweed.bucket}/source one/`;
    await copyModel(context(), await plan(source, 'copied'));
    await expectWhole('copied');
    expect(await copyModel(context(), await plan(source, 'copied'))).toMatchObject({
      nothingMoved: true
    });
    const made = await plan(source, 'parts');
    const files = made.files.map(file =>
      file.path === BIG
        ? { ...file, method: 'multipart' as const, partSizeBytes: 6 * MiB, partCount: 4 }
        : file
    );
    await copyModel(context(), { ...made, files });
    await expectWhole('parts');
  });
});
