import { BedrockImportError } from '../../errors';
import type { BedrockImportErrorOptions } from '../../errors';

export function sourceEmpty(bucket: string, prefix: string): BedrockImportError {
  return new BedrockImportError({
    code: 'S3_SOURCE_EMPTY',
    message: 'There are no objects under this prefix.',
    subject: `s3://${bucket}/${prefix}`,
    nextStep:
      'Check the prefix, upper and lower case too: it is the one that holds the model’s config.json.',
    kind: 'blocked'
  });
}

export function sourceTooFull(subject: string): BedrockImportErrorOptions {
  return {
    code: 'S3_SOURCE_TOO_FULL',
    message: 'There are far more objects under this prefix than one model has.',
    subject,
    nextStep: 'Give the prefix that holds the model’s config.json.',
    kind: 'blocked'
  };
}

/** The object is not the one that was listed any more. */
export function sourceChanged(subject: string, what: string, cause?: unknown): BedrockImportError {
  return new BedrockImportError({
    code: 'SOURCE_CHANGED',
    message: `The object has changed since it was looked at: it ${what}.`,
    subject,
    nextStep: 'Wait until nothing writes to the source any more, then run the command again.',
    cause
  });
}

/** S3 has computed another SHA-256 than the source's manifest or checksum states. */
export function sourceMismatch(subject: string, discarded: boolean): BedrockImportError {
  return new BedrockImportError({
    code: 'SOURCE_FILE_MISMATCH',
    message: 'The object’s SHA-256 is not the one that its manifest or its own checksum states.',
    subject,
    nextStep: `${
      discarded
        ? 'The copy was deleted.'
        : 'Delete the copy: there was no permission to do it here.'
    } Bring the model to the source anew.`
  });
}

export function sourceArchived(subject: string, cause?: unknown): BedrockImportError {
  return new BedrockImportError({
    code: 'SOURCE_ARCHIVED',
    message: 'The object is in an archive storage class and cannot be read now.',
    subject,
    nextStep: 'Restore it (aws s3api restore-object), wait until it can be read, and try again.',
    kind: 'blocked',
    cause
  });
}

export function objectTooLarge(
  subject: string,
  sizeBytes: number,
  maxBytes: number
): BedrockImportError {
  return new BedrockImportError({
    code: 'S3_FILE_TOO_LARGE',
    message: `The object has ${sizeBytes} bytes; a file of its kind is read up to ${maxBytes}.`,
    subject,
    nextStep: 'Look at the object: it is not what its name says.',
    kind: 'blocked'
  });
}
