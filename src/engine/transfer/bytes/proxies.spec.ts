import { mayUseProxy } from './proxies';

const P = 'http://proxy:3128';

describe('which requests may go through a proxy', () => {
  it.each([
    ['no variable', 'https://a.com/', {}, false],
    ['HTTPS_PROXY for https', 'https://a.com/', { HTTPS_PROXY: P }, true],
    ['HTTPS_PROXY for http', 'http://a.com/', { HTTPS_PROXY: P }, false],
    ['HTTP_PROXY for https', 'https://a.com/', { HTTP_PROXY: P }, false],
    ['HTTP_PROXY for http', 'http://a.com/', { HTTP_PROXY: P }, true],
    ['https_proxy', 'https://a.com/', { https_proxy: P }, true],
    ['http_proxy for http', 'http://a.com/', { http_proxy: P }, true],
    ['http_proxy in doubt', 'https://a.com/', { http_proxy: P }, true],
    ['ALL_PROXY', 'http://a.com/', { ALL_PROXY: 'socks5://proxy:1080' }, true],
    ['all_proxy', 'https://a.com/', { all_proxy: P }, true],
    ['an empty variable', 'https://a.com/', { HTTPS_PROXY: '', ALL_PROXY: '' }, false],
    ['a name', 'https://a.com/', { HTTPS_PROXY: P, NO_PROXY: 'b.com, a.com' }, false],
    ['no_proxy', 'https://a.com/', { HTTPS_PROXY: P, no_proxy: 'a.com' }, false],
    [
      'NO_PROXY before no_proxy',
      'https://a.com/',
      { HTTPS_PROXY: P, NO_PROXY: '', no_proxy: 'a.com' },
      true
    ],
    ['a subdomain', 'https://s3.a.com/', { HTTPS_PROXY: P, NO_PROXY: 'a.com' }, false],
    ['a leading dot', 'https://s3.a.com/', { HTTPS_PROXY: P, NO_PROXY: '.a.com' }, false],
    [
      'another name with the same end',
      'https://ba.com/',
      { HTTPS_PROXY: P, NO_PROXY: 'a.com' },
      true
    ],
    ['an asterisk', 'https://a.com/', { HTTPS_PROXY: P, NO_PROXY: '*' }, false],
    ['an asterisk with addresses', 'https://1.2.3.4/', { HTTPS_PROXY: P, NO_PROXY: '*' }, true],
    ['an address', 'http://127.0.0.1:80/', { HTTP_PROXY: P, NO_PROXY: '127.0.0.1' }, false],
    ['another address', 'http://127.0.0.2/', { HTTP_PROXY: P, NO_PROXY: '127.0.0.1' }, true],
    ['a network', 'http://10.1.255.9/', { HTTP_PROXY: P, NO_PROXY: '10.1.0.0/16' }, false],
    ['another network', 'http://10.2.0.9/', { HTTP_PROXY: P, NO_PROXY: '10.1.0.0/16' }, true],
    ['all addresses', 'http://10.2.0.9/', { HTTP_PROXY: P, NO_PROXY: '0.0.0.0/0' }, false],
    ['IPv6', 'http://[::1]:80/', { HTTP_PROXY: P, NO_PROXY: '::1' }, false],
    ['a network of IPv6, in doubt', 'http://[::1]/', { HTTP_PROXY: P, NO_PROXY: '::/0' }, true],
    ['a network for a name', 'http://a.com/', { HTTP_PROXY: P, NO_PROXY: '0.0.0.0/0' }, true],
    ['no URL at all', 'secret', { ALL_PROXY: P }, false]
  ])('%s', (_what, url, env, expected) => {
    expect(mayUseProxy(url, env)).toBe(expected);
  });
});
