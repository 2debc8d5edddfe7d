import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

import type { SandboxState } from '../state';
import type { Repository, RepositoryFile } from './repository';

export const CDN_PREFIX = '/cdn/';

/** As long as the hub's own. */
const LIFETIME_SECONDS = 3600;

export interface SignedUrls {
  /** A URL of the same listener, under its other name, that needs no token until it expires. */
  sign(hubUrl: URL, repository: Repository, file: RepositoryFile): string;
  /** The file of a URL that was signed here and has not expired. */
  open(url: URL): RepositoryFile | undefined;
}

export function createSignedUrls(state: SandboxState): SignedUrls {
  const key = randomBytes(32);
  const files = new Map<string, RepositoryFile>();
  const signature = (path: string, expires: string) =>
    createHmac('sha256', key).update(`${path}\n${expires}`).digest();
  return {
    sign: (hubUrl, repository, file) => {
      const path = `${CDN_PREFIX}${repository.id}/${file.sha256}`;
      files.set(path, file);
      const expires = String(Math.floor(state.now().getTime() / 1000) + LIFETIME_SECONDS);
      const query = new URLSearchParams({
        'response-content-disposition': contentDisposition(file.path),
        Expires: expires,
        Signature: signature(path, expires).toString('base64url'),
        'Key-Pair-Id': 'SANDBOX'
      });
      return `${cdnOrigin(hubUrl)}${path}?${query}`;
    },
    open: url => {
      const expires = url.searchParams.get('Expires') ?? '';
      const given = Buffer.from(url.searchParams.get('Signature') ?? '', 'base64url');
      const right = signature(url.pathname, expires);
      const genuine = given.length === right.length && timingSafeEqual(given, right);
      return genuine && Number(expires) * 1000 > state.now().getTime()
        ? files.get(url.pathname)
        : undefined;
    }
  };
}

/**
 * The hub's CDN is another host, and clients go by that: to another host they send no token, and the
 * facts about a file are in the redirect that leads there. Loopback has two names.
 */
function cdnOrigin(hubUrl: URL): string {
  const url = new URL(hubUrl.origin);
  url.hostname = url.hostname === '127.0.0.1' ? 'localhost' : '127.0.0.1';
  return url.origin;
}

export function contentDisposition(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const ascii = name.replace(/[^\x20-\x7e]|["\\]/g, '_');
  return `inline; filename*=UTF-8''${encodeURIComponent(name)}; filename="${ascii}";`;
}
