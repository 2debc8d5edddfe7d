import { systemClock, type AwsClients, type Clock } from '../aws';
import { BedrockImportError } from '../errors';
import { getImportedModel } from './importedModels';
import { nextStepForFailure } from './importFailures';
import { getImportJob } from './importJobs';
import { Patience } from './patience';
import type { FollowImportJobOptions, ImportJob } from './types';

const TIME_LIMIT_MS = 6 * 3_600_000;
const POLL_MS = 2_000;
const LONGEST_POLL_MS = 30_000;
const OUTAGE_MS = 300_000;
/** A job that was just created may be unknown to the next question. */
const UNKNOWN_JOB_MS = 60_000;

/**
 * Asks for the job's status until it ends. Throttling and network failures do not end the following
 * before `outageMs`. Bedrock tells no progress, only the status.
 *
 * @throws BedrockImportError IMPORT_FAILED with Bedrock's own message, IMPORT_TIME_LIMIT,
 *   IMPORT_JOB_NOT_FOUND and those of toAwsError
 */
export async function followImportJob(
  aws: AwsClients,
  jobIdentifier: string,
  options: FollowImportJobOptions = {}
): Promise<ImportJob> {
  const clock = options.clock ?? systemClock;
  const { signal, onWait } = options;
  const timeLimitMs = options.timeLimitMs ?? TIME_LIMIT_MS;
  const startedAt = clock.now();
  const outage = new Patience({
    clock,
    budgetMs: options.outageMs ?? OUTAGE_MS,
    firstMs: 5_000,
    longestMs: 30_000,
    onWait,
    signal
  });
  let known = false;
  for (let poll = 0; ; poll += 1) {
    const elapsedMs = clock.now() - startedAt;
    let job: ImportJob | undefined;
    try {
      job = await getImportJob(aws, jobIdentifier, { signal });
    } catch (error) {
      const waited = await bear(error, outage, known || elapsedMs > UNKNOWN_JOB_MS);
      if (!waited) {
        throw error;
      }
    }
    if (job !== undefined) {
      known = true;
      outage.reset();
      options.onStatus?.(job, elapsedMs);
      if (job.status === 'Completed') {
        return withModelArn(aws, job, signal);
      }
      if (job.status === 'Failed') {
        throw importFailed(job);
      }
    }
    if (clock.now() - startedAt >= timeLimitMs) {
      throw timeLimitReached(jobIdentifier, timeLimitMs);
    }
    if (job !== undefined) {
      const waitMs = pollDelayMs(clock, poll, options.pollMs ?? POLL_MS);
      const leftMs = timeLimitMs - (clock.now() - startedAt);
      await clock.sleep(Math.max(0, Math.min(waitMs, leftMs)), signal);
    }
  }
}

/** Waits out what may pass by itself; false for everything else. */
async function bear(error: unknown, outage: Patience, jobShouldBeKnown: boolean): Promise<boolean> {
  if (!(error instanceof BedrockImportError)) {
    return false;
  }
  const passing =
    error.code === 'THROTTLED' ||
    error.code === 'NETWORK' ||
    (error.code === 'AWS_ERROR' && isServerFailure(error.cause)) ||
    (error.code === 'IMPORT_JOB_NOT_FOUND' && !jobShouldBeKnown);
  return passing && (await outage.waitFor(`The job's status cannot be read now: ${error.message}`));
}

function isServerFailure(cause: unknown): boolean {
  if (typeof cause !== 'object' || cause === null || !('$metadata' in cause)) {
    // Without an answer of the service's protocol, it was a proxy's or half of one.
    return true;
  }
  const { $metadata: metadata } = cause;
  const status =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata
      ? metadata.httpStatusCode
      : undefined;
  return typeof status !== 'number' || status < 400 || status >= 500;
}

/** A job that is about to end is seen soon, a long one is asked rarely; jittered, so that many followers spread out. */
function pollDelayMs(clock: Clock, poll: number, pollMs: number): number {
  const whole = Math.min(Math.max(pollMs, LONGEST_POLL_MS), pollMs * 1.35 ** Math.min(poll, 50));
  return Math.round(whole * (0.9 + clock.random() * 0.2));
}

async function withModelArn(
  aws: AwsClients,
  job: ImportJob,
  signal: AbortSignal | undefined
): Promise<ImportJob> {
  if (job.importedModelArn !== undefined || job.importedModelName === undefined) {
    return job;
  }
  const model = await getImportedModel(aws, job.importedModelName, { signal });
  return { ...job, importedModelArn: model.modelArn };
}

function importFailed(job: ImportJob): BedrockImportError {
  const { failureMessage } = job;
  return new BedrockImportError({
    code: 'IMPORT_FAILED',
    message: `The import failed. Bedrock says: ${failureMessage ?? 'nothing about the reason'}`,
    subject: job.jobName,
    nextStep: nextStepForFailure(failureMessage ?? '')
  });
}

function timeLimitReached(jobIdentifier: string, timeLimitMs: number): BedrockImportError {
  const minutes = Math.round(timeLimitMs / 60_000);
  return new BedrockImportError({
    code: 'IMPORT_TIME_LIMIT',
    message: `The import job had not ended after ${minutes} min; it runs on in Bedrock.`,
    subject: jobIdentifier,
    nextStep: 'Run the same command again to go on following it, or look in the Bedrock console.'
  });
}
