export { copyToS3, downloadThenCopy, planCopyToS3 } from './copyToS3';
export type {
  CopySettings,
  CopyToS3Options,
  CopyToS3Result,
  PlanCopyToS3Options
} from './copyToS3';
export { importModel } from './importModel';
export type { ImportModelOptions, ImportSettings } from './importModel';
export { notebookJobs } from './notebookJobs';
export type { NotebookJobs } from './notebookJobs';
export { reviewModel } from './reviewModel';
export type { ReviewModelOptions } from './reviewModel';
export { showJob } from './showJob';
