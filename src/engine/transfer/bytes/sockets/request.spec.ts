import { addressOf } from './address';
import { requestHead } from './requestHead';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

describe('the address of a request', () => {
  it.each([
    ['http://h/', { hostname: 'h', port: 80, host: 'h', target: '/', secure: false }],
    ['https://h', { hostname: 'h', port: 443, host: 'h', target: '/', secure: true }],
    ['https://h:443/a', { port: 443, host: 'h', target: '/a' }],
    ['https://h:80/a', { port: 80, host: 'h:80', target: '/a' }],
    ['http://[::1]:8080/a?b', { hostname: '::1', port: 8080, host: '[::1]:8080', target: '/a?b' }],
    ['https://h?a=b', { target: '/?a=b' }],
    ['https://h/a/../b/./c//d?x=%2f#part', { target: '/a/../b/./c//d?x=%2f' }],
    ["https://h/a'(b)|c^?x=[y]`", { target: "/a'(b)|c^?x=[y]`" }],
    ['https://h/ä b?ü', { target: '/%C3%A4%20b?%C3%BC' }],
    ['HTTPS://H/A', { hostname: 'h', target: '/A', secure: true }]
  ])('%s', (url, expected) => {
    expect(addressOf(url)).toMatchObject(expected);
  });
});

describe('the head of a request', () => {
  const address = addressOf('https://h/k?q');

  it('has the headers that are given and its own length', () => {
    expect(text(requestHead('PUT', address, { 'X-A': ' b ', 'Content-Length': '9' }, 5))).toBe(
      'PUT /k?q HTTP/1.1\r\nhost: h\r\naccept: */*\r\nuser-agent: jupyterlab-bedrock-import\r\nx-a: b\r\ncontent-length: 5\r\n\r\n'
    );
  });

  it('lets no header change how the body is framed', () => {
    const head = text(
      requestHead(
        'PUT',
        address,
        { 'Transfer-Encoding': 'chunked', connection: 'close', expect: '100-continue' },
        0
      )
    );
    expect(head).not.toMatch(/chunked|close|expect/);
    expect(head).toContain('content-length: 0');
  });

  it('takes the host that a signature holds for', () => {
    const head = text(requestHead('GET', address, { Host: 'bucket.h' }));
    expect(head).toContain('host: bucket.h\r\n');
    expect(head.match(/host:/g)).toHaveLength(1);
  });
});
