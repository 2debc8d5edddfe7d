import fc from 'fast-check';
import { ProtocolError, ShortBodyError } from '../errors';
import { addressOf } from './address';
import { AnswerReader } from './answerReader';
import type { Connection } from './connection';
import { BrokenError, Link } from './link';

/** Hands out the bytes in the given pieces, whatever the size of the buffer, then the end. */
function scripted(pieces: Uint8Array[]): Connection {
  const left = [...pieces];
  return {
    read: async buffer => {
      const piece = left.shift();
      if (piece === undefined) {
        return null;
      }
      const part = piece.subarray(0, buffer.length);
      if (part.length < piece.length) {
        left.unshift(piece.subarray(part.length));
      }
      buffer.set(part);
      return part.length;
    },
    write: async bytes => bytes.length,
    close: () => undefined
  };
}

function cut(bytes: Uint8Array, sizes: number[]): Uint8Array[] {
  const pieces = [];
  let at = 0;
  for (let turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

interface Read {
  status: number;
  headers: Record<string, string>;
  body: string;
  reusable: boolean;
}

async function read(pieces: Uint8Array[], bufferBytes = 64, listen = false): Promise<Read> {
  const link = new Link(addressOf('http://h/'), scripted(pieces));
  if (listen) {
    void link.listen();
  }
  const reader = new AnswerReader(link, new Uint8Array(bufferBytes), () => undefined, 7);
  const head = await reader.head();
  let body = '';
  for (let piece = await reader.next(); piece !== null; piece = await reader.next()) {
    body += Buffer.from(piece).toString('latin1');
  }
  const { status } = head;
  return {
    status,
    headers: Object.fromEntries(head.headers),
    body,
    reusable: reader.reusable
  };
}

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const whole = (text: string): Promise<Read> => read([bytesOf(text)], 4096);

const ANSWERS: [string, string, Partial<Read>][] = [
  [
    'a length',
    'HTTP/1.1 206 Partial Content\r\nContent-Length: 11\r\nX-A:  b \r\n\r\nhello world',
    { status: 206, body: 'hello world', reusable: true }
  ],
  [
    'interim answers first',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
    { status: 200, body: 'ok', reusable: true }
  ],
  [
    'chunks with extensions and trailers',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n5;a=b\r\nhello\r\n00A\r\n world, ok\r\n0\r\nx: y\r\n\r\n',
    { body: 'hello world, ok', reusable: true }
  ],
  [
    'a body until the end',
    'HTTP/1.1 200 OK\r\n\r\nall of it',
    { body: 'all of it', reusable: false }
  ],
  ['no content', 'HTTP/1.1 204 No Content\r\nx: y\r\n\r\n', { body: '', reusable: true }],
  ['lines that end in LF', 'HTTP/1.1 200\ncontent-length: 1\n\na', { body: 'a', reusable: true }],
  [
    'a server that leaves',
    'HTTP/1.1 200 OK\r\nconnection: foo, Close\r\ncontent-length: 1\r\n\r\na',
    { body: 'a', reusable: false }
  ],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\na', { body: 'a', reusable: false }],
  [
    'the same length twice',
    'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\na',
    { body: 'a', reusable: true }
  ],
  [
    'more than its length',
    'HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nabc',
    { body: 'a', reusable: false }
  ]
];

describe('reading an answer', () => {
  it.each(ANSWERS)('understands %s', async (_what, text, expected) => {
    expect(await whole(text)).toMatchObject(expected);
  });

  it.each(ANSWERS)('understands %s in pieces of one byte', async (_what, text, expected) => {
    expect(await read(cut(bytesOf(text), [1]), 1)).toMatchObject(
      // What comes behind the body is not looked at before the next request.
      expected.reusable === false && text.endsWith('abc') ? { body: 'a' } : expected
    );
  });

  it('gives the same for every fragmentation', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...ANSWERS.filter(([what]) => what !== 'more than its length')),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 100 }),
        fc.boolean(),
        async ([, text], sizes, bufferBytes, listen) => {
          expect(await read(cut(bytesOf(text), sizes), bufferBytes, listen)).toEqual(
            await whole(text)
          );
        }
      )
    );
  });

  it('never hands out anything but the body, whatever its bytes and chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 200 }),
        async (chunks, sizes, bufferBytes) => {
          const body = Buffer.concat(chunks).toString('latin1');
          const coded = chunks
            .map(
              chunk =>
                `${chunk.length.toString(16)}\r\n${Buffer.from(chunk).toString('latin1')}\r\n`
            )
            .join('');
          const answers = [
            `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${coded}0\r\n\r\n`,
            `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`
          ];
          for (const answer of answers) {
            expect(await read(cut(bytesOf(answer), sizes), bufferBytes)).toMatchObject({
              body,
              reusable: true
            });
          }
        }
      )
    );
  });

  it.each([
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
    ['HTTP/2', 'HTTP/2 200\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['an empty first line', '\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'],
    ['a header without a name', 'HTTP/1.1 200 OK\r\n: x\r\n\r\n'],
    ['a space before the colon', 'HTTP/1.1 200 OK\r\ncontent-length : 3\r\n\r\nabc'],
    ['a folded header', 'HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n'],
    ['a zero byte', 'HTTP/1.1 200 OK\r\na: \0\r\n\r\n'],
    ['a carriage return inside', 'HTTP/1.1 200 OK\r\na: b\rc\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    ['a negative length', 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n'],
    ['a length with a sign', 'HTTP/1.1 200 OK\r\ncontent-length: +1\r\n\r\na'],
    ['a length beyond all numbers', 'HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999\r\n\r\n'],
    [
      'length and chunks',
      'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'
    ],
    ['another coding', 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n'],
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n'],
    ['a chunk without a size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n'],
    [
      'a chunk beyond all numbers',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffff\r\n'
    ],
    [
      'a chunk longer than it says',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n'
    ],
    ['headers without end', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(20_000)}`],
    ['interim answers without end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(4000)],
    [
      'a size line without end',
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;${'x'.repeat(9000)}`
    ],
    [
      'trailers without end',
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n${'a: b\r\n'.repeat(9000)}`
    ]
  ])('refuses %s', async (_what, text) => {
    await expect(read([bytesOf(text)], 4096)).rejects.toThrow(ProtocolError);
    await expect(read([bytesOf(text)], 4096)).rejects.toMatchObject({ code: 'EPROTO' });
  });

  it.each([
    ['before anything', ''],
    ['in the head', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ['after an interim answer', 'HTTP/1.1 100 Continue\r\n\r\n']
  ])('says that the connection broke %s', async (_where, text) => {
    await expect(whole(text)).rejects.toThrow(BrokenError);
  });

  it.each([
    ['a body of known length', 'HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nabc', 3],
    ['a chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7\r\nabcd', 4],
    ['chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n', 2]
  ])('counts what came when %s breaks off', async (_what, text, receivedBytes) => {
    const failure = await whole(text).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ShortBodyError);
    expect(failure).toMatchObject({ receivedBytes, lengthBytes: 7 });
  });

  it('keeps repeated headers and bytes that are not ASCII', async () => {
    const { headers } = await whole(
      'HTTP/1.1 200 \xe9\r\na: 1\r\nA: \xe9\r\ncontent-length: 0\r\n\r\n'
    );
    expect(headers['a']).toBe('1, \xe9');
  });
});
