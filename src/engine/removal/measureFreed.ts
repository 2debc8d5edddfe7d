import { deviceOf, readDiskUsage } from '../disk';

export interface Freed<T> {
  result: T;
  /** What the file systems of the work have more of than before, in bytes; others write meanwhile. */
  freedBytes: number;
  /** Of the file system that is shown. */
  availableBefore: number;
  availableAfter: number;
}

/**
 * Does some work and looks at the file systems that it frees, as statfs(2) shows them, before and after.
 *
 * @param touched Folders in which the work deletes; each file system counts once, and no other one does.
 * @param shown A folder whose file system's available bytes are told; by default the first of `touched`.
 * @throws BedrockImportError `DISK_UNREADABLE`, and what the work throws
 */
export async function measureFreed<T>(
  touched: readonly string[],
  work: () => Promise<T>,
  shown = touched[0]
): Promise<Freed<T>> {
  const folders = await oneOfEachVolume(touched);
  const available = async (folder: string | undefined): Promise<number> =>
    folder === undefined ? 0 : (await readDiskUsage(folder)).availableBytes;
  const sum = async (): Promise<number> =>
    (await Promise.all(folders.map(available))).reduce((total, bytes) => total + bytes, 0);
  const [availableBefore, before] = await Promise.all([available(shown), sum()]);
  const result = await work();
  const [availableAfter, after] = await Promise.all([available(shown), sum()]);
  return { result, freedBytes: Math.max(0, after - before), availableBefore, availableAfter };
}

async function oneOfEachVolume(folders: readonly string[]): Promise<string[]> {
  const byDevice = new Map<bigint | undefined, string>();
  for (const folder of folders) {
    const device = await deviceOf(folder);
    byDevice.set(device, byDevice.get(device) ?? folder);
  }
  return [...byDevice.values()];
}
