import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { lstat, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { PutObjectCommand } from '@aws-sdk/client-s3';

import { tinyModel } from '../../engine/cli/testing/tinyModel';
import { DISPLAY } from '../display';
import type { Displayed } from '../display';
import { planCopyToS3 } from '../importModel';
import { connect, currentSession } from '../session';
import { startNotebookTrial } from '../session/testing/notebookTrial';
import type { NotebookTrial } from '../session/testing/notebookTrial';
import {
  compareCopies,
  deleteTutorialCache,
  diskForDownload,
  measureCopy,
  partsPicture,
  planCacheDeletion,
  readBackFile,
  sendDamaged,
  tutorialCache
} from '.';
import type { MeasuredCopy } from '.';
import { ratePicture } from './ratePicture';

jest.setTimeout(60_000);

const LARGE = 'trial/large';
const PADDING = 40 * 2 ** 20;

const shownBy = async (view: Displayed) => {
  const bundle = await view[DISPLAY]();
  return { text: String(bundle['text/plain']), svg: bundle['image/svg+xml'] };
};

let trial: NotebookTrial;
let root: string;

beforeAll(async () => {
  trial = await startNotebookTrial({ models: { [LARGE]: tinyModel({ paddingBytes: PADDING }) } });
  root = join(process.env['HOME'] ?? '', 'root');
  await mkdir(root);
  process.env['JUPYTER_SERVER_ROOT'] = root;
  await connect({ model: LARGE });
});
afterAll(() => trial.stop());

describe('the picture of the parts', () => {
  const file = (path: string, sizeBytes: number, partCount: number) => ({
    ...{ path, key: path, sizeBytes, partCount },
    ...{ action: 'copy' as const, method: 'multipart' as const, partSizeBytes: 2 ** 24 }
  });

  it('has a box for each part, the largest file first', () => {
    const files = [file('small.json', 10, 1), file('<large>.safetensors', 3 * 2 ** 24, 3)];
    const { svg, text } = partsPicture({ files });
    const picture = svg?.toString() ?? '';
    expect(picture.match(/: part \d of 3</g)).toHaveLength(3);
    expect(picture).toContain('&lt;large&gt;.safetensors: part 1 of 3');
    expect(text.indexOf('<large>')).toBeLessThan(text.indexOf('small.json'));
    expect(text).toContain('3 parts of 16.78 MB');
  });

  it('draws as one what nobody can tell apart, and nothing of no files', () => {
    const { svg } = partsPicture({ files: [file('huge', 2 ** 40, 9000)] });
    expect(svg?.toString().match(/<title>/g)).toHaveLength(1);
    expect(partsPicture({ files: [] }).svg?.toString()).toContain('Amazon S3');
  });
});

it('the picture of the rate ends at the last sample', () => {
  const sample = (ms: number, movedBytes: number) => ({
    ...{ ms, movedBytes, bytesPerSecond: 1, connections: 1 }
  });
  const { svg, text } = ratePicture([sample(100, 0), sample(1100, 500), sample(2100, 1000)]);
  expect(svg?.toString()).toContain('points="90,106 360,59 630,12"');
  expect(text).toBe('In S3 after 2.0 s: 1.00 kB');
});

describe('a copy', () => {
  it('is measured, and moves nothing when it is run again', async () => {
    const plan = await planCopyToS3({ prefix: 'measured' });
    const first = await measureCopy(plan);
    expect(first.movedBytes).toBe(plan.totalBytes);
    expect(first.memoryPeak).toBeGreaterThanOrEqual(first.memoryBefore);
    expect(first.samples.at(-1)?.movedBytes).toBe(plan.totalBytes);
    expect(first.mostConnections).toBeGreaterThan(0);
    const { text } = await shownBy(first);
    expect(text).toMatch(/Moved +4\d\.\d+ MB/);
    expect(text).toMatch(/Parts that were sent again +0/);

    // The same plan, which still says that all has to move.
    const again = await measureCopy(plan);
    expect(again).toMatchObject({ nothingMoved: true, movedBytes: 0 });
    expect((await shownBy(again)).text).toContain('nothing had to move');
  });

  it('stands beside others, and says where its figures say nothing', async () => {
    const still = await measureCopy(await planCopyToS3({ prefix: 'measured' }));
    const moved: MeasuredCopy = { ...still, nothingMoved: false, movedBytes: 5000 };
    const copies = [
      { title: 'One', copy: moved, diskBytes: 0 },
      { title: 'Two', copy: moved, diskBytes: 1000 }
    ];
    const { text } = compareCopies(copies);
    expect(text).toMatch(/Moved to S3 +5\.00 kB +5\.00 kB/);
    expect(text).toMatch(/Written to this disk +0 B +1\.00 kB/);
    expect(text).not.toContain('say nothing');
    const withStill = compareCopies([...copies, { title: 'Three', copy: still, diskBytes: 0 }]);
    expect(withStill.text).toContain('its figures say nothing');
  });

  it('can be read back, byte for byte', async () => {
    const plan = await planCopyToS3({ prefix: 'measured' });
    const { manifest } = await measureCopy(plan);
    const checked = await readBackFile(plan, manifest);
    const wanted = plan.files.find(({ path }) => path === checked.path)?.sha256;
    expect(checked).toMatchObject({
      path: 'model.safetensors',
      published: wanted,
      stated: wanted,
      readBack: wanted,
      matches: true
    });
    expect(checked.damaged).toMatch(/^[0-9a-f]{64}$/);
    expect(checked.damaged).not.toBe(wanted);
    expect((await shownBy(checked)).text).toContain('the same');

    const small = await readBackFile(plan, manifest, 'config.json');
    expect(small).toMatchObject({ matches: true });
    expect(small.published).toBeUndefined();
    await expect(readBackFile(plan, manifest, 'no.json')).rejects.toMatchObject({
      code: 'FILE_UNKNOWN',
      nextStep: expect.stringContaining('config.json')
    });
    await expect(readBackFile(plan, undefined)).rejects.toMatchObject({ code: 'FILE_UNKNOWN' });
  });

  it('that somebody has changed is found out', async () => {
    const plan = await planCopyToS3({ prefix: 'changed' });
    const { manifest } = await measureCopy(plan);
    const { s3 } = currentSession().context.aws;
    await s3.send(
      new PutObjectCommand({
        Bucket: plan.destination.bucket,
        Key: 'changed/config.json',
        Body: 'other'
      })
    );
    const checked = await readBackFile(plan, manifest, 'config.json');
    expect(checked).toMatchObject({
      readBack: createHash('sha256').update('other').digest('hex'),
      matches: false
    });
    expect((await shownBy(checked)).text).toContain('Copy the model again');
  });

  it('with a wrong bit is refused by S3, and leaves nothing', async () => {
    const { destination } = await planCopyToS3({ prefix: 'damaged' });
    const upload = await sendDamaged(destination);
    expect(upload).toMatchObject({ refused: true, code: 'BadDigest' });
    expect((await shownBy(upload)).text).toContain('refuses it');
    const { unexpected } = await planned('damaged');
    expect(unexpected).toBe(0);
    await expect(sendDamaged({ ...destination, bucket: 'no-such-bucket' })).rejects.toMatchObject({
      code: 'BUCKET_NOT_FOUND'
    });
  });
});

async function planned(prefix: string): Promise<{ unexpected: number }> {
  return { unexpected: (await planCopyToS3({ prefix })).conflicts.length };
}

describe('the other way', () => {
  it('goes through a cache of its own, which is deleted with nothing else', async () => {
    expect(dirname(tutorialCache())).toBe(root);
    await writeFile(join(root, 'mine.txt'), 'mine');
    expect((await shownBy(await planCacheDeletion())).text).toContain('nothing was downloaded');

    const plan = await planCopyToS3({ prefix: 'through-disk', cacheFolder: tutorialCache() });
    const disk = await diskForDownload(plan);
    expect(disk.sizeBytes).toBe(plan.totalBytes);
    expect((await shownBy(disk)).svg).toContain('<svg');
    const copy = await measureCopy(plan);
    expect(copy.movedBytes).toBe(plan.totalBytes);

    const there = await planCacheDeletion();
    expect(there.models).toEqual([LARGE]);
    expect(there.bytes).toBeGreaterThanOrEqual(plan.totalBytes);
    expect((await shownBy(there)).text).toContain('Would be deleted from this disk');
    expect(existsSync(tutorialCache())).toBe(true);

    const gone = await deleteTutorialCache(there);
    expect(gone.bytes).toBeGreaterThanOrEqual(plan.totalBytes);
    expect(existsSync(tutorialCache())).toBe(false);
    expect(existsSync(join(root, 'mine.txt'))).toBe(true);
    expect((await shownBy(await deleteTutorialCache(there))).text).toContain('was gone already');
  });

  it('is not for a plan that streams', async () => {
    const plan = await planCopyToS3({ prefix: 'streamed' });
    await expect(diskForDownload(plan)).rejects.toMatchObject({ code: 'NOT_THROUGH_DISK' });
  });

  it('deletes a link and not what it leads to', async () => {
    const other = join(root, 'other');
    await mkdir(join(other, 'models--org--name', 'blobs'), { recursive: true });
    await writeFile(join(other, 'models--org--name', 'blobs', 'kept'), 'kept');
    await symlink(other, tutorialCache());
    await deleteTutorialCache(await planCacheDeletion());
    expect(existsSync(join(other, 'models--org--name', 'blobs', 'kept'))).toBe(true);
    await expect(lstat(tutorialCache())).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
