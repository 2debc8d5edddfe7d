import { codeOf } from '../disk';
import { BedrockImportError } from '../errors';
import { ChangedMeanwhile } from './content';

export function cacheInUse(path: string): BedrockImportError {
  return new BedrockImportError({
    code: 'CACHE_IN_USE',
    message: 'Something writes to the cache while it is moved, such as a download.',
    subject: path,
    nextStep: 'Wait until it has ended, or shut the kernel down; then resume the job.',
    kind: 'blocked'
  });
}

/** What stopped the move, in words that lead on; other errors as they are. */
export function toMoveError(error: unknown, to: string): unknown {
  if (error instanceof ChangedMeanwhile) {
    return cacheInUse(error.message);
  }
  if (error instanceof BedrockImportError || !(error instanceof Error)) {
    return error;
  }
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new BedrockImportError({
      code: 'CACHE_MOVE_NO_ROOM',
      message: 'There is no room left where the cache goes. The old one is whole.',
      subject: to,
      nextStep: 'Free some space there, then resume the job: it goes on with what is missing.',
      cause: error
    });
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || error.name === 'NotCapable') {
    return new BedrockImportError({
      code: 'CACHE_MOVE_DENIED',
      message: `Something of the cache may not be read or written: ${error.message}`,
      subject: to,
      nextStep: 'Make it readable and writable for this user, then resume the job.',
      cause: error
    });
  }
  return error;
}
