import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BedrockImportError } from '../errors';
import { readDiskUsage, storageConcern, storageKind, toDiskError } from '.';
import { planFor } from './plan';
import type { DiskUsage } from './types';

const usage: DiskUsage = {
  path: '/data',
  totalBytes: 1e12,
  usedBytes: 1e11,
  availableBytes: 9e11,
  reservedBytes: 0,
  unlimited: false
};

function fault(code: string): Error {
  return Object.assign(new Error(`${code}: something, write '/data/file'`), { code });
}

describe('what a folder lies on', () => {
  it.each([
    ['ext4', 'disk'],
    ['xfs', 'disk'],
    ['overlay', 'disk'],
    ['nfs4', 'network'],
    ['lustre', 'network'],
    ['tmpfs', 'memory'],
    ['fuse.mountpoint-s3', 'object-store'],
    ['fuse.s3fs', 'object-store'],
    ['fuse', 'unknown'],
    ['fuse.sshfs', 'unknown'],
    [undefined, 'unknown']
  ])('%s is %s', (fileSystemType, kind) => {
    expect(storageKind({ fileSystemType })).toBe(kind);
  });

  it('is warned of where files would be lost or cannot be written piece by piece', () => {
    const concern = (fileSystemType?: string): string | undefined =>
      storageConcern({ ...usage, fileSystemType });
    expect(concern('tmpfs')).toMatch(/\/data lies in memory.*lost when the machine stops/);
    expect(concern('fuse.mountpoint-s3')).toMatch(/bucket that looks like a folder/);
    expect(concern('fuse')).toMatch(/may be a bucket/);
    expect([concern('ext4'), concern('nfs4'), concern()]).toEqual([
      undefined,
      undefined,
      undefined
    ]);
  });
});

describe('errors of a disk', () => {
  const task = { folder: '/', subject: 'model.safetensors', neededBytes: 5e9 };

  it.each([
    ['ENOSPC', 'DISK_FULL', /^The disk is full at \/, .* are free; 5\.00 GB are still to come\.$/],
    ['EDQUOT', 'DISK_FULL', /^Your quota is used up at \//],
    ['EFBIG', 'DISK_FULL', /ulimit -f/],
    ['EACCES', 'DISK_DENIED', /cannot be written to/],
    ['EROFS', 'DISK_DENIED', /cannot be written to/],
    ['EIO', 'DISK_FAILED', /failed \(EIO\)/]
  ])('%s is %s in plain words', async (code, expected, message) => {
    const error = await toDiskError(fault(code), task);
    expect(error).toBeInstanceOf(BedrockImportError);
    expect(error).toMatchObject({ code: expected, subject: 'model.safetensors', kind: 'failed' });
    expect((error as BedrockImportError).message).toMatch(message);
  });

  it('leaves all others as they are', async () => {
    const other = new TypeError('no error of a disk');
    expect(await toDiskError(other, task)).toBe(other);
    const typed = new BedrockImportError({ code: 'X', message: 'x', nextStep: 'y' });
    expect(await toDiskError(typed, task)).toBe(typed);
  });
});

describe('a plan for many files', () => {
  it('needs as many inodes as entries will be made', () => {
    const few = { ...usage, inodes: { total: 100, used: 80, available: 20 } };
    expect(planFor(1e9, few, undefined, 20).fits).toBe(true);
    const plan = planFor(1e9, few, undefined, 21);
    expect(plan).toMatchObject({ fits: false, route: 'stream', missingBytes: 0 });
    expect(plan.explanation).toContain('20 inodes left where 21 files');
  });
});

describe('the disk of a link to what does not exist yet', () => {
  it('is the one that it leads to', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'storage-spec-'));
    try {
      mkdirSync(join(folder, 'other', 'disk'), { recursive: true });
      symlinkSync('other/disk/new', join(folder, 'link'));
      expect((await readDiskUsage(join(folder, 'link', 'blobs'))).path).toBe(
        join(folder, 'other', 'disk')
      );
      symlinkSync('/proc/none/new', join(folder, 'far'));
      expect((await readDiskUsage(join(folder, 'far', 'blobs'))).fileSystemType).toBe('proc');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
