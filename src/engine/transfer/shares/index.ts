export { parseShare } from './assignShares';
export type { Share } from './assignShares';
export { copyShare } from './copyShare';
export type { CopyShareOptions, ShareResult } from './copyShare';
