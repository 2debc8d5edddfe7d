import { isIPv4 } from 'node:net';

type Variables = Readonly<Record<string, string | undefined>>;

const PROXY_VARIABLES = ['ALL_PROXY', 'HTTPS_PROXY', 'HTTP_PROXY'];

/**
 * Whether Deno's fetch may send a request for this URL through a proxy. The rules are its own, and
 * where they are in doubt the answer is yes: HTTP_PROXY is taken to hold for https too, and a value that
 * fetch ignores counts. A proxy that is not known to be skipped is never gone around.
 */
export function mayUseProxy(url: string, env: Variables): boolean {
  if (!URL.canParse(url)) {
    return false;
  }
  const isSet = (name: string): boolean => (env[name] ?? '') !== '';
  const { protocol, hostname } = new URL(url);
  const some = PROXY_VARIABLES.some(
    name =>
      // In upper case and for http only, the variable says what it says everywhere.
      (isSet(name) &&
        !(name === 'HTTP_PROXY' && protocol === 'https:') &&
        !(name === 'HTTPS_PROXY' && protocol === 'http:')) ||
      isSet(name.toLowerCase())
  );
  return some && !isExcepted(hostname, env['NO_PROXY'] ?? env['no_proxy'] ?? '');
}

function isExcepted(hostname: string, exceptions: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  const isAddress = isIPv4(host) || host.includes(':');
  return exceptions
    .split(',')
    .map(entry => entry.trim())
    .filter(entry => entry !== '')
    .some(entry => (isAddress ? holdsAddress(entry, host) : holdsName(entry, host)));
}

function holdsName(entry: string, host: string): boolean {
  return (
    entry === '*' ||
    host === entry.replace(/^\./, '') ||
    host.endsWith(`.${entry.replace(/^\./, '')}`)
  );
}

/** An asterisk does not hold for addresses, and networks of IPv6 are left to fetch. */
function holdsAddress(entry: string, host: string): boolean {
  const [network = '', bits] = entry.split('/');
  if (bits === undefined) {
    return entry === host;
  }
  if (!isIPv4(network) || !isIPv4(host) || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) {
    return false;
  }
  const size = 2 ** (32 - Number(bits));
  return Math.floor(numberOf(network) / size) === Math.floor(numberOf(host) / size);
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
