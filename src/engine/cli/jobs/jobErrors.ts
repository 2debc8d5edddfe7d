import { BedrockImportError } from '../../errors';
import type { Job, JobError } from '../../jobs';
import { shellLine } from '../../shellLine';

/** A job's error as it was thrown where it ran. */
export function errorOfJob(error: JobError): BedrockImportError {
  return new BedrockImportError(error);
}

/** After Ctrl-C, in words that lead on. `withWayOn` in cli.ts adds the command that was typed. */
export function stoppedError(id: string, runningImport: string | undefined): BedrockImportError {
  const how = `Go on with "bedrock-import jobs resume ${id}", or run the same command again`;
  return new BedrockImportError({
    code: 'CANCELLED',
    message:
      runningImport === undefined
        ? 'Stopped before the end.'
        : 'Stopped following the import; the import itself goes on in Bedrock.',
    subject: runningImport === undefined ? id : `${id} (${runningImport})`,
    nextStep:
      runningImport === undefined
        ? `${how}; what has arrived in S3 is kept.`
        : `${how} to follow it to the end.`,
    kind: 'cancelled'
  });
}

/** Ctrl-C while another process runs the job. */
export function stoppedFollowing(id: string): BedrockImportError {
  return new BedrockImportError({
    code: 'CANCELLED',
    message: 'Stopped following; the job goes on in the process that runs it.',
    subject: id,
    nextStep: `"bedrock-import jobs pause ${id}" stops the job itself; to follow it again, run the same command.`,
    kind: 'cancelled'
  });
}

/** The process that ran it is gone, or nobody has begun. */
export function interruptedError(id: string): BedrockImportError {
  return new BedrockImportError({
    code: 'JOB_INTERRUPTED',
    message: 'Nobody runs this job, and it has not come to its end.',
    subject: id,
    nextStep: `Go on with "bedrock-import jobs resume ${id}"; what has arrived in S3 is kept.`
  });
}

/** What a move meets where it was started by a subcommand that may not write there. */
const DENIED: ReadonlySet<string> = new Set(['CACHE_MOVE_DENIED', 'STEERING_UNWRITABLE']);

/** What the engine may write is settled when it starts, so a job's own cache folder is named again. */
export function withCacheFolder(error: unknown, job: Job): unknown {
  const { id } = job;
  if (job.kind === 'move' && error instanceof BedrockImportError && DENIED.has(error.code)) {
    const again = shellLine(['bedrock-import', 'cache', 'move', '--to', job.move.to]);
    return new BedrockImportError({
      ...error.toJSON(),
      nextStep: `Go on with: ${again}. ${error.nextStep}`,
      cause: error
    });
  }
  const source = job.kind === 'move' ? undefined : job.plan.source;
  const cacheFolder = source?.kind === 'hub' ? source.cacheFolder : undefined;
  if (
    !(error instanceof BedrockImportError) ||
    error.code !== 'DISK_DENIED' ||
    cacheFolder === undefined
  ) {
    return error;
  }
  const again = shellLine(['bedrock-import', 'jobs', 'resume', id, '--cache-dir', cacheFolder]);
  return new BedrockImportError({
    ...error.toJSON(),
    nextStep: `If the folder is the right one, name it again: ${again}. ${error.nextStep}`,
    cause: error
  });
}
