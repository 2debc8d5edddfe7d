export { measureCopy } from './measureCopy';
export type { MeasuredCopy, RateSample } from './measureCopy';
export { partsPicture } from './partsPicture';
export { readBackFile } from './readBackFile';
export type { FileReadBack } from './readBackFile';
export { sendDamaged } from './sendDamaged';
export type { DamagedUpload } from './sendDamaged';
export {
  compareCopies,
  deleteTutorialCache,
  diskForDownload,
  planCacheDeletion,
  tutorialCache
} from './throughDisk';
export type { TutorialCachePlan } from './throughDisk';
