/** Whether a failed call says that the file or folder is not there. */
export function isMissing(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/**
 * Whether something that was listed has just been deleted. A name that is no UTF-8 comes with a sign in
 * its place, by which nothing is found either: that is there, and cannot be looked at.
 */
export function isPassing(error: unknown, path: string): boolean {
  return isMissing(error) && !path.includes('\uFFFD');
}

export function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error
    ? String(error.code)
    : undefined;
}
