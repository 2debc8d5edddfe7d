export * from './types';
export { formatS3Uri, normalisePrefix, parseS3Uri } from './s3Uri';
export { requireExecutable } from './planChecks';
export { planCopy } from './planCopy';
export type { PlanCopyOptions } from './planCopy';
export { copyModel, DEFAULT_CONNECTIONS, MAX_CONNECTIONS } from './copyModel';
export { MANIFEST_NAME, readManifest } from './manifest';
export type { Manifest } from './manifest';
export { layOutParts, partRange } from './partSize';
