export { openS3Source } from './openS3Source';
export { ServerCopyMover } from './serverCopyMover';
