export { AWS_FACTS } from './awsFacts';
export { inspectModel } from './inspectModel';
export { selectImportFiles } from './selectImportFiles';
export type { FileSelection, LeftOutFile, ModelInspection } from './types';
