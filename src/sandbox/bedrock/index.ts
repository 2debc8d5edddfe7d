export { createBedrock, IMPORT_REGIONS, type Bedrock } from './createBedrock';
export type { BedrockOptions, Inference, LoadedModel, ModelFiles, ModelStore } from './ports';
