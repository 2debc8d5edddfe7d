import type { DiskUsage } from './types';

export async function readDiskUsage(_path: string): Promise<DiskUsage> {
  throw new Error('Not written yet.');
}
