import { withoutSecrets } from '../aws';
import { BedrockImportError } from '../errors';
import type { JobError } from './jobTypes';
import type { LeaseView } from './leaseFile';

export function notFound(id: string): BedrockImportError {
  return new BedrockImportError({
    code: 'JOB_NOT_FOUND',
    message: 'There is no such job.',
    subject: id.slice(0, 100),
    nextStep: '"bedrock-import jobs list" shows the jobs that there are.',
    kind: 'usage'
  });
}

export function runningElsewhere(id: string, lease: LeaseView): BedrockImportError {
  return new BedrockImportError({
    code: 'JOB_RUNNING_ELSEWHERE',
    message:
      lease.pid === undefined
        ? 'This job is being run already.'
        : `This job is being run already, by process ${lease.pid}.`,
    subject: id,
    nextStep: `"bedrock-import jobs follow ${id}" shows how it goes on; "bedrock-import jobs pause ${id}" stops it.`,
    kind: 'blocked'
  });
}

export function leaseLost(id: string): BedrockImportError {
  return new BedrockImportError({
    code: 'LEASE_LOST',
    message:
      'This process no longer holds the job: another one has taken it over, or its folder was deleted. The work here was stopped.',
    subject: id,
    nextStep: `"bedrock-import jobs show ${id}" tells how the job stands.`
  });
}

export function jobCancelled(id: string): BedrockImportError {
  return new BedrockImportError({
    code: 'JOB_CANCELLED',
    message: 'This job was cancelled.',
    subject: id,
    nextStep: 'Start it anew with the command that made it.',
    kind: 'blocked'
  });
}

/** The job came to a rest without its result because somebody wanted it so. */
export function endedByOthers(id: string, state: 'paused' | 'cancelled'): BedrockImportError {
  return state === 'paused'
    ? new BedrockImportError({
        code: 'JOB_PAUSED',
        message: 'The job was paused.',
        subject: id,
        nextStep: `Go on with "bedrock-import jobs resume ${id}"; what has arrived in S3 is kept.`,
        kind: 'cancelled'
      })
    : new BedrockImportError({
        code: 'JOB_CANCELLED',
        message: 'The job was cancelled.',
        subject: id,
        nextStep:
          'Start it again when you want it after all; whole files that are in S3 stay there.',
        kind: 'cancelled'
      });
}

/** What failed, as it is kept: without secrets, whoever wrote the text. */
export function asJobError(error: unknown): JobError {
  if (error instanceof BedrockImportError) {
    const { message, subject, nextStep, ...rest } = error.toJSON();
    return {
      ...rest,
      message: withoutSecrets(message),
      ...(subject === undefined ? {} : { subject: withoutSecrets(subject) }),
      nextStep: withoutSecrets(nextStep)
    };
  }
  return {
    code: 'UNEXPECTED',
    message: withoutSecrets(error instanceof Error ? error.message : String(error)),
    nextStep: 'Resume the job; if it fails again, report it as a fault of this product.',
    kind: 'failed'
  };
}
