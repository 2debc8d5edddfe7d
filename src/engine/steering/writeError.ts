import { codeOf } from '../disk';
import { BedrockImportError } from '../errors';

/** Why nothing can be written at a place that is to be steered to. */
export function writeError(error: unknown, path: string): BedrockImportError {
  if (error instanceof BedrockImportError) {
    return error;
  }
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new BedrockImportError({
      code: 'STEERING_NO_ROOM',
      message: `There is no room left at ${path}.`,
      subject: path,
      nextStep: 'Free some space first: "bedrock-import trash list" shows what is quickest.',
      kind: 'blocked',
      cause: error
    });
  }
  return new BedrockImportError({
    code: 'STEERING_UNWRITABLE',
    message: `${path} cannot be written${code === undefined ? '' : ` (${code})`}.`,
    subject: path,
    nextStep: 'Make the folder writable for this user, and try again.',
    kind: 'blocked',
    cause: error
  });
}
