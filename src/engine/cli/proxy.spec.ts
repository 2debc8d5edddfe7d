import { request as send } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { LoopbackServer } from '../testing/loopbackServer';
import { tinyModel } from './testing/tinyModel';
import { startTrial } from './testing/trial';
import type { Trial } from './testing/trial';

/** A forward proxy that keeps count of what went through it. */
class CountingProxy extends LoopbackServer {
  readonly seen: string[] = [];
  readonly tunnels: string[] = [];

  constructor() {
    super();
    this.server.on('connect', (request, client, head) => {
      const [host = '', port = ''] = (request.url ?? '').split(':');
      this.tunnels.push(port);
      const target = connect(Number(port), host, () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        target.write(head);
        target.pipe(client);
        client.pipe(target);
      });
      target.on('error', () => client.destroy());
      client.on('error', () => target.destroy());
    });
  }

  protected override answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '');
    this.seen.push(`${request.method} ${url.pathname}`);
    const onward = send(url, { method: request.method, headers: request.headers }, answer => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  }
}

describe.each([
  ['plain', []],
  ['TLS', ['--tls']]
])('behind a proxy, %s', (name, args) => {
  let trial: Trial;
  let proxy: CountingProxy;

  beforeAll(async () => {
    proxy = new CountingProxy();
    trial = await startTrial({
      models: { 'trial/tiny': tinyModel({ shards: 2, paddingBytes: 20e6 }) },
      args
    });
  }, 60_000);

  afterAll(async () => {
    await trial?.stop();
    await proxy?.stop();
  });

  it('sends every request through it, the bytes of the model included', async () => {
    await proxy.start();
    const address = proxy.url;
    const ran = await trial.run(['copy', 'trial/tiny', `s3://${trial.bucket}/m`, '--json'], {
      env: { HTTP_PROXY: address, HTTPS_PROXY: address, NO_PROXY: '' }
    });
    expect(ran.code).toBe(0);
    const hubPort = new URL(trial.env['HF_ENDPOINT'] ?? '').port;
    const awsPort = new URL(trial.env['AWS_ENDPOINT_URL'] ?? '').port;
    if (name === 'TLS') {
      expect(new Set(proxy.tunnels)).toEqual(new Set([hubPort, awsPort]));
    } else {
      const count = (pattern: RegExp): number =>
        proxy.seen.filter(line => pattern.test(line)).length;
      expect(count(/^GET \/api\/models\//)).toBeGreaterThan(0);
      expect(count(/^GET \/cdn\//)).toBeGreaterThanOrEqual(3);
      expect(count(/^PUT .*\/m\/model-.*safetensors$/)).toBeGreaterThanOrEqual(3);
    }
  });

  it('goes past it where NO_PROXY says so', async () => {
    proxy.seen.length = 0;
    proxy.tunnels.length = 0;
    const ran = await trial.run(['inspect', 'trial/tiny', '--json'], {
      env: {
        HTTP_PROXY: 'http://127.0.0.1:9',
        HTTPS_PROXY: 'http://127.0.0.1:9',
        NO_PROXY: '127.0.0.1,localhost'
      }
    });
    expect(ran.code).toBe(0);
    expect([...proxy.seen, ...proxy.tunnels]).toEqual([]);
  });
});
