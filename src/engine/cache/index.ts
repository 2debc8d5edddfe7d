export { expandFolder, hubCacheFolder, hubHomeFolder, processCacheFolder } from './hubCacheFolder';
export { measureHubCache } from './measureHubCache';
export type { HubCacheSize } from './measureHubCache';
export { deleteFromHubCache } from './deleteFromCache';
export type { CacheDeletionResult } from './deleteFromCache';
export { isOfHubCache, planHubDeletion } from './planCacheDeletion';
export type { CacheDeletionPlan } from './planCacheDeletion';
export { scanHubCache } from './scanHubCache';
export type { CachedRepository, CachedRevision, HubCacheScan } from './scanHubCache';
