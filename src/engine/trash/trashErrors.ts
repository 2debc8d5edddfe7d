import { codeOf } from '../disk';
import { BedrockImportError } from '../errors';

export function notListed(id: string): BedrockImportError {
  return new BedrockImportError({
    code: 'TRASH_ITEM_UNKNOWN',
    message: 'This is nothing that lies in the trash now.',
    subject: id,
    nextStep: 'List the trash again: it may have been restored or deleted meanwhile.',
    kind: 'usage'
  });
}

export function notTouched(path: string, problem: string): BedrockImportError {
  return new BedrockImportError({
    code: 'TRASH_UNSAFE',
    message: problem,
    subject: path,
    nextStep: 'Look at the folder in a terminal; nothing in it was changed.',
    kind: 'blocked'
  });
}

export function foreignTrash(path: string, userId: number | undefined): BedrockImportError {
  return new BedrockImportError({
    code: 'TRASH_FOREIGN',
    message: `This is the trash of another user (${userId ?? 'unknown'}).`,
    subject: path,
    nextStep: 'Choose it by itself if it is to be deleted from; in a terminal: --foreign.',
    kind: 'blocked'
  });
}

export function cannotRestore(id: string, why: string, nextStep: string): BedrockImportError {
  return new BedrockImportError({
    code: 'RESTORE_REFUSED',
    message: why,
    subject: id,
    nextStep,
    kind: 'blocked'
  });
}

export function alreadyThere(path: string): BedrockImportError {
  return new BedrockImportError({
    code: 'RESTORE_EXISTS',
    message: 'Something is there already, and nothing is overwritten.',
    subject: path,
    nextStep: 'Rename or move what is there, or restore to another folder (in a terminal: --to).',
    kind: 'blocked'
  });
}

export function restoreFailed(path: string, cause: unknown): BedrockImportError {
  const code = codeOf(cause) ?? 'unknown error';
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  return new BedrockImportError({
    code: 'RESTORE_FAILED',
    message: full ? 'The disk has no room for its name.' : `It cannot be put there (${code}).`,
    subject: path,
    nextStep: full
      ? 'Delete something first. The item is still in the trash.'
      : 'Restore it to another folder (in a terminal: --to). The item is still in the trash.',
    cause
  });
}
