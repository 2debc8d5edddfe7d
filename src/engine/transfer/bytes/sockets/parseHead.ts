import { ProtocolError } from '../errors';
import type { AnswerHead } from '../types';

export type Framing =
  { kind: 'none' } | { kind: 'length'; bytes: number } | { kind: 'chunked' } | { kind: 'close' };

export interface ParsedHead extends AnswerHead {
  framing: Framing;
  /** The connection carries another request after this answer. */
  keepAlive: boolean;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [^\x00-\x08\x0a-\x1f\x7f]*)?$/;
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([^\x00-\x08\x0a-\x1f\x7f]*)$/;

/**
 * Status line and headers, without the empty line that ends them (RFC 9112, "HTTP/1.1"). Lines may end
 * in LF alone; folded headers, doubtful lengths and any coding but `chunked` are refused, because a
 * length that is guessed may cut a file short.
 *
 * @throws ProtocolError
 */
export function parseHead(bytes: Uint8Array): ParsedHead {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  const [first = '', ...lines] = text.split(/\r?\n/);
  const status = STATUS_LINE.exec(first);
  if (status === null) {
    throw new ProtocolError('the answer does not begin with an HTTP/1.1 status');
  }
  const headers = new Headers();
  for (const line of lines) {
    const [, name, value] = HEADER_LINE.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      throw new ProtocolError('the answer has a header that cannot be read');
    }
    headers.append(name, value.trim());
  }
  const code = Number(status[2]);
  const framing = framingOf(code, headers);
  const connection = tokens(headers.get('connection'));
  return {
    status: code,
    headers,
    framing,
    keepAlive: status[1] === '1' && !connection.includes('close') && framing.kind !== 'close'
  };
}

function framingOf(status: number, headers: Headers): Framing {
  if (status < 200 || status === 204 || status === 304) {
    return { kind: 'none' };
  }
  const length = headers.get('content-length');
  const coding = headers.get('transfer-encoding');
  if (coding !== null) {
    if (length !== null || coding.trim().toLowerCase() !== 'chunked') {
      throw new ProtocolError('the answer has a body whose length is in doubt');
    }
    return { kind: 'chunked' };
  }
  if (length === null) {
    return { kind: 'close' };
  }
  // The same length said twice is one length.
  const lengths = new Set(length.split(',').map(text => text.trim()));
  const [only = ''] = lengths;
  if (lengths.size > 1 || !/^\d{1,15}$/.test(only)) {
    throw new ProtocolError('the answer has a content-length that is no length');
  }
  return { kind: 'length', bytes: Number(only) };
}

function tokens(value: string | null): string[] {
  return (value ?? '').split(',').map(token => token.trim().toLowerCase());
}
