export { detectEnvironment } from './detect';
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
