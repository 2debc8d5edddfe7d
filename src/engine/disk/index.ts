export { planDisk, requiredBytesFor } from './plan';
export { formatBytes, parseSize } from './sizes';
export type { DiskPlan, DiskPlanOptions, DiskUsage } from './types';
export { readDiskUsage } from './usage';
