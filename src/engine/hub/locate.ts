import { throwIfCancelled } from '../errors';
import { answerError, discard, HubConnectionError } from './answers';
import { redirectTarget } from './client';
import { toHubError } from './errors';
import { fileMismatch, fileOf } from './integrity';
import type { HubClient, HubFile, HubFileLocation, HubModel } from './types';
import { signedUrlExpiry } from './urlExpiry';
import { modelPage, resolveUrl } from './urls';

const MOST_HOPS = 5;
/** A location is not used any more when so little of its time is left. */
const EXPIRY_MARGIN_MS = 120_000;

/**
 * Where the bytes of a file are, asked once with a HEAD request: the hub answers for a large file
 * with the signed address of its storage. What the hub says about the file on the way must agree
 * with the listing.
 *
 * @throws BedrockImportError `HUB_FILE_MISMATCH`, `HUB_FILE_NOT_FOUND`, and what `openHubModel`
 * throws
 */
export async function locateHubFile(
  client: HubClient,
  model: HubModel,
  path: string,
  options: { signal?: AbortSignal } = {}
): Promise<HubFileLocation> {
  const file = fileOf(model, path);
  const { signal } = options;
  throwIfCancelled(signal, `${model.id}/${path}`);
  try {
    return await locate(client, model, file, signal);
  } catch (error) {
    throw toHubError(error, {
      subject: model.id,
      signal,
      page: modelPage(client.endpoint, model.id),
      revision: model.commitSha
    });
  }
}

async function locate(
  client: HubClient,
  model: HubModel,
  file: HubFile,
  signal: AbortSignal | undefined
): Promise<HubFileLocation> {
  let url = new URL(resolveUrl(model.endpoint, model.id, model.commitSha, file.path));
  const stated = new StatedFacts(model, file);
  for (let hop = 0; hop < MOST_HOPS; hop++) {
    const response = await client.fetch(url.href, {
      method: 'HEAD',
      redirect: 'manual',
      // Else Content-Length would be that of the encoded form.
      headers: { 'accept-encoding': 'identity' },
      signal
    });
    await discard(response);
    const target = redirectTarget(response, url);
    if (target === undefined && response.status !== 200) {
      throw answerError(response, {
        withToken: client.token !== undefined,
        token: client.token?.value
      });
    }
    stated.check(response, target === undefined);
    if (target === undefined) {
      return locationOf(client, url);
    }
    // A relative address is the hub's own business (a renamed model, its cache for small files);
    // an absolute one is where the bytes are.
    if (/^[a-z][a-z0-9+.-]*:/i.test(response.headers.get('location') ?? '')) {
      return locationOf(client, target);
    }
    url = target;
  }
  throw new HubConnectionError('The hub redirects again and again.', 'REDIRECT_LOOP');
}

/** Compares what answers state about a file with its listing; the first statement counts. */
class StatedFacts {
  constructor(
    private readonly model: HubModel,
    private readonly file: HubFile
  ) {}

  check(response: Response, last: boolean): void {
    const { headers } = response;
    const commit = headers.get('x-repo-commit');
    if (commit !== null && commit !== this.model.commitSha) {
      throw this.#mismatch('it comes from another commit');
    }
    const linkedSize = headers.get('x-linked-size');
    const size = linkedSize ?? (last ? plainLength(headers) : null);
    if (size !== null && size !== String(this.file.sizeBytes)) {
      throw this.#mismatch(`its size is ${Number(size)} bytes, ${this.file.sizeBytes} are listed`);
    }
    const linkedHash = hashOf(headers.get('x-linked-etag'));
    const hash = linkedHash ?? (last ? hashOf(headers.get('etag')) : undefined);
    const listed = hash?.length === 64 ? this.file.sha256 : this.file.gitOid;
    // The plain ETag of an LFS file is its storage's own; only the linked one is the hub's word.
    const counts = linkedHash !== undefined || this.file.sha256 === undefined;
    if (hash !== undefined && counts && listed !== undefined && hash !== listed) {
      throw this.#mismatch('its hash is not the listed one');
    }
  }

  #mismatch(what: string): Error {
    return fileMismatch(this.model, this.file.path, what);
  }
}

function plainLength(headers: Headers): string | null {
  return headers.has('content-encoding') ? null : headers.get('content-length');
}

/** A SHA-1 or SHA-256 in hexadecimal digits out of an ETag. */
function hashOf(etag: string | null): string | undefined {
  return /^(?:W\/)?"?([0-9a-f]{64}|[0-9a-f]{40})"?$/.exec(etag ?? '')?.[1];
}

function locationOf(client: HubClient, url: URL): HubFileLocation {
  const onHub = url.origin === new URL(client.endpoint).origin;
  return {
    url: url.href,
    headers:
      onHub && client.token !== undefined ? { authorization: `Bearer ${client.token.value}` } : {},
    expiresAt: signedUrlExpiry(url.href)
  };
}

/** Kept as promises, so that many parts that start at once ask once. */
const locations = new WeakMap<HubClient, Map<string, Promise<HubFileLocation>>>();

/**
 * The location of a file, asked for again only when it is about to expire: each request counts against
 * the hub's rate limits (Hugging Face Hub documentation, "Rate limits").
 */
export async function knownLocation(
  client: HubClient,
  model: HubModel,
  path: string,
  options: { signal?: AbortSignal }
): Promise<HubFileLocation> {
  const known = locations.get(client) ?? new Map<string, Promise<HubFileLocation>>();
  locations.set(client, known);
  const key = locationKey(model, path);
  for (let asked = known.get(key); asked !== undefined; asked = known.get(key)) {
    const found = await asked;
    const ends = found.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
    if (ends - EXPIRY_MARGIN_MS > Date.now()) {
      return found;
    }
    if (known.get(key) === asked) {
      known.delete(key);
    }
  }
  const asked = locateHubFile(client, model, path, options);
  known.set(key, asked);
  try {
    return await asked;
  } catch (error) {
    known.delete(key);
    throw error;
  }
}

/** The storage refused this location; a newer one of the same file is kept. */
export async function forgetLocation(
  client: HubClient,
  model: HubModel,
  path: string,
  location: HubFileLocation
): Promise<void> {
  const known = locations.get(client);
  const key = locationKey(model, path);
  const asked = known?.get(key);
  const current = await asked?.catch(() => location);
  if (current === location && known?.get(key) === asked) {
    known?.delete(key);
  }
}

function locationKey(model: HubModel, path: string): string {
  return [model.id, model.commitSha, path].join('\n');
}
