export { abortUnfinishedUploads } from './abortUnfinishedUploads';
export type { AbortedUnfinished, UploadName } from './abortUnfinishedUploads';
export { listUnfinishedUploads, MOST_UPLOADS } from './listUnfinishedUploads';
export type {
  ListUnfinishedOptions,
  MeasuredUpload,
  UnfinishedUploads
} from './listUnfinishedUploads';
