export { FOREIGN_BUCKET, OTHER_REGION_BUCKET, READ_ONLY_BUCKET } from './access';
export { createS3, type S3Options } from './createS3';
export { ObjectStore, type ReadableObject } from './store/objectStore';
