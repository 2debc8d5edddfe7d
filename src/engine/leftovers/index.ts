export { deleteLeftovers } from './deleteLeftovers';
export { findLeftovers } from './findLeftovers';
export type { FoundLeftover } from './findLeftovers';
export type { Leftover, LeftoverPlace } from './types';
export { cacheRests } from './cacheRests';
export type { CacheRest } from './cacheRests';
export { deleteStorage, planStorageDeletion } from './deletion';
export type { StorageDeletionPlan, StorageDeletionResult, StoragePlace } from './deletion';
