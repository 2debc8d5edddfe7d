export { askModel } from './askModel';
export { bedrockEngineerEntry } from './bedrockEngineer';
export type { BedrockEngineerForm, BedrockEngineerOptions } from './bedrockEngineer';
export { converse } from './converse';
export { converseByPrompt } from './converseByPrompt';
export type { ConverseByPromptOptions, PromptedAnswer } from './converseByPrompt';
export type {
  ConverseAnswer,
  ConverseOptions,
  ConverseTool,
  ConverseTurn,
  ToolCall,
  ToolResult
} from './converseTypes';
export { followImportJob } from './followImportJob';
export { deleteImportedModel, getImportedModel, listImportedModels } from './importedModels';
export { getImportJob, listImportJobs } from './importJobs';
export { importRequestToken } from './importRequest';
export {
  suggestImportNames,
  validateImportedModelName,
  validateJobName,
  type ImportNames
} from './names';
export { startImportJob } from './startImportJob';
export type {
  Answer,
  AskOptions,
  CallOptions,
  FollowImportJobOptions,
  ImportedModel,
  ImportJob,
  ImportJobStatus,
  ListImportedModelsOptions,
  ListImportJobsOptions,
  StartImportJobOptions,
  WaitEvent
} from './types';
