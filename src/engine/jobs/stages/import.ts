import { getImportJob, startImportJob, suggestImportNames } from '../../bedrock';
import type { ImportJob } from '../../bedrock';
import { BedrockImportError } from '../../errors';
import { chooseImportNames, jobNameBase } from '../importNames';
import type { ChosenNames } from '../importNames';
import type { JobImportTarget } from '../jobTypes';
import { requireNoBlocker } from './check';
import type { StageRun } from './stageRun';
import { DEFAULT_TIME_LIMIT_MS, NAMED_ROLE_RETRY_MS, showWait } from './waiting';

/**
 * Starts the import, or finds the one that an earlier run started: the job name follows from what is
 * imported and is in the journal before Bedrock is asked.
 */
export async function importStage(run: StageRun): Promise<string> {
  const target = run.stored.import;
  const { role } = run.results;
  if (target === undefined || role === undefined) {
    throw new Error('An import needs a role.');
  }
  const job =
    (await startedEarlier(run, run.earlierImport)) ??
    (await startOrFind(run, target, role.created));
  run.results.importJob = { jobArn: job.jobArn, jobName: job.jobName };
  run.emit({ type: 'import-job', jobArn: job.jobArn, status: job.status ?? 'InProgress' });
  return job.jobArn;
}

interface FoundJob {
  jobArn: string;
  jobName: string;
  status?: string;
}

/** The job of a run that ended between the request and its note in the journal. */
async function startedEarlier(
  run: StageRun,
  jobName: string | undefined
): Promise<ImportJob | undefined> {
  if (jobName === undefined) {
    return undefined;
  }
  try {
    return await getImportJob(run.context.aws, jobName, { signal: run.signal });
  } catch (error) {
    const unknown =
      error instanceof BedrockImportError &&
      ['IMPORT_JOB_NOT_FOUND', 'ACCESS_DENIED'].includes(error.code);
    if (unknown) {
      return undefined;
    }
    throw error;
  }
}

async function startOrFind(
  run: StageRun,
  target: JobImportTarget,
  freshRole: boolean
): Promise<FoundJob> {
  const { names, existing, checks } = await chooseNames(run, target);
  if (existing !== undefined) {
    return existing.job;
  }
  requireNoBlocker(checks, target.modelId);
  await run.live.record({
    type: 'stage',
    stage: 'import',
    state: 'start',
    detail: names.jobName,
    jobName: names.jobName
  });
  await run.requireOurs();
  const { jobArn } = await startImportJob(run.context.aws, {
    jobName: names.jobName,
    importedModelName: names.importedModelName,
    roleArn: run.results.role?.roleArn ?? '',
    s3Uri: target.s3Uri,
    waitForQuotaMs: run.stored.settings.importTimeLimitMs ?? DEFAULT_TIME_LIMIT_MS,
    ...(freshRole ? {} : { roleRetryMs: NAMED_ROLE_RETRY_MS }),
    onWait: wait => showWait(run, wait),
    signal: run.signal
  });
  return { jobArn, jobName: names.jobName };
}

/** Anew, because the copy may have taken hours and names are given once. */
function chooseNames(run: StageRun, target: JobImportTarget): Promise<ChosenNames> {
  return chooseImportNames(
    run.context.aws,
    {
      jobNameBase: jobNameBase(target.names.jobName),
      suggestedModelName: suggestImportNames(target.modelId, target.version).importedModelName,
      importedModelName: target.requestedName
    },
    run.signal
  );
}
