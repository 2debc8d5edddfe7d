import { codeOf } from '../disk';
import { BedrockImportError } from '../errors';

export function outside(path: string, within: string, why: string): BedrockImportError {
  return new BedrockImportError({
    code: 'REMOVAL_OUTSIDE',
    message: `Nothing is deleted: ${why}.`,
    subject: path,
    nextStep: `Only what lies in ${within} itself is deleted here; look at it in a terminal.`,
    kind: 'blocked'
  });
}

export function otherVolume(path: string): BedrockImportError {
  return new BedrockImportError({
    code: 'REMOVAL_OTHER_VOLUME',
    message: 'Another volume is mounted here, which is left as it is.',
    subject: path,
    nextStep: 'Unmount it first if the folder is to be deleted.',
    kind: 'blocked'
  });
}

export function unnameable(path: string): BedrockImportError {
  return new BedrockImportError({
    code: 'REMOVAL_UNNAMEABLE',
    message:
      'The folder holds names that are not valid UTF-8, and volumes are mounted under such names on this machine.',
    subject: path,
    nextStep: 'Delete it in a terminal.',
    kind: 'blocked'
  });
}

export function toRemovalError(path: string, cause: unknown): BedrockImportError {
  switch (codeOf(cause)) {
    case 'EBUSY':
    case 'EXDEV':
      return otherVolume(path);
    case 'EACCES':
    case 'EPERM':
      return new BedrockImportError({
        code: 'REMOVAL_DENIED',
        message: 'This user may not delete it.',
        subject: path,
        nextStep: 'Delete it as its owner; on SageMaker, "sudo rm -r" in a terminal can.',
        cause
      });
    case 'EROFS':
      return new BedrockImportError({
        code: 'REMOVAL_READ_ONLY',
        message: 'The file system is mounted read-only.',
        subject: path,
        nextStep: 'Nothing can be freed there until it is mounted for writing.',
        cause
      });
    default:
      return new BedrockImportError({
        code: 'REMOVAL_FAILED',
        message: `It cannot be deleted (${codeOf(cause) ?? 'unknown error'}).`,
        subject: path,
        nextStep: 'Try again; if it stays, look at it in a terminal.',
        cause
      });
  }
}
