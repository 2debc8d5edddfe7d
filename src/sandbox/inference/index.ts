export { loadModel } from './loadModel';
export { ModelFilesError, ModelInputError } from './types';
export type {
  ChatMessage,
  GeneratedPiece,
  GenerateInput,
  GenerateOptions,
  LoadedModel,
  ModelFiles
} from './types';
export { validateModelFiles } from './validate';
export type { ModelValidation } from './validate';
