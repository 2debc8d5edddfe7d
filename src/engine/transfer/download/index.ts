export { discardDownload, downloadModel } from './downloadModel';
export type { DownloadModelOptions, DownloadProgress, DownloadResult } from './downloadModel';
export { DownloadMover } from './downloadMover';
export { throughCache } from './downloadRequest';
export type { Downloadable, DownloadSelection } from './downloadRequest';
export { planDownload } from './planDownload';
export type { DownloadPlan, PlanDownloadOptions, PlannedDownload } from './planDownload';
