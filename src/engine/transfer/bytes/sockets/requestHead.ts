import type { Address } from './address';

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * The bytes of a request before its body.
 *
 * @throws TypeError for a header that would break the request apart.
 */
export function requestHead(
  method: 'GET' | 'PUT',
  address: Address,
  headers: Readonly<Record<string, string>>,
  lengthBytes?: number
): Uint8Array {
  const lines = new Map([
    ['host', address.host],
    ['accept', '*/*'],
    ['user-agent', 'jupyterlab-bedrock-import']
  ]);
  for (const [name, value] of Object.entries(headers)) {
    if (!TOKEN.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(value)) {
      throw new TypeError(`the header ${JSON.stringify(name)} cannot be sent`);
    }
    lines.set(name.toLowerCase(), value.trim());
  }
  // How the body is framed and what becomes of the connection is this client's own business.
  ['transfer-encoding', 'connection', 'expect', 'content-length'].forEach(name =>
    lines.delete(name)
  );
  if (lengthBytes !== undefined) {
    lines.set('content-length', String(lengthBytes));
  }
  const text = [...lines].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  // One byte a character, as headers are.
  return Uint8Array.from(`${method} ${address.target} HTTP/1.1\r\n${text}\r\n`, character =>
    character.charCodeAt(0)
  );
}
