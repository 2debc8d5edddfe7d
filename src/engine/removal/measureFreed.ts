import { readDiskUsage } from '../disk';

export interface Freed<T> {
  result: T;
  /** What all the file systems have more of than before, in bytes; others write meanwhile. */
  freedBytes: number;
  /** Of the file system of the first folder. */
  availableBefore: number;
  availableAfter: number;
}

/**
 * Does some work and looks at the file systems of some folders before and after, as statfs(2) shows them.
 *
 * @param folders One for each file system; two of the same one would count twice.
 * @throws BedrockImportError `DISK_UNREADABLE`, and what the work throws
 */
export async function measureFreed<T>(
  folders: readonly string[],
  work: () => Promise<T>
): Promise<Freed<T>> {
  const look = (): Promise<number[]> =>
    Promise.all(folders.map(async folder => (await readDiskUsage(folder)).availableBytes));
  const before = await look();
  const result = await work();
  const after = await look();
  const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);
  return {
    result,
    freedBytes: Math.max(0, sum(after) - sum(before)),
    availableBefore: before[0] ?? 0,
    availableAfter: after[0] ?? 0
  };
}
