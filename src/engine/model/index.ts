export { AWS_FACTS } from './awsFacts';
export { hubModelFiles } from './hubModelFiles';
export { inspectModel } from './inspectModel';
export { selectImportFiles } from './selectImportFiles';
export type {
  FileSelection,
  LeftOutFile,
  ModelFile,
  ModelFiles,
  ModelInspection,
  ModelListing
} from './types';
