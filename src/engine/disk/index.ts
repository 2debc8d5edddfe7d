export { toDiskError } from './diskErrors';
export type { DiskTask } from './diskErrors';
export { planDisk, requiredBytesFor } from './plan';
export { formatBytes, parseSize } from './sizes';
export { storageConcern, storageKind } from './storageKind';
export type { StorageKind } from './storageKind';
export type { DiskPlan, DiskPlanOptions, DiskUsage } from './types';
export { readDiskUsage } from './usage';
