import { ResponseError } from 'vscode-jsonrpc';

import { ENGINE_FAILURE } from '../../protocol';
import type { Failure } from '../../protocol';
import { withoutSecrets } from '../aws';
import { BedrockImportError } from '../errors';

export function toResponseError(error: unknown): ResponseError<Failure> {
  const failure = toFailure(error);
  return new ResponseError(ENGINE_FAILURE, failure.message, failure);
}

/** Anything but a `BedrockImportError` is a fault of ours, and says so. */
export function toFailure(error: unknown): Failure {
  if (error instanceof BedrockImportError) {
    return error.toJSON();
  }
  const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    code: 'UNEXPECTED',
    message: `Something went wrong that should not: ${withoutSecrets(detail)}`,
    nextStep: 'Try again; if it stays so, report it as a fault of jupyterlab-bedrock-import.',
    kind: 'failed'
  };
}
