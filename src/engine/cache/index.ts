export { expandFolder, hubCacheFolder, hubHomeFolder, processCacheFolder } from './hubCacheFolder';
export { measureHubCache } from './measureHubCache';
export type { HubCacheSize } from './measureHubCache';
