export { measureFreed } from './measureFreed';
export type { Freed } from './measureFreed';
export { measureRemoval } from './measureRemoval';
export { removeAll, Removals } from './removals';
export { finishRemovals, isMovedUp, removeTree } from './removeTree';
export type { RemovalOptions, RemovalProgress, RemovalResult } from './removeTree';
