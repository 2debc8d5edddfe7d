import type { DiskSpace } from '../../protocol';
import { shortageOf, shortageOfBytes, shortageOfInodes } from '.';

function disk(changes: Partial<DiskSpace>): DiskSpace {
  return {
    path: '/root',
    totalBytes: 100e9,
    usedBytes: 40e9,
    availableBytes: 60e9,
    reservedBytes: 0,
    unlimited: false,
    ...changes
  };
}

function inodes(available: number): Partial<DiskSpace> {
  return { inodes: { total: 1_000_000, used: 1_000_000 - available, available } };
}

describe('a shortage', () => {
  it.each([
    [2e9, 20e9, 'none'],
    [1.9e9, 20e9, 'short'],
    [4.9e9, 100e9, 'short'],
    [5e9, 100e9, 'none'],
    [0.5e9, 5e9, 'short'],
    [0.49e9, 5e9, 'critical'],
    [1e9, 100e9, 'short'],
    [0.9e9, 100e9, 'critical'],
    [0, 100e9, 'critical']
  ])('of bytes, with %d of %d available, is: %s', (availableBytes, totalBytes, shortage) => {
    const given = disk({ availableBytes, totalBytes });
    expect(shortageOfBytes(given)).toBe(shortage);
    expect(shortageOf(given)).toBe(shortage);
    expect(shortageOf({ ...given, unlimited: true })).toBe('none');
  });

  it.each([
    [15_000, 'none'],
    [9_999, 'short'],
    [999, 'critical'],
    [0, 'critical']
  ])('of inodes, with %d of a million available, is: %s', (available, shortage) => {
    expect(shortageOfInodes(disk(inodes(available)))).toBe(shortage);
    expect(shortageOf(disk(inodes(available)))).toBe(shortage);
  });

  it('of inodes is none where they are not counted', () => {
    expect(shortageOfInodes(disk({}))).toBe('none');
    expect(shortageOfInodes(disk({ inodes: { total: 0, used: 0, available: 0 } }))).toBe('none');
  });

  it('is the worse one of both', () => {
    expect(shortageOf(disk({ availableBytes: 4e9, ...inodes(999) }))).toBe('critical');
    expect(shortageOf(disk({ availableBytes: 0, ...inodes(9_000) }))).toBe('critical');
  });
});
