import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  UploadPartCommand
} from '@aws-sdk/client-s3';
import { ageOf, parseAge } from './uploads/age';
import { chooseUploads } from './uploads/chooseUploads';
import { tinyModel } from './testing/tinyModel';
import { startUntil } from './testing/runningCommand';
import { startTrial, Trial } from './testing/trial';

const MODEL = 'trial/big';

let trial: Trial;

beforeAll(async () => {
  trial = await startTrial({
    models: { [MODEL]: tinyModel({ shards: 2, paddingBytes: 48 * 2 ** 20 }) },
    args: ['--bandwidth', '8MB']
  });
}, 60_000);

afterAll(() => trial?.stop());

async function begin(key: string, bytes: number): Promise<string> {
  const { bucket: Bucket, aws } = trial;
  const { UploadId = '' } = await aws.s3.send(
    new CreateMultipartUploadCommand({ Bucket, Key: key })
  );
  const Body = new Uint8Array(bytes);
  await aws.s3.send(new UploadPartCommand({ Bucket, Key: key, UploadId, PartNumber: 1, Body }));
  return UploadId;
}

async function keysThere(): Promise<string[]> {
  const page = await trial.aws.s3.send(new ListMultipartUploadsCommand({ Bucket: trial.bucket }));
  return (page.Uploads ?? []).map(({ Key = '' }) => Key);
}

async function json(...args: string[]) {
  const ran = await trial.run(['uploads', ...args, '--json']);
  return { ...ran, result: JSON.parse(ran.stdout) };
}

describe('uploads', () => {
  it('lists what is billed, asks, and aborts', async () => {
    const id = await begin('forgotten/weights', 123_456);
    const listed = await json('list', '--bucket', trial.bucket);
    expect(listed.code).toBe(0);
    expect(listed.result).toMatchObject({
      bucket: trial.bucket,
      bytes: 123_456,
      more: false,
      uploads: [{ key: 'forgotten/weights', uploadId: id, parts: 1, bytes: 123_456 }]
    });
    const words = await trial.run(['uploads', 'list', '--bucket', trial.bucket]);
    expect(words.stdout).toMatch(/^ {2}123\.46 kB +1 +\d+ min +forgotten\/weights +\S+$/m);
    expect(words.stdout).toMatch(/^1 unfinished upload with 123\.46 kB in s3:\/\/.*billed/m);

    const place = ['--bucket', trial.bucket, '--prefix', 'forgotten/'];
    const young = await json('list', ...place, '--older-than', '1h');
    expect(young.result).toMatchObject({ uploads: [], bytes: 0 });
    const asked = await trial.run(['uploads', 'abort', ...place]);
    expect(asked.code).toBe(2);
    expect(asked.stdout).toContain(id);
    expect(asked.stdout).toMatch(/began less than a day ago/);
    expect(asked.stderr).toContain('CONFIRMATION_REQUIRED');
    expect(await keysThere()).toEqual(['forgotten/weights']);

    const done = await json('abort', ...place, '--yes');
    expect(done.code).toBe(0);
    expect(done.result).toMatchObject({ aborted: 1, bytes: 123_456, failed: [], leftAlone: [] });
    expect(await keysThere()).toEqual([]);
    const nothing = await trial.run(['uploads', 'abort', ...place, '--yes']);
    expect(nothing).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing to abort') });
    const none = await trial.run(['uploads', 'list', '--bucket', trial.bucket]);
    expect(none.stdout).toMatch(/^No unfinished uploads in s3:/);
  });

  it('leaves those of an unfinished job alone unless they are named', async () => {
    const args = ['copy', MODEL, `s3://${trial.bucket}/job`];
    const running = await startUntil(trial, args, /Copying: [1-9]/);
    running.child.kill('SIGINT');
    await running.ended;
    const other = await begin('other/weights', 5);
    const listed = await json('list', '--bucket', trial.bucket);
    const uploads = listed.result.uploads as { key: string; uploadId: string; job?: object }[];
    const ofJob = uploads.filter(({ job }) => job !== undefined);
    expect(ofJob.length).toBeGreaterThan(0);
    expect(ofJob[0]).toMatchObject({
      key: expect.stringMatching(/^job\/.*safetensors$/),
      job: { id: expect.any(String), state: expect.stringMatching(/paused|interrupted|cancelled/) }
    });
    expect(uploads.find(({ uploadId }) => uploadId === other)?.job).toBeUndefined();

    const aborted = await json('abort', '--bucket', trial.bucket, '--yes');
    expect(aborted.result).toMatchObject({ aborted: 1, bytes: 5 });
    expect(aborted.result.leftAlone).toHaveLength(ofJob.length);
    expect((await keysThere()).every(key => key.startsWith('job/'))).toBe(true);

    const [first] = ofJob;
    const named = await trial.run([
      ...['uploads', 'abort', (first?.uploadId ?? '').slice(0, 20)],
      ...['--bucket', trial.bucket, '--yes']
    ]);
    expect(named.code).toBe(0);
    expect(named.stdout).toMatch(/belongs to the job \S+ \(\w+\), which will send it anew/);
    expect(await keysThere()).toHaveLength(ofJob.length - 1);

    // The job is none the worse for it.
    const again = await trial.run([...args, '--json']);
    expect(again.code).toBe(0);
    expect(await keysThere()).toEqual([]);
  }, 90_000);

  it.each([
    [['list', '--bucket', 'somebody-elses-bucket'], 1, 'ACCESS_DENIED'],
    [['list', '--bucket', 'no-such-bucket-anywhere'], 1, 'BUCKET_NOT_FOUND'],
    [['list', '--bucket', 'NOT A NAME'], 2, 'BUCKET_NAME_INVALID'],
    [['list', '--bucket', 'x-y-z', '--older-than', 'long'], 2, 'AGE_INVALID'],
    [['list'], 2, 'USAGE']
  ])('refuses %j', async (args, code, error) => {
    const ran = await trial.run(['uploads', ...args]);
    expect(ran).toMatchObject({ code, stderr: expect.stringContaining(`Error ${error}`) });
  });

  it('does not take one upload for another', async () => {
    const ran = await trial.run(['uploads', 'abort', 'none', '--bucket', trial.bucket, '--yes']);
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining('UPLOAD_NOT_FOUND') });
    const uploads = [{ uploadId: 'abc' }, { uploadId: 'abd' }, { uploadId: 'ab' }];
    expect(chooseUploads(uploads, ['ab', 'abc', 'abc']).chosen).toEqual([uploads[2], uploads[0]]);
    expect(() => chooseUploads(uploads, ['a'])).toThrow(
      expect.objectContaining({ code: 'UPLOAD_AMBIGUOUS' })
    );
    expect(() => chooseUploads(uploads, [''])).toThrow(
      expect.objectContaining({ code: 'UPLOAD_NOT_FOUND' })
    );
  });
});

describe('an age', () => {
  it.each([
    ['30m', 1_800_000],
    ['12h', 43_200_000],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
    ['0m', 0]
  ])('%s', (text, milliseconds) => {
    expect(parseAge(text)).toBe(milliseconds);
  });

  it.each(['', '7', 'd', '-1d', '1.5d', '7 d', '7days', '٧d'])('%j is none', text => {
    expect(() => parseAge(text)).toThrow(expect.objectContaining({ code: 'AGE_INVALID' }));
  });

  it.each([
    [-1, '0 min'],
    [59 * 60_000, '59 min'],
    [47 * 3_600_000, '47 h'],
    [48 * 3_600_000, '2 d']
  ])('of %d ms is shown', (milliseconds, text) => {
    expect(ageOf(milliseconds)).toBe(text);
  });
});
