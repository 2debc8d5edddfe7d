import { BedrockImportError } from '../../errors';

/** Only what is needed to name the archive. */
export interface ArchivePlace {
  bucket: string;
  key: string;
}

/** `s3://bucket/key` */
export function formatArchive(archive: ArchivePlace): string {
  return `s3://${archive.bucket}/${archive.key}`;
}

/** What is wrong with an archive's bytes, found by a part that does not know the archive. */
export class ArchiveFault extends Error {
  override readonly name = 'ArchiveFault';

  constructor(
    readonly code:
      'ARCHIVE_DAMAGED' | 'ARCHIVE_UNKNOWN_FORMAT' | 'ARCHIVE_TOO_LARGE' | 'ARCHIVE_EMPTY',
    /** A sentence. */
    message: string
  ) {
    super(message);
  }
}

const NEXT_STEPS: Readonly<Record<ArchiveFault['code'], string>> = {
  ARCHIVE_DAMAGED:
    'Make the archive anew and upload it again. If it is whole elsewhere, run the command again: the bytes may have been damaged on the way.',
  ARCHIVE_UNKNOWN_FORMAT:
    'Give a tar archive, plain or compressed with gzip, such as the model.tar.gz of a SageMaker training job.',
  ARCHIVE_TOO_LARGE: 'Make an archive of the model’s files only.',
  ARCHIVE_EMPTY: 'Check that this is the archive that holds the model.'
};

/** The fault in words for the user. */
export function archiveError(archive: ArchivePlace, fault: ArchiveFault): BedrockImportError {
  return new BedrockImportError({
    code: fault.code,
    message: fault.message,
    subject: formatArchive(archive),
    nextStep: NEXT_STEPS[fault.code],
    kind: fault.code === 'ARCHIVE_DAMAGED' ? 'failed' : 'blocked',
    cause: fault
  });
}

/** The archive is no longer the object that was looked at. */
export function sourceChanged(archive: ArchivePlace, what: string): BedrockImportError {
  return new BedrockImportError({
    code: 'SOURCE_CHANGED',
    message: `The archive has changed since it was looked at: ${what}.`,
    subject: formatArchive(archive),
    nextStep: 'Run the command again: it looks at the archive anew and plans anew.'
  });
}
