import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { canMount, mountBind, mountImage, mountOverlay, mountTmpfs } from '../testing/mounts';
import type { Mounted } from '../testing/mounts';
import { measureFolder, planDisk, planVolume, readAvailableBytes, readDiskUsage } from '.';
import { dfFigures, ownFigures } from './testing/df';

const MiB = 2 ** 20;
const GiB = 2 ** 30;

/** Where the machine does not allow a mount, the tests that need it are counted as skipped. */
const onTmpfs = canMount(() => mountTmpfs('size=1m')) ? it : it.skip;
const onExt4 = canMount(() => mountImage('ext4', 16 * MiB)) ? it : it.skip;
const onXfs = canMount(() => mountImage('xfs', 320 * MiB)) ? it : it.skip;
const onOverlay = canMount(overlayOnTmpfs) ? it : it.skip;

let open: Mounted[] = [];

afterEach(() => {
  open.reverse().forEach(mounted => mounted.unmount());
  open = [];
});

function opened(mounted: Mounted): string {
  open.push(mounted);
  return mounted.folder;
}

function overlayOnTmpfs(): Mounted {
  const below = mountTmpfs('size=4m');
  try {
    const overlay = mountOverlay(below.folder);
    return {
      ...overlay,
      unmount: () => {
        overlay.unmount();
        below.unmount();
      }
    };
  } catch (error) {
    below.unmount();
    throw error;
  }
}

/** Nothing but this test writes there, so it has to be exact. */
async function expectWhatDfSays(folder: string): Promise<void> {
  expect(await ownFigures(folder)).toEqual(dfFigures(folder));
  const { totalBytes, usedBytes, availableBytes, reservedBytes } = await readDiskUsage(folder);
  expect(usedBytes + availableBytes + reservedBytes).toBe(totalBytes);
  expect(await readAvailableBytes(folder)).toBe(availableBytes);
}

/** Takes blocks without writing them. */
function fill(file: string, bytes: number): void {
  execFileSync('fallocate', ['-l', String(bytes), file]);
}

/** Writes until the disk is full, as root, who may use the reserve. */
function fillUp(folder: string): void {
  const file = join(folder, 'rest');
  for (let piece = 64 * MiB; piece >= 512; piece /= 2) {
    for (;;) {
      try {
        writeFileSync(file, new Uint8Array(piece), { flag: 'a', flush: true });
      } catch {
        break;
      }
    }
  }
}

function useUpInodes(folder: string): void {
  try {
    for (let number = 0; number < 100_000; number++) {
      writeFileSync(join(folder, `file-${number}`), '');
    }
  } catch {
    return;
  }
  throw new Error('The inodes have no end.');
}

describe('ext4', () => {
  onExt4('with its reserve, full for users, full for root, and empty again', async () => {
    const folder = opened(mountImage('ext4', 256 * MiB));
    await expectWhatDfSays(folder);
    const empty = await readDiskUsage(folder);
    expect(empty.fileSystemType).toBe('ext4');
    expect(empty.reservedBytes / empty.totalBytes).toBeGreaterThan(0.04);
    expect(empty.reservedBytes / empty.totalBytes).toBeLessThan(0.1);

    fill(join(folder, 'large'), empty.availableBytes + MiB);
    await expectWhatDfSays(folder);
    const eaten = await readDiskUsage(folder);
    expect(eaten.availableBytes).toBe(0);
    expect(eaten.reservedBytes).toBeGreaterThan(0);
    expect(eaten.reservedBytes).toBeLessThan(empty.reservedBytes);

    fillUp(folder);
    await expectWhatDfSays(folder);
    const full = await readDiskUsage(folder);
    expect(full.availableBytes).toBe(0);
    // What the kernel keeps for delayed writes, not even root gets.
    expect(full.reservedBytes).toBeLessThan(eaten.reservedBytes);
    // Not a byte has to be written to plan on a full disk.
    expect(await planDisk({ sizeBytes: 0, path: folder })).toMatchObject({
      fits: false,
      missingBytes: 2_000_000_000
    });
    expect((await measureFolder(folder))?.bytes).toBeGreaterThan(empty.availableBytes);
  });

  onExt4('without an inode left', async () => {
    const folder = opened(mountImage('ext4', 64 * MiB, ['-N', '64']));
    await expectWhatDfSays(folder);
    useUpInodes(folder);
    await expectWhatDfSays(folder);
    expect((await readDiskUsage(folder)).inodes?.available).toBe(0);
    const plan = await planDisk({ sizeBytes: 0, path: folder });
    expect(plan).toMatchObject({ fits: false, missingBytes: expect.any(Number) });
  });

  onExt4('without a reserve', async () => {
    const folder = opened(mountImage('ext4', 64 * MiB, ['-m', '0']));
    await expectWhatDfSays(folder);
    // The kernel keeps a little for delayed writes all the same.
    const { reservedBytes, totalBytes } = await readDiskUsage(folder);
    expect(reservedBytes / totalBytes).toBeLessThan(0.03);
  });
});

describe('xfs', () => {
  onXfs('empty and full', async () => {
    const folder = opened(mountImage('xfs', 320 * MiB));
    await expectWhatDfSays(folder);
    expect((await readDiskUsage(folder)).fileSystemType).toBe('xfs');
    mkdirSync(join(folder, 'a', 'b'), { recursive: true });
    fillUp(folder);
    await expectWhatDfSays(folder);
    // The last blocks are kept for its own bookkeeping, and df does not count them as free either.
    expect((await readDiskUsage(folder)).availableBytes).toBeLessThan(MiB);
  });
});

describe('tmpfs', () => {
  onTmpfs('with limits for bytes and inodes, both reached', async () => {
    const folder = opened(mountTmpfs('size=1m,nr_inodes=10'));
    writeFileSync(join(folder, 'file'), new Uint8Array(10_000));
    await expectWhatDfSays(folder);
    expect(await readDiskUsage(folder)).toMatchObject({
      fileSystemType: 'tmpfs',
      totalBytes: MiB,
      usedBytes: 12_288,
      inodes: { total: 10, used: 2, available: 8 }
    });
    fillUp(folder);
    await expectWhatDfSays(folder);
    expect(await readDiskUsage(folder)).toMatchObject({ availableBytes: 0, usedBytes: MiB });
    useUpInodes(folder);
    await expectWhatDfSays(folder);
    expect(await readDiskUsage(folder)).toMatchObject({ inodes: { total: 10, available: 0 } });
  });

  onTmpfs('without a limit says nothing of its size', async () => {
    const folder = opened(mountTmpfs('size=0,nr_inodes=0'));
    await expectWhatDfSays0(folder);
    const usage = await readDiskUsage(folder);
    expect(usage).toMatchObject({ unlimited: true, inodes: undefined });
    expect((await planDisk({ sizeBytes: 1e12, path: folder })).fits).toBe(true);
  });

  onTmpfs('whose size changes while it is in use', async () => {
    const mounted = mountTmpfs('size=4m');
    const folder = opened(mounted);
    writeFileSync(join(folder, 'file'), new Uint8Array(MiB));
    mounted.remount('size=2m');
    await expectWhatDfSays(folder);
    expect(await readAvailableBytes(folder)).toBe(MiB);
  });
});

/** Without a size there is nothing that could be available. */
async function expectWhatDfSays0(folder: string): Promise<void> {
  expect(await ownFigures(folder)).toEqual(dfFigures(folder));
  expect(await readAvailableBytes(folder)).toBeUndefined();
}

describe('mounts upon mounts', () => {
  onTmpfs('a bind mount has the figures of the disk that it shows', async () => {
    const source = opened(mountTmpfs('size=2m'));
    mkdirSync(join(source, 'inner'));
    const folder = opened(mountBind(join(source, 'inner')));
    writeFileSync(join(folder, 'file'), new Uint8Array(5000));
    await expectWhatDfSays(folder);
    expect(await ownFigures(folder)).toEqual(await ownFigures(source));
  });

  onOverlay('an overlay has those of its upper layer', async () => {
    const folder = opened(overlayOnTmpfs());
    writeFileSync(join(folder, 'file'), new Uint8Array(MiB));
    await expectWhatDfSays(folder);
    expect(await readDiskUsage(folder)).toMatchObject({
      fileSystemType: 'overlay',
      totalBytes: 4 * MiB
    });
  });

  onTmpfs('a folder is measured on its own mount, not on that of its parent', async () => {
    const outer = opened(mountTmpfs('size=2m'));
    const inner = opened(mountTmpfs('size=3m'));
    symlinkSync(inner, join(outer, 'link'));
    expect((await readDiskUsage(join(outer, 'link', 'new', 'folder'))).totalBytes).toBe(3 * MiB);
    expect(readdirSync(outer)).toEqual(['link']);
  });
});

describe('a volume of the size that is asked for', () => {
  const host = { host: 'notebook-instance' } as const;

  onExt4.each([
    ['a small model', 1e9, ['-m', '5']],
    ['a model of 16 GB', 16e9, []],
    ['a model of 61 GB', 61e9, []],
    ['a model of 140 GB, with the reserve of Notebook Instances', 140e9, ['-m', '4.096']],
    ['a model of 700 GB', 700e9, []],
    ['a model of 61 GB, without a reserve', 61e9, ['-m', '0']]
  ])(
    'has the room for %s, and is hardly larger than needed',
    async (_name, sizeBytes, settings) => {
      const before = await readDiskUsage(opened(mountImage('ext4', 4 * GiB, settings)));
      const { neededGb } = planVolume(sizeBytes, before, host);
      const enough = opened(mountImage('ext4', neededGb * GiB, settings));
      expect((await planDisk({ sizeBytes, path: enough })).fits).toBe(true);
      const less = opened(mountImage('ext4', Math.floor(neededGb * 0.98 - 1) * GiB, settings));
      expect((await planDisk({ sizeBytes, path: less })).fits).toBe(false);
    }
  );
});
