import { BedrockImportError } from '../errors';

/** The hub that is meant when `HF_ENDPOINT` is not set. */
export const DEFAULT_ENDPOINT = 'https://huggingface.co';

/**
 * The base URL of a hub without its trailing slash.
 *
 * @throws BedrockImportError `HUB_ENDPOINT_INVALID` when it is no http(s) URL, or holds a user name,
 * a query or a fragment.
 */
export function normalizeEndpoint(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.username !== '' ||
    url.password !== '' ||
    url.search !== '' ||
    url.hash !== ''
  ) {
    throw new BedrockImportError({
      code: 'HUB_ENDPOINT_INVALID',
      message: 'The hub address is not a plain http or https URL.',
      nextStep: `Set HF_ENDPOINT to a URL such as ${DEFAULT_ENDPOINT}, without a user name or a query, or unset it.`,
      kind: 'usage'
    });
  }
  return url.href.replace(/\/+$/, '');
}

/** Percent-encodes each part of a path, so that `#`, `?`, `%`, `+` and spaces reach the hub as they are. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

/** The address of one file at one revision. */
export function resolveUrl(endpoint: string, id: string, revision: string, path: string): string {
  return `${endpoint}/${encodePath(id)}/resolve/${encodeURIComponent(revision)}/${encodePath(path)}`;
}

/** The page where a person reads about a model and accepts its licence. */
export function modelPage(endpoint: string, id: string): string {
  return `${endpoint}/${encodePath(id)}`;
}

/** The address of what `fetch` was called with. */
export function addressOf(input: RequestInfo | URL): string {
  return input instanceof Request ? input.url : typeof input === 'string' ? input : input.href;
}
