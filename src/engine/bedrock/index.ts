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
