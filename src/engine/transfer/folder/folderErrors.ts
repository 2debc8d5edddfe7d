import { BedrockImportError } from '../../errors';

function codeOf(error: unknown): string | undefined {
  const { code } = (typeof error === 'object' && error !== null ? error : {}) as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

/** Deno refuses paths that the process was not started for with errors of its own names. */
function isRefusedByDeno(error: unknown): boolean {
  return error instanceof Error && ['NotCapable', 'PermissionDenied'].includes(error.name);
}

/** Whether a path leads nowhere, a link to nothing included. */
export function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(codeOf(error) ?? '');
}

/** The folder cannot be used as a model. */
export function folderError(path: string, error: unknown): BedrockImportError {
  const code = codeOf(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new BedrockImportError({
      code: 'FOLDER_NOT_FOUND',
      message: 'There is no such folder.',
      subject: path,
      nextStep: 'Check the path; one that does not start with / counts from the current folder.',
      kind: 'usage',
      cause: error
    });
  }
  return unreadable(path, error);
}

export function unreadable(path: string, error: unknown): BedrockImportError {
  const code = codeOf(error);
  const refused = code === 'EACCES' || code === 'EPERM';
  const outside = isRefusedByDeno(error);
  return new BedrockImportError({
    code: 'FOLDER_UNREADABLE',
    message:
      refused || outside
        ? 'There is no permission to read this.'
        : `This cannot be read (${code ?? 'unknown failure'}).`,
    subject: path,
    nextStep: outside
      ? 'The engine may only read the folders that it was started for: put the model under the root folder of JupyterLab.'
      : refused
        ? 'Give yourself the right to read it, for example with chmod -R u+rX, and try again.'
        : 'Check the disk or the network file system that it lies on, and try again.',
    kind: 'blocked',
    cause: error
  });
}

export function notAFolder(path: string): BedrockImportError {
  return new BedrockImportError({
    code: 'FOLDER_NOT_FOUND',
    message: 'This is not a folder.',
    subject: path,
    nextStep: /\.(tar\.gz|tgz|tar|zip)$/i.test(path)
      ? 'Unpack the archive and give the folder, or upload it and give s3://BUCKET/KEY.tar.gz.'
      : 'Give the folder that holds the model’s config.json.',
    kind: 'usage'
  });
}

export function emptyFolder(path: string): BedrockImportError {
  return new BedrockImportError({
    code: 'FOLDER_EMPTY',
    message: 'The folder holds no files that can be read as a model’s.',
    subject: path,
    nextStep: 'Give the folder that holds the model’s config.json.',
    kind: 'blocked'
  });
}

export function folderTooLarge(path: string, limit: number): BedrockImportError {
  return new BedrockImportError({
    code: 'FOLDER_TOO_LARGE',
    message: `The folder holds more than ${limit} files and folders, so it is not one model’s.`,
    subject: path,
    nextStep: 'Give the folder that holds the model’s config.json.',
    kind: 'blocked'
  });
}

/** The file is not the one that was listed: what was sent of it so far belongs to another version. */
export function fileChanged(path: string, what: string): BedrockImportError {
  return new BedrockImportError({
    code: 'FILE_CHANGED',
    message: `The file has changed since it was looked at: ${what}.`,
    subject: path,
    nextStep: 'Wait until nothing writes to the folder any more, then run the command again.'
  });
}

export function fileTooLarge(
  path: string,
  sizeBytes: number,
  maxBytes: number
): BedrockImportError {
  return new BedrockImportError({
    code: 'FOLDER_FILE_TOO_LARGE',
    message: `The file has ${sizeBytes} bytes; one of its kind is read up to ${maxBytes}.`,
    subject: path,
    nextStep: 'Look at the file: it is not what its name says.',
    kind: 'blocked'
  });
}
