import { BedrockImportError } from '../errors';
import { networkCause } from './sendRange';
import type { PlannedFile } from './types';

/** What no part of the copy foresaw; its own words may quote a signed URL. */
export function unexpected(planned: PlannedFile, error: unknown): BedrockImportError {
  return new BedrockImportError({
    code: 'COPY_FAILED',
    message: `The copy of this file failed in a way that was not foreseen: ${networkCause(error)}.`,
    subject: planned.path,
    nextStep:
      'Run the same command again: it goes on with what has arrived in S3. If it fails again, report it as a fault of jupyterlab-bedrock-import.'
  });
}
