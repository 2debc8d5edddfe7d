import { BedrockImportError } from '../errors';
import { CONTROL_CHARACTERS, withoutSecrets } from './secrets';
import type { ModelReference } from './types';
import { DEFAULT_ENDPOINT } from './urls';

const PUBLIC_HOSTS = ['huggingface.co', 'www.huggingface.co', 'hf.co'];

/** First parts of hub addresses that are not the name of an organisation. */
const OTHER_PAGES = new Set(
  (
    'datasets spaces buckets kernels collections papers blog docs api models posts tasks learn chat ' +
    'organizations settings login join new pricing enterprise search'
  ).split(' ')
);

/** Parts that come between a model's id and a revision. */
const REVISION_PAGES = new Set(['tree', 'blob', 'resolve', 'raw', 'commit', 'commits', 'blame']);

/**
 * Reads a model's name as people write and paste it: `org/name`, `name`, either with `@revision`, or
 * the address of the model, of a folder or of a file on the hub.
 *
 * @throws BedrockImportError `MODEL_ID_INVALID` (usage)
 */
export function parseModelReference(
  text: string,
  options: { endpoint?: string } = {}
): ModelReference {
  if (text === '' || text.length > 1024) {
    throw invalid(text, text === '' ? 'No model is named.' : 'The name of the model is too long.');
  }
  if (CONTROL_CHARACTERS.test(text) || /\s/u.test(text)) {
    throw invalid(text, 'The name of the model holds a space or a control character.');
  }
  const path = pathOnHub(text, options.endpoint ?? DEFAULT_ENDPOINT);
  return path === undefined ? parseId(text, text) : parsePath(path, text);
}

/** The path of an address on the hub, still percent-encoded; `undefined` for a plain id. */
function pathOnHub(text: string, endpoint: string): string | undefined {
  const base = URL.canParse(endpoint) ? new URL(endpoint) : new URL(DEFAULT_ENDPOINT);
  const hosts = [...PUBLIC_HOSTS, base.host];
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  if (!hasScheme && !hosts.some(host => text.toLowerCase().startsWith(`${host}/`))) {
    return undefined;
  }
  const address = hasScheme ? text : `https://${text}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || !hosts.includes(url.host)) {
    throw invalid(text, `The address is not one of the hub at ${base.host}.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw invalid(text, 'The address holds a user name or a password.');
  }
  // The URL parser has resolved '..' already; what the user wrote decides.
  if (/(^|\/|%2f)(\.|%2e){1,2}(\/|%2f|$)/i.test(text.replace(/[?#].*$/, ''))) {
    throw invalid(text, "The address holds '.' or '..'.");
  }
  const prefix = url.host === base.host ? base.pathname.replace(/\/+$/, '') : '';
  return url.pathname.startsWith(`${prefix}/`) ? url.pathname.slice(prefix.length) : url.pathname;
}

function parsePath(path: string, text: string): ModelReference {
  const parts = path.replace(/^\/+|\/+$/g, '').split('/');
  if (OTHER_PAGES.has(parts[0] ?? '')) {
    throw invalid(text, `The address is one of '${parts[0]}', not of a model.`);
  }
  const idLength = REVISION_PAGES.has(parts[1] ?? '') ? 1 : 2;
  const id = parts.slice(0, idLength).join('/');
  const [page, ...rest] = parts.slice(idLength);
  if (page === undefined || !REVISION_PAGES.has(page) || rest.length === 0) {
    return parseId(decode(id, text), text);
  }
  // Written without encoding, only the hub's own references are known to have three parts.
  const revisionLength = rest[0] === 'refs' && rest.length >= 3 ? 3 : 1;
  const revision = decode(rest.slice(0, revisionLength).join('/'), text);
  return parseId(`${id}@${revision}`, text);
}

function decode(part: string, text: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid(text, 'The address holds a broken percent sign.');
  }
}

function parseId(idAndRevision: string, text: string): ModelReference {
  const at = idAndRevision.indexOf('@');
  const id = (at < 0 ? idAndRevision : idAndRevision.slice(0, at)).replace(/\/$/, '');
  const revision = at < 0 ? undefined : idAndRevision.slice(at + 1);
  const parts = id.split('/');
  if (OTHER_PAGES.has(parts[0] ?? '') && parts.length > 1) {
    throw invalid(text, `'${parts[0]}/…' names one of the hub's ${parts[0]}, not a model.`);
  }
  // Such an id would be read as an address the next time.
  const isHost = parts.length > 1 && PUBLIC_HOSTS.includes((parts[0] ?? '').toLowerCase());
  if (parts.length > 2 || isHost || !isModelId(id)) {
    throw invalid(text, `'${show(text)}' is not the name of a model.`);
  }
  if (revision !== undefined && !isRevision(revision)) {
    throw invalid(text, `'${show(revision)}' is not the name of a branch, a tag or a commit.`);
  }
  return revision === undefined ? { id } : { id, revision };
}

/** Whether the hub would accept the text as the id of a repository. */
export function isModelId(id: string): boolean {
  const parts = id.split('/');
  return (
    parts.length <= 2 &&
    !id.includes('--') &&
    !id.includes('..') &&
    !id.endsWith('.git') &&
    parts.every(part => part.length <= 96 && /^\w(?:[\w.-]*\w)?$/.test(part))
  );
}

/** The rules of git-check-ref-format, as far as they can matter in an address. */
function isRevision(revision: string): boolean {
  return (
    revision.length <= 255 &&
    !CONTROL_CHARACTERS.test(revision) &&
    !/[\s~^:?*[\\@]|\.\.|\/\/|^[-/.]|[/.]$|\/\.|\p{Surrogate}/u.test(revision) &&
    revision !== ''
  );
}

function show(text: string): string {
  const shown = withoutSecrets(text);
  return shown.length > 80 ? `${shown.slice(0, 79)}…` : shown;
}

function invalid(text: string, message: string): BedrockImportError {
  return new BedrockImportError({
    code: 'MODEL_ID_INVALID',
    message,
    subject: show(text) || undefined,
    nextStep:
      "Give the model as the hub shows it, 'organisation/name', with '@revision' after it if you want one, or paste the address of its page.",
    kind: 'usage'
  });
}
