import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { planDisk, readDiskUsage } from '.';
import { planFor } from './plan';
import efs from './recorded/efs.json';
import { df, dfFigures, ownFigures } from './testing/df';
import type { DiskUsage } from './types';
import { mountType, typeOfNumber, usageOf } from './usage';

/**
 * Some are not for this user, and asking for an automatic mount would make it. Those in the folder for
 * temporary files may be another test's, and gone in a moment.
 */
const mountPoints = df('-a', '--output=target,fstype')
  .filter(([target = '', type]) => {
    try {
      return (
        target.startsWith('/') &&
        !target.startsWith(`${tmpdir()}/`) &&
        type !== 'autofs' &&
        dfFigures(target).length === 6
      );
    } catch {
      return false;
    }
  })
  .map(([target = '']) => target);

/** Between two calls of df that agree the figures are exactly theirs; else other processes wrote. */
async function expectWhatDfSays(path: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const before = dfFigures(path);
    const ours = await ownFigures(path);
    const after = dfFigures(path);
    const between = ours.every((value, index) => {
      const ends = [before[index] ?? Number.NaN, after[index] ?? Number.NaN];
      return value >= Math.min(...ends) && value <= Math.max(...ends);
    });
    if (between) {
      return;
    }
    if (attempt === 100) {
      expect({ ours }).toEqual({ ours: after });
    }
  }
}

describe('readDiskUsage', () => {
  it.each([...new Set(mountPoints)])('says for %s exactly what df says', async mount => {
    await expectWhatDfSays(mount);
    const usage = await readDiskUsage(mount);
    expect(usage.path).toBe(mount);
    expect(usage.fileSystemType).toBe(df('--output=fstype', mount)[0]?.[0]);
    expect(usage.usedBytes + usage.availableBytes + usage.reservedBytes).toBe(usage.totalBytes);
  });
});

describe('readDiskUsage on paths', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'disk-spec-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('measures the nearest parent of a path that does not exist', async () => {
    expect((await readDiskUsage(join(folder, 'a', 'b', 'c'))).path).toBe(folder);
  });

  it('measures beside a file that stands where a folder is meant', async () => {
    writeFileSync(join(folder, 'file'), '');
    expect((await readDiskUsage(join(folder, 'file', 'b'))).path).toBe(join(folder, 'file'));
  });

  it('follows a link to where the bytes would go', async () => {
    symlinkSync('/proc', join(folder, 'link'));
    expect((await readDiskUsage(join(folder, 'link'))).fileSystemType).toBe('proc');
  });

  it('refuses a circle of links', async () => {
    symlinkSync('circle', join(folder, 'circle'));
    await expect(readDiskUsage(join(folder, 'circle'))).rejects.toMatchObject({
      code: 'DISK_UNREADABLE'
    });
  });
});

describe('usageOf', () => {
  const numbers = { bsize: 4096n, blocks: 1000n, bfree: 300n, bavail: 250n, files: 10n, ffree: 4n };

  it("takes df's meaning of the words", () => {
    expect(usageOf('/x', numbers)).toEqual({
      path: '/x',
      totalBytes: 4_096_000,
      usedBytes: 2_867_200,
      availableBytes: 1_024_000,
      reservedBytes: 204_800,
      unlimited: false,
      inodes: { total: 10, used: 6, available: 4 }
    });
  });

  it('agrees with the df of a 256 GB volume in the documentation of AWS', () => {
    // 264055236 / 76594068 / 176644712 blocks of 1 KiB.
    const usage = usageOf('/x', {
      bsize: 1024n,
      blocks: 264_055_236n,
      bfree: 264_055_236n - 76_594_068n,
      bavail: 176_644_712n,
      files: 0n,
      ffree: 0n
    });
    expect(usage.usedBytes).toBe(76_594_068 * 1024);
    expect(usage.reservedBytes / usage.totalBytes).toBeCloseTo(0.041, 3);
    expect(usage.inodes).toBeUndefined();
  });

  it('counts in fragments where the system tells how large they are', () => {
    // As a file system in user space says it that wants to be read in pieces of 1 MiB.
    const usage = usageOf('/x', { ...numbers, bsize: 2n ** 20n, frsize: 4096n });
    expect(usage).toMatchObject({ totalBytes: 4_096_000, availableBytes: 1_024_000 });
    expect(usageOf('/x', { ...numbers, frsize: 0n }).totalBytes).toBe(4_096_000);
  });

  it('takes a file system that counts no blocks for one without a limit', () => {
    const none = { bsize: 4096n, blocks: 0n, bfree: 0n, bavail: 0n, files: 0n, ffree: 0n };
    expect(usageOf('/x', none)).toMatchObject({ unlimited: true, totalBytes: 0 });
    expect(planFor(1e12, usageOf('/x', none))).toMatchObject({ fits: true, missingBytes: 0 });
  });

  it('has no negative room when the reserve is used up', () => {
    const { availableBytes, reservedBytes } = usageOf('/x', { ...numbers, bavail: 2n ** 64n - 5n });
    expect([availableBytes, reservedBytes]).toEqual([0, 300 * 4096]);
  });

  it('takes the 8 EiB of EFS for no limit', () => {
    const recorded = {
      bsize: BigInt(efs.bsize),
      blocks: BigInt(efs.blocks),
      bfree: BigInt(efs.bfree),
      bavail: BigInt(efs.bavail),
      files: BigInt(efs.files),
      ffree: BigInt(efs.ffree)
    };
    const usage = usageOf('/home/sagemaker-user', recorded);
    expect(usage).toMatchObject({ unlimited: true, inodes: undefined });
    const plan = planFor(1e15, usage);
    expect(plan).toMatchObject({ fits: true, missingBytes: 0, route: 'download-possible' });
    expect(plan.explanation).toContain('tells no limit');
  });
});

it('finds the mount that lies on top', () => {
  const mounts =
    '/dev/a / ext4 rw 0 0\nx /data xfs rw 0 0\ny /data nfs4 rw 0 0\nz /da\\040ta tmpfs rw 0 0\n';
  expect(mountType(mounts, '/data/x')).toBe('nfs4');
  expect(mountType(mounts, '/database')).toBe('ext4');
  expect(mountType(mounts, '/da ta')).toBe('tmpfs');
  expect(mountType('', '/')).toBeUndefined();
});

it("knows the kernel's numbers of the usual types", async () => {
  expect(typeOfNumber((await statfs('/proc', { bigint: true })).type)).toBe('proc');
  expect(typeOfNumber(1n)).toBeUndefined();
});

describe('planDisk', () => {
  const usage: DiskUsage = {
    path: '/home/ec2-user/SageMaker',
    totalBytes: 100e9,
    usedBytes: 40e9,
    availableBytes: 55e9,
    reservedBytes: 5e9,
    unlimited: false
  };
  // 50.47… GB is the largest size with size × 1.05 + 2 GB ≤ 55 GB.
  const largest = Math.floor((55e9 - 2e9) / 1.05);

  it('fits to the byte', () => {
    expect(planFor(largest, usage)).toMatchObject({ fits: true, missingBytes: 0, nextSteps: [] });
    const plan = planFor(largest + 1, usage);
    expect(plan).toMatchObject({ fits: false, route: 'stream', missingBytes: 1 });
  });

  it('says what is needed, what is there and what is missing', () => {
    const plan = planFor(61e9, usage, 'notebook-instance');
    expect(plan.requiredBytes).toBe(66_050_000_000);
    expect(plan.missingBytes).toBe(11_050_000_000);
    expect(plan.explanation).toBe(
      '61.00 GB with 5 % and 2 GB to spare need 66.05 GB; /home/ec2-user/SageMaker has 55.00 GB available: 11.05 GB are missing.'
    );
  });

  it.each([
    ['notebook-instance', 61e9, /stop the instance, choose Edit.*107 GB or more \(5 to 16384\)/],
    ['notebook-instance', 20e12, /at most 16384 GB/],
    ['studio-space', 61e9, /stop the space.*107 GB.*6 hours/],
    ['unified-studio', 61e9, /~\/shared/],
    ['plain-jupyter', 61e9, /--path/]
  ] as const)('tells the way of a %s', (host, size, step) => {
    const { nextSteps } = planFor(size, usage, host);
    expect(nextSteps[0]).toContain('streams from the hub to S3');
    expect(nextSteps[1]).toContain('empty the trash');
    expect(nextSteps[2]).toMatch(step);
  });

  it('refuses a disk without inodes, whatever its room', () => {
    const full = { ...usage, inodes: { total: 10, used: 10, available: 0 } };
    const plan = planFor(1e9, full);
    expect(plan).toMatchObject({ fits: false, missingBytes: 0, route: 'stream' });
    expect(plan.explanation).toContain('no inode left');
  });

  it('measures the disk of the path', async () => {
    const plan = await planDisk({ sizeBytes: 0, path: process.cwd() });
    expect(plan.requiredBytes).toBe(2e9);
    expect(plan.usage.path).toBe(process.cwd());
    expect(plan.availableBytes).toBe(plan.usage.availableBytes);
  });

  it.each([-1, 0.5, Number.NaN, 1e300])('refuses the size %d', async sizeBytes => {
    await expect(planDisk({ sizeBytes, path: '/' })).rejects.toMatchObject({
      code: 'SIZE_INVALID',
      kind: 'usage'
    });
  });
});
