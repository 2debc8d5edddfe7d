/** Where a request goes, and what stands in its first line. */
export interface Address {
  secure: boolean;
  /** Name or IP address, without the brackets of IPv6. */
  hostname: string;
  port: number;
  /** Scheme, host and port: connections with the same origin can be exchanged. */
  origin: string;
  /** For the header and for messages: the port is left out where it is the scheme's own. */
  host: string;
  /** Path and query as they stand in the URL: a signature may hold for no other spelling. */
  target: string;
}

/**
 * @throws TypeError for what is not a plain http or https URL; it does not repeat the URL, which may
 * be signed.
 */
export function addressOf(url: string): Address {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const secure = parsed?.protocol === 'https:';
  if (parsed === undefined || (!secure && parsed.protocol !== 'http:') || parsed.hostname === '') {
    throw new TypeError('not an http or https URL');
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw new TypeError('a URL with a user name cannot be fetched');
  }
  const raw = /^https?:\/\/[^/?#]*([^#]*)/i.exec(url)?.[1];
  const target =
    raw !== undefined && /^(?!.*\\)[\x21-\x7e]*$/.test(raw) ? raw : parsed.pathname + parsed.search;
  return {
    secure,
    hostname: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? (secure ? 443 : 80) : Number(parsed.port),
    origin: parsed.origin,
    host: parsed.host,
    target: target.startsWith('/') ? target : `/${target}`
  };
}
