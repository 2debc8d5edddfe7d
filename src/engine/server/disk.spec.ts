import { CreateMultipartUploadCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { createInterface } from 'node:readline';

import { abortUploads, listLargeFiles, listUploads, planDiskSpace } from '../../protocol';
import { requiredBytesFor } from '../disk';
import { createCopyJob, JobStore, reviewImport } from '../jobs';
import { startJobTrial } from '../jobs/testing/jobTrial';
import type { JobTrial } from '../jobs/testing/jobTrial';
import { tinyModel } from '../cli/testing/tinyModel';
import { runServer } from './runServer';
import { openPage } from './testing/testPage';
import type { TestPage } from './testing/testPage';

const BIG = 'trial/big';
const MiB = 2 ** 20;

let trial: JobTrial;
let store: JobStore;
let root: string;
let page: TestPage;
let stop: () => Promise<void>;

beforeAll(async () => {
  trial = await startJobTrial({
    models: { [BIG]: tinyModel({ shards: 2, paddingBytes: 48 * MiB }) }
  });
});

afterAll(() => trial.stop());

beforeEach(async () => {
  store = await trial.newStore();
  root = mkdtempSync(join(tmpdir(), 'served-root-'));
  const input = new PassThrough();
  const output = new PassThrough();
  const { environment, hub, aws } = trial.context;
  const running = runServer({
    input,
    output,
    log: () => undefined,
    createContext: async () => ({
      environment: {
        ...{ ...environment, root, stateDirectory: store.stateDirectory },
        ...{ host: 'notebook-instance' as const, name: 'my-notebook' }
      },
      hub,
      aws
    })
  });
  const reader = createInterface({ input: output });
  page = await openPage({
    send: line => input.write(`${line}\n`),
    onLine: listener => {
      reader.on('line', listener);
      return () => reader.off('line', listener);
    }
  });
  stop = async () => {
    input.end();
    await running;
  };
});

afterEach(async () => {
  await stop();
  rmSync(root, { recursive: true });
});

describe('what a page asks about the disk', () => {
  it('is answered for a size, with the steps of this very host', async () => {
    const report = await page.connection.sendRequest(planDiskSpace, { sizeBytes: 8e12 });
    expect(report).toMatchObject({
      sizeBytes: 8e12,
      requiredBytes: requiredBytesFor(8e12),
      fits: false,
      fitsAfterFreeing: false,
      volume: { smallestGb: 5, largestGb: 16_384, neededGb: expect.any(Number) },
      roomMakers: expect.any(Array)
    });
    expect(report.missingBytes).toBe(report.requiredBytes - report.availableBytes);
    expect(report.volume?.neededGb).toBeGreaterThan(7_800);
    const commands = report.steps.map(({ command = '' }) => command).join('\n');
    expect(commands).toContain('update-notebook-instance --notebook-instance-name my-notebook');
  });

  it('is answered for a model, or refused in words', async () => {
    const report = await page.connection.sendRequest(planDiskSpace, { model: BIG });
    expect(report.sizeBytes).toBeGreaterThan(48 * MiB);
    expect(report.requiredBytes).toBe(requiredBytesFor(report.sizeBytes));
    await expect(page.connection.sendRequest(planDiskSpace, {})).rejects.toMatchObject({
      data: { code: 'SIZE_MISSING' }
    });
    await expect(
      page.connection.sendRequest(planDiskSpace, { sizeBytes: -1 })
    ).rejects.toMatchObject({ data: { code: 'SIZE_INVALID' } });
    await expect(
      page.connection.sendRequest(planDiskSpace, { model: 'trial/none' })
    ).rejects.toMatchObject({ data: { code: expect.stringContaining('HUB') } });
  });

  it('is answered with the largest files under the root', async () => {
    mkdirSync(join(root, 'a'));
    writeFileSync(join(root, 'a', 'large'), new Uint8Array(200_000));
    writeFileSync(join(root, 'small'), new Uint8Array(10));
    const found = await page.connection.sendRequest(listLargeFiles, { limit: 1 });
    expect(found).toMatchObject({ looked: 2, unreadable: 0 });
    expect(found.files.map(({ path }) => path)).toEqual([join(root, 'a', 'large')]);
    const odd = await page.connection.sendRequest(listLargeFiles, { limit: Number.NaN });
    expect(odd.files).toHaveLength(1);
  });
});

describe('what a page asks about uploads', () => {
  async function begin(key: string, bytes: number): Promise<string> {
    const { bucket } = trial.options;
    const { s3 } = trial.context.aws;
    const { UploadId = '' } = await s3.send(
      new CreateMultipartUploadCommand({ Bucket: bucket, Key: key })
    );
    await s3.send(
      new UploadPartCommand({
        Bucket: bucket,
        Key: key,
        UploadId,
        PartNumber: 1,
        Body: new Uint8Array(bytes)
      })
    );
    return UploadId;
  }

  it('is told which belong to a job, and only what it names is aborted', async () => {
    const { bucket } = trial.options;
    const { plan } = await reviewImport(trial.context, {
      ...trial.options,
      model: BIG,
      prefix: 'of-a-job'
    });
    const job = await createCopyJob(store, plan);
    const file = plan.files.find(({ method }) => method === 'multipart');
    const ofJob = await begin(file?.key ?? '', 7);
    const other = await begin('other/key', 11);
    const listed = await page.connection.sendRequest(listUploads, { bucket });
    expect(listed).toMatchObject({ bucket, bytes: 18, more: false });
    expect(
      listed.uploads.map(({ uploadId, bytes, job: owner }) => [uploadId, bytes, owner])
    ).toEqual([
      [other, 11, undefined],
      [ofJob, 7, { id: job.id, title: expect.stringContaining('big'), state: 'waiting' }]
    ]);

    const uploads = [
      { key: 'other/key', uploadId: other },
      { key: 'other/key', uploadId: 'gone-already' }
    ];
    const aborted = await page.connection.sendRequest(abortUploads, { bucket, uploads });
    expect(aborted).toEqual({ aborted: 1, bytes: 11, failed: [] });
    const left = await page.connection.sendRequest(listUploads, { bucket });
    expect(left.uploads.map(({ uploadId }) => uploadId)).toEqual([ofJob]);
  });

  it('is told why not', async () => {
    const bucket = 'somebody-elses-bucket';
    await expect(page.connection.sendRequest(listUploads, { bucket })).rejects.toMatchObject({
      data: { code: 'ACCESS_DENIED' }
    });
    const uploads = [{ key: 'a', uploadId: 'b' }];
    const result = await page.connection.sendRequest(abortUploads, { bucket, uploads });
    expect(result).toMatchObject({
      aborted: 0,
      failed: [{ key: 'a', uploadId: 'b', failure: { code: 'ACCESS_DENIED' } }]
    });
  });
});
