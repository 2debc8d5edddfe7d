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

/** The bytes in S3 are not those that the hub publishes. */
export function mismatch(
  planned: PlannedFile,
  rounds: number,
  discarded: boolean
): BedrockImportError {
  return new BedrockImportError({
    code: 'HUB_FILE_MISMATCH',
    message: `The object in S3 does not have the SHA-256 that the hub publishes${rounds > 1 ? `, also after ${rounds} copies` : ''}.`,
    subject: planned.path,
    nextStep: `${
      discarded
        ? 'The wrong object was deleted from S3.'
        : `Delete the wrong object ${planned.key} from the bucket: there was no permission to do it here.`
    } If a proxy stands between here and the hub, go around it; else report the file to the hub.`
  });
}
