import { NotificationType, ProgressType, RequestType, RequestType0 } from 'vscode-jsonrpc';

import type { Failure } from './errors';
import type { Answer, AnswerNews, ImportedModelFact, Question } from './importedModels';
import type { ImportReview, ImportWish, RoleFact, StartWish } from './imports';
import type { CancelPlan, JobDetails, JobEvent, JobFact, RemovePlan } from './jobs';
import type { DiskSpace, Identity, Machine, MachineStorage } from './machine';
import type { FoundModelFact, ModelFacts } from './model';
import type {
  AbortedUploads,
  CacheDeletion,
  CacheListing,
  CacheMovePlan,
  DiskReport,
  FreedSpace,
  LargeFiles,
  RestoredItems,
  Steering,
  StorageNews,
  TrashChoice,
  TrashListing,
  UploadListing
} from './storage';

/** A request with parameters; every failure carries a `Failure`. */
function request<P, R>(method: string): RequestType<P, R, Failure> {
  return new RequestType<P, R, Failure>(method);
}

function question<R>(method: string): RequestType0<R, Failure> {
  return new RequestType0<R, Failure>(method);
}

/** Has to be the first request of every page. */
export const hello = request<
  { protocolVersion: number },
  { protocolVersion: number; engineVersion: string }
>('session/hello');

export const getMachine = question<Machine>('machine/get');
export const getIdentity = question<Identity>('machine/identity');
/** Of the JupyterLab root. */
export const getDisk = question<DiskSpace>('machine/disk');
/** Looks at every file of trash and hub cache, which takes seconds where they are many. */
export const getStorage = question<MachineStorage>('machine/storage');

/** Whether a model, or files of a size, would fit on the disk; one of the two. */
export const planDiskSpace = request<{ model?: string; sizeBytes?: number }, DiskReport>(
  'disk/plan'
);
/** Looks at every file under the JupyterLab root. */
export const listLargeFiles = request<{ limit: number }, LargeFiles>('disk/largeFiles');

export const listTrash = question<TrashListing>('trash/list');
export const restoreTrash = request<{ items: string[] }, RestoredItems>('trash/restore');
/** Deletes for good. News come as progress of `token`. */
export const deleteTrash = request<TrashChoice, FreedSpace>('trash/delete');

export const listCache = question<CacheListing>('cache/list');
/** What deleting repositories, revisions and leftovers would do, by their ids. */
export const planCacheDeletion = request<{ ids: string[] }, CacheDeletion>('cache/planDelete');
export const deleteCache = request<{ ids: string[]; token?: string }, FreedSpace>('cache/delete');
/** Where the hub cache would go; without `to`, under the JupyterLab root. */
export const planCacheMove = request<{ to?: string }, CacheMovePlan>('cache/planMove');
/** Answers when the job is kept. What is not as it was `shown` is not moved. */
export const startCacheMove = request<
  { to?: string; shown?: { from: string; to: string } },
  { jobId: string }
>('cache/startMove');

export const getSteering = question<Steering>('steering/get');
/** New kernels and terminals get the variables from now on. */
export const steer = question<Steering>('steering/steer');
export const unsteer = question<Steering>('steering/unsteer');

export const listUploads = request<{ bucket: string }, UploadListing>('uploads/list');
export const abortUploads = request<
  { bucket: string; uploads: { key: string; uploadId: string }[] },
  AbortedUploads
>('uploads/abort');

/** Models of the hub by words of their names, the most downloaded first. */
export const searchModels = request<{ query: string; limit?: number }, FoundModelFact[]>(
  'model/search'
);
export const inspectModel = request<{ model: string }, ModelFacts>('model/inspect');

/** Names of the account's buckets in the Region. */
export const listBuckets = question<string[]>('import/buckets');
export const createBucket = request<{ bucket: string }, null>('import/createBucket');
export const listRoles = question<RoleFact[]>('import/roles');
export const reviewImport = request<ImportWish, ImportReview>('import/review');
/** Answers when the job is kept; it runs on whether a page looks or not. */
export const startImport = request<StartWish, { jobId: string }>('import/start');

export const listJobs = question<JobFact[]>('jobs/list');
export const getJob = request<{ id: string }, JobDetails>('jobs/get');
/** Events come as `jobEvent` until the job rests, which ends the request, or it is cancelled. */
export const followJob = request<{ id: string; from?: number }, { lastSeq: number }>('jobs/follow');
export const pauseJob = request<{ id: string }, JobFact>('jobs/pause');
/** Goes on with a job here, in the background. */
export const resumeJob = request<{ id: string }, null>('jobs/resume');
/** Ids of jobs that were interrupted; with `start`, they go on. */
export const resumeUnfinished = request<{ start: boolean }, { found: string[]; started: string[] }>(
  'jobs/resumeUnfinished'
);
export const planCancel = request<{ id: string }, CancelPlan>('jobs/planCancel');
export const cancelJob = request<{ id: string }, JobFact>('jobs/cancel');
export const planRemove = request<{ id: string }, RemovePlan>('jobs/planRemove');
export const removeJob = request<{ id: string }, null>('jobs/remove');

export const listImportedModels = question<ImportedModelFact[]>('importedModels/list');
export const getImportedModel = request<{ model: string }, ImportedModelFact>('importedModels/get');
/** Deletes it from Bedrock; the files in S3 stay. */
export const deleteImportedModel = request<{ model: string }, null>('importedModels/delete');
/** Pieces of the answer come as progress of `token`. */
export const askImportedModel = request<Question & { token: string }, Answer>('importedModels/ask');

/** An event of a job that this page follows. */
export const jobEvent = new NotificationType<{ id: string; event: JobEvent }>('jobs/event');
/** Jobs have come, gone or changed; at most once a second. */
export const jobsChanged = new NotificationType<{ jobs: JobFact[] }>('jobs/changed');

export const answerNews = new ProgressType<AnswerNews>();
export const storageNews = new ProgressType<StorageNews>();
