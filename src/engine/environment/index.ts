export { detectEnvironment, renewCacheWarnings } from './detect';
export { PUBLIC_HUB } from './endpoints';
export { processHostSource } from './hostSource';
export { getCallerIdentity } from './identity';
export type {
  CallerIdentity,
  Endpoints,
  Environment,
  HostKind,
  HostSource,
  Proxies,
  RegionFinding
} from './types';
