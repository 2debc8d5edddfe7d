export type { FileSelection, LeftOutFile, ModelInspection } from './types';
export { selectImportFiles } from './selectImportFiles';
