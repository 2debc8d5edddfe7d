import { usageError } from '../exitCodes';

/**
 * Which uploads are meant: those that are named, or all that belong to no unfinished job.
 *
 * @throws BedrockImportError `UPLOAD_NOT_FOUND`, `UPLOAD_AMBIGUOUS` (usage)
 */
export function chooseUploads<U extends { uploadId: string; job?: unknown }>(
  uploads: readonly U[],
  ids: readonly string[]
): { chosen: U[]; leftAlone: U[] } {
  if (ids.length === 0) {
    return {
      chosen: uploads.filter(({ job }) => job === undefined),
      leftAlone: uploads.filter(({ job }) => job !== undefined)
    };
  }
  return { chosen: [...new Set(ids.map(id => chooseOne(uploads, id)))], leftAlone: [] };
}

function chooseOne<U extends { uploadId: string }>(uploads: readonly U[], text: string): U {
  const exact = uploads.filter(({ uploadId }) => uploadId === text);
  const found =
    exact.length > 0 || text === ''
      ? exact
      : uploads.filter(({ uploadId }) => uploadId.startsWith(text));
  const [upload] = found;
  if (upload === undefined) {
    throw usageError({
      code: 'UPLOAD_NOT_FOUND',
      message: 'There is no such unfinished upload among those that are listed.',
      subject: text,
      nextStep: 'List them with "bedrock-import uploads list"; it may have ended meanwhile.'
    });
  }
  if (found.length > 1) {
    throw usageError({
      code: 'UPLOAD_AMBIGUOUS',
      message: `${found.length} uploads begin like this.`,
      subject: text,
      nextStep: 'Give more of the id.'
    });
  }
  return upload;
}
