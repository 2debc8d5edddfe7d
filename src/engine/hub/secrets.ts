/** Everything below U+0020, DEL and the C1 block: never part of a header, a path or a message. */
export const CONTROL_CHARACTERS = /\p{Cc}/u;

const URL_QUERY = /(https?:\/\/[^\s?#"'<>]*)[?#][^\s"'<>)\]]*/gi;
const URL_USER = /(https?:\/\/)[^\s/@"'<>]+@/gi;
const BEARER = /\b(Bearer|Basic)\s+[^\s"',;]+/gi;
const USER_TOKEN = /\bhf_[A-Za-z0-9_-]{4,}/g;

/**
 * Text from elsewhere (an exception, a server) in a form that may be shown: on one line, at most
 * 300 characters, without signed queries, user names in URLs, credentials and the given secrets.
 */
export function withoutSecrets(
  text: string,
  secrets: readonly (string | undefined)[] = []
): string {
  let shown = text;
  for (const secret of secrets) {
    if (secret) {
      shown = shown.split(secret).join('…');
    }
  }
  shown = shown
    .replace(/\p{Cc}+/gu, ' ')
    .replace(URL_QUERY, '$1')
    .replace(URL_USER, '$1')
    .replace(BEARER, '$1 …')
    .replace(USER_TOKEN, 'hf_…')
    .trim();
  return shown.length > 300 ? `${shown.slice(0, 299)}…` : shown;
}
