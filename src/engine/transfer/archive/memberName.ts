/** A member's path, or why it has none that a file of a model can have. */
export type MemberName = { path: string } | { refused: string };

/** Longest path that is taken; keys in S3 end at 1,024 bytes with the prefix before them. */
const MAX_PATH_BYTES = 1024;

/**
 * The path of a member below the archive's root: without `./`, doubled slashes and a slash at the end.
 * What points outside the root is refused, as tar itself refuses it.
 */
export function normaliseMemberName(name: string | undefined): MemberName {
  if (name === undefined) {
    return { refused: 'its name in the archive is not UTF-8' };
  }
  if (name.startsWith('/') || /^[a-z]:[\\/]/i.test(name)) {
    return { refused: 'an absolute path in the archive' };
  }
  const segments = name.split('/').filter(segment => segment !== '' && segment !== '.');
  if (segments.includes('..')) {
    return { refused: 'a path in the archive that leads out of it' };
  }
  const path = segments.join('/');
  if (/\p{Cc}/u.test(path)) {
    return { refused: 'control characters in its name in the archive' };
  }
  if (Buffer.byteLength(path, 'utf8') > MAX_PATH_BYTES) {
    return { refused: `a path of more than ${MAX_PATH_BYTES} bytes in the archive` };
  }
  if (/^\._/.test(segments.at(-1) ?? '')) {
    return { refused: 'what macOS keeps beside a file; not a file of the model' };
  }
  return { path };
}
