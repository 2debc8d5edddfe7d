import type { DiskPlan, DiskPlanOptions } from './types';

export function requiredBytesFor(sizeBytes: number): number {
  return Math.ceil(sizeBytes * 1.05 + 2e9);
}

export async function planDisk(_options: DiskPlanOptions): Promise<DiskPlan> {
  throw new Error('Not written yet.');
}
