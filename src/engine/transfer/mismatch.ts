import { BedrockImportError } from '../errors';
import { describeHash } from './planSource';
import type { PlanSource } from './planSource';
import type { PlannedFile } from './types';

/** The bytes in S3 are not those of the source. */
export function mismatch(
  source: PlanSource,
  planned: PlannedFile,
  rounds: number,
  discarded: boolean
): BedrockImportError {
  return new BedrockImportError({
    code: mismatchCode(source),
    message: `The object in S3 does not have ${describeHash(source)}${rounds > 1 ? `, also after ${rounds} copies` : ''}.`,
    subject: planned.path,
    nextStep: `${
      discarded
        ? 'The wrong object was deleted from S3.'
        : `Delete the wrong object ${planned.key} from the bucket: there was no permission to do it here.`
    } ${
      source.kind === 'hub'
        ? 'If a proxy stands between here and the hub, go around it; else report the file to the hub.'
        : 'Make sure that nothing writes to the source, then run the command again.'
    }`
  });
}

/** S3 got other bytes than were sent, as it says of the SHA-256 that came with them. */
export function changedOnTheWay(source: PlanSource, path: string): BedrockImportError {
  return new BedrockImportError({
    code: mismatchCode(source),
    message: 'The bytes that arrive in S3 do not have the SHA-256 of those that were sent.',
    subject: path,
    nextStep: 'Nothing wrong was kept. If a proxy stands between here and S3, go around it.'
  });
}

function mismatchCode(source: PlanSource): string {
  return source.kind === 'hub' ? 'HUB_FILE_MISMATCH' : 'SOURCE_FILE_MISMATCH';
}
