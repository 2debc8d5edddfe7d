export { dropUnfinished, MovingCache } from './moveCache';
export type { CacheMove } from './moveCache';
export { planCacheMove } from './planMove';
export type { FreedCache } from './freeOld';
export type { CacheMovePlan, MoveOptions, MoveProgress } from './types';
