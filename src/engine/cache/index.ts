export { hubCacheFolder, processCacheFolder } from './hubCacheFolder';
export { measureHubCache } from './measureHubCache';
export type { HubCacheSize } from './measureHubCache';
