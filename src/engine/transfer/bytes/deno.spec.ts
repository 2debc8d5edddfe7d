import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createNet } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { openTls } from '../../../sandbox/server/tls';
import type { TlsFiles } from '../../../sandbox/server/tls';
import { hostileServer } from './testing/hostileServer';
import type { Heard, HostileServer } from './testing/hostileServer';

const ROOT = join(__dirname, '..', '..', '..', '..');
const DENO = process.env['BEDROCK_IMPORT_DENO'] ?? join(ROOT, '.venv', 'bin', 'deno');
const PART_BYTES = 2 ** 20;
const CONTENT = Buffer.from(Array.from({ length: PART_BYTES }, (_, index) => (index * 31) % 251));

interface Job {
  source: string;
  target: string;
  parts?: number;
  rounds?: number;
  partBytes?: number;
  stallMs?: number;
  abortAfterMs?: number;
  /** How long connections may take to close, in hundredths of a second. */
  patience?: number;
}

interface Report {
  outcomes: string[];
  /** TCP connections that this process still has. */
  socketsLeft: number;
  rejections: string[];
  /** Growth of the resident memory while the second half of the rounds ran. */
  grownMiB: number;
  bytes: number;
}

const head = (lines: string[], status = '200 OK'): string =>
  `HTTP/1.1 ${status}\r\n${lines.map(line => `${line}\r\n`).join('')}\r\n`;

function sendContent({ socket }: Heard): void {
  socket.write(head([`content-length: ${CONTENT.length}`], '206 Partial Content'));
  socket.write(CONTENT);
}

/** The pipe of production on Deno's own sockets: its trust, its errors and its memory. */
describe('the pipe in Deno', () => {
  let folder: string;
  let program: string;
  let tls: TlsFiles;
  const servers: HostileServer[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'deno-pipe-'));
    tls = await openTls(folder, new Date(), {});
    program = join(folder, 'program.mjs');
    await build({
      stdin: {
        resolveDir: __dirname,
        loader: 'ts',
        contents: `
          import { readdirSync, readlinkSync, readFileSync } from 'node:fs';
          import { createBytePipe } from './index';
          const rejections = [];
          globalThis.addEventListener('unhandledrejection', event => {
            event.preventDefault();
            rejections.push(String(event.reason));
          });
          const sockets = () => {
            const tcp = readFileSync('/proc/net/tcp', 'utf8') + readFileSync('/proc/net/tcp6', 'utf8');
            return readdirSync('/proc/self/fd').filter(name => {
              let link = '';
              try { link = readlinkSync('/proc/self/fd/' + name); } catch { return false; }
              const inode = /^socket:.(\\d+)/.exec(link)?.[1];
              return inode !== undefined && tcp.includes(' ' + inode + ' ');
            }).length;
          };
          const resident = () => Number(/VmRSS:\\s*(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
          const job = { parts: 1, rounds: 1, partBytes: ${PART_BYTES}, stallMs: 5000, patience: 300, ...JSON.parse(process.argv[2]) };
          const pipe = createBytePipe({ connections: job.parts });
          const stop = new AbortController();
          if (job.abortAfterMs !== undefined) {
            setTimeout(() => stop.abort(new Error('enough')), job.abortAfterMs);
          }
          const outcomes = [];
          let bytes = 0;
          let half = 0;
          for (let round = 0; round < job.rounds; round++) {
            if (round === Math.floor(job.rounds / 2)) {
              half = resident();
            }
            outcomes.push(...(await Promise.all(Array.from({ length: job.parts }, (_, part) =>
              pipe.move({
                get: { url: job.source + '/f?token=secret', headers: { range: 'bytes=0-1' } },
                put: { url: job.target + '/part' + part + '?sig=secret', headers: {} },
                lengthBytes: job.partBytes,
                judge: () => undefined
              }, { signal: stop.signal, stallMs: job.stallMs, onBytes: count => (bytes += count) })
                .then(({ status, text }) => status + text, error => (error.code ?? error.name) + ' ' + error.message)))));
          }
          const grownMiB = resident() - half;
          pipe.close();
          // TLS takes its leave in the background.
          for (let turn = 0; sockets() > 0 && turn < job.patience; turn++) {
            await new Promise(resolve => setTimeout(resolve, 10));
          }
          console.log(JSON.stringify({ outcomes, socketsLeft: sockets(), rejections, grownMiB, bytes }));`
      },
      outfile: program,
      bundle: true,
      format: 'esm',
      platform: 'node',
      external: ['node:*'],
      mainFields: ['module', 'main'],
      banner: {
        js: "import { createRequire as makeRequire } from 'node:module'; import process from 'node:process'; const require = makeRequire(import.meta.url);"
      }
    });
  });

  afterEach(async () => {
    await Promise.all(servers.splice(0).map(server => server.stop()));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Ends by itself: nothing that the pipe leaves behind keeps the process alive. */
  async function run(
    job: Job,
    env: NodeJS.ProcessEnv = { DENO_CERT: tls.caFile }
  ): Promise<Report> {
    const child = spawn(
      DENO,
      ['run', '--quiet', '--no-prompt', '--no-config', '--no-lock', '--allow-all', program].concat(
        JSON.stringify(job)
      ),
      { env: { PATH: process.env['PATH'], HOME: folder, DENO_DIR: folder, ...env } }
    );
    let output = '';
    let errors = '';
    child.stdout.on('data', (piece: Buffer) => (output += piece.toString()));
    child.stderr.on('data', (piece: Buffer) => (errors += piece.toString()));
    await new Promise(resolve => child.on('close', resolve));
    if (output === '') {
      throw new Error(errors);
    }
    return JSON.parse(output) as Report;
  }

  async function serve(
    answer: (heard: Heard) => unknown,
    secure = true,
    host = '127.0.0.1'
  ): Promise<HostileServer> {
    const server = await hostileServer(answer, secure ? tls : undefined, host);
    servers.push(server);
    return server;
  }

  function takePart(bodies: Buffer[] = []): (heard: Heard) => Promise<void> {
    return async heard => {
      bodies.push(await heard.body());
      heard.socket.write(head(['etag: "e"', 'content-length: 0']));
    };
  }

  it.each([
    ['TLS', true, '127.0.0.1'],
    ['plain', false, '127.0.0.1'],
    ['TLS over IPv6', true, '::1'],
    ['plain over IPv6', false, '::1']
  ])('moves bytes and uses its connections again, %s', async (_what, secure, host) => {
    const bodies: Buffer[] = [];
    const hub = await serve(sendContent, secure, host);
    const s3 = await serve(takePart(bodies), secure, host);
    const report = await run({ source: hub.url, target: s3.url, parts: 4, rounds: 3 });
    expect(report.outcomes).toEqual(Array(12).fill('200'));
    expect(bodies.every(body => body.equals(CONTENT))).toBe(true);
    expect([hub.opened, s3.opened]).toEqual([4, 4]);
    expect(report).toMatchObject({ socketsLeft: 0, rejections: [], bytes: 12 * PART_BYTES });
  });

  it('agrees on HTTP/1.1 where the server would like HTTP/2', async () => {
    const protocols: unknown[] = [];
    const hub = await serve(heard => {
      protocols.push((heard.socket as { alpnProtocol?: unknown }).alpnProtocol);
      sendContent(heard);
    });
    const s3 = await serve(takePart());
    await run({ source: hub.url, target: s3.url });
    expect(protocols).toEqual(['http/1.1']);
  });

  it('trusts nobody without the authority, and only under the right name', async () => {
    const hub = await serve(sendContent);
    const s3 = await serve(takePart());
    const { outcomes, rejections, socketsLeft } = await run(
      { source: hub.url, target: s3.url },
      {}
    );
    const elsewhere = await serve(sendContent, true, '127.0.0.2');
    const other = await run({ source: elsewhere.url, target: s3.url });
    expect([...outcomes, ...other.outcomes].map(text => text.split(' ')[0])).toEqual([
      'CERTIFICATE',
      'CERTIFICATE'
    ]);
    expect(rejections).toEqual([]);
    expect(socketsLeft).toBe(0);
    expect([hub.heard.length, elsewhere.heard.length]).toEqual([0, 0]);
  });

  it('sees a refusal in the middle of the body', async () => {
    for (const secure of [true, false]) {
      const large = Buffer.alloc(20 * 2 ** 20);
      const hub = await serve(({ socket }) => {
        socket.write(head([`content-length: ${large.length}`]));
        socket.write(large);
      }, secure);
      const s3 = await serve(async heard => {
        await heard.body(100_000);
        heard.socket.end(`${head(['content-length: 8', 'connection: close'], '503 Busy')}SlowDown`);
        // Reading on is what shows the server that the client left.
        await new Promise(resolve => setTimeout(resolve, 200));
        await heard.body();
      }, secure);
      expect(
        await run({ source: hub.url, target: s3.url, partBytes: large.length, parts: 2 })
      ).toMatchObject({
        outcomes: ['503SlowDown', '503SlowDown'],
        socketsLeft: 0,
        rejections: []
      });
    }
  });

  it('repeats what was sent over a connection that had just been closed', async () => {
    const hub = await serve(async heard => {
      if (heard.turn === 2) {
        heard.socket.destroy();
        return;
      }
      sendContent(heard);
    });
    const s3 = await serve(takePart());
    const report = await run({ source: hub.url, target: s3.url, rounds: 4 });
    expect(report.outcomes).toEqual(Array(4).fill('200'));
    expect(hub.opened).toBe(4);
  });

  it.each([
    ['the source stops', true],
    ['S3 reads no further', false]
  ])('gives up when %s', async (_what, isHub) => {
    for (const secure of [true, false]) {
      const large = Buffer.alloc(20 * 2 ** 20);
      const hub = await serve(({ socket }) => {
        socket.write(head([`content-length: ${large.length}`]));
        socket.write(isHub ? large.subarray(0, 200_000) : large);
      }, secure);
      const s3 = await serve(
        async heard => (isHub ? heard.body() : new Promise(() => undefined)),
        secure
      );
      const report = await run({
        source: hub.url,
        target: s3.url,
        partBytes: large.length,
        stallMs: 300,
        patience: 100
      });
      // Deno takes its leave of a TLS peer that reads nothing for as long as TCP has patience.
      expect(report.socketsLeft).toBeLessThanOrEqual(secure && !isHub ? 1 : 0);
      expect(report.rejections).toEqual([]);
      expect(report.outcomes[0]).toBe(
        `ETIMEDOUT nothing moved for 0.3 s (${new URL((isHub ? hub : s3).url).host})`
      );
    }
  });

  it('stops at once, and leaves nothing open or unanswered', async () => {
    for (const secure of [true, false]) {
      const hub = await serve(({ socket }) => {
        socket.write(head([`content-length: ${CONTENT.length}`]));
        socket.write(CONTENT.subarray(0, 500_000));
      }, secure);
      const s3 = await serve(takePart(), secure);
      const report = await run({ source: hub.url, target: s3.url, parts: 3, abortAfterMs: 300 });
      expect(report).toMatchObject({
        outcomes: Array(3).fill('Error enough'),
        socketsLeft: 0,
        rejections: []
      });
      await s3.emptied();
    }
  });

  it('does not wait for a handshake for ever', async () => {
    const silent = createNet(() => undefined);
    await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve));
    const s3 = await serve(takePart());
    const source = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    try {
      const stopped = await run({ source, target: s3.url, abortAfterMs: 300, patience: 0 });
      expect(stopped).toMatchObject({ outcomes: ['Error enough'], rejections: [] });
      const late = await run({ source, target: s3.url, stallMs: 500, patience: 0 });
      expect(late.outcomes[0]).toContain('ETIMEDOUT');
      expect(late.rejections).toEqual([]);
    } finally {
      silent.close();
    }
  });

  it('names what goes wrong by a code', async () => {
    const hub = await serve(({ socket }) => socket.destroy(), false);
    const s3 = await serve(takePart(), false);
    const codeOf = async (source: string): Promise<string | undefined> => {
      const { outcomes } = await run({ source, target: s3.url });
      expect(outcomes[0]).not.toContain('secret');
      return outcomes[0]?.split(' ')[0];
    };
    const free = createNet();
    await new Promise<void>(resolve => free.listen(0, '127.0.0.1', resolve));
    const { port } = free.address() as AddressInfo;
    await new Promise(resolve => free.close(resolve));
    expect(await codeOf(hub.url)).toBe('ECONNRESET');
    expect(await codeOf(`http://127.0.0.1:${port}`)).toBe('ECONNREFUSED');
    expect(await codeOf('http://no-such-host.invalid')).toBe('ENOTFOUND');
  });

  it('goes through a proxy where one is set, and around it where it is not to be used', async () => {
    const hub = await serve(sendContent, false);
    const s3 = await serve(takePart(), false);
    const proxied: string[] = [];
    const proxy = await serve(async heard => {
      proxied.push(`${heard.method} ${heard.target.split('?')[0] ?? ''}`);
      await (heard.method === 'PUT' ? takePart()(heard) : sendContent(heard));
    }, false);
    const job = { source: hub.url, target: s3.url };
    const through = await run(job, { HTTP_PROXY: proxy.url });
    expect(through.outcomes).toEqual(['200']);
    expect(proxied).toEqual([`GET ${hub.url}/f`, `PUT ${s3.url}/part0`]);
    const around = await run(job, { HTTP_PROXY: proxy.url, NO_PROXY: '127.0.0.0/8' });
    expect(around.outcomes).toEqual(['200']);
    expect([proxied.length, hub.heard.length, s3.heard.length]).toEqual([2, 1, 1]);
  });

  it('needs no more memory for the second gigabyte', async () => {
    const large = Buffer.alloc(16 * 2 ** 20, 1);
    const hub = await serve(({ socket }) => {
      socket.write(head([`content-length: ${large.length}`]));
      socket.write(large);
    }, false);
    const s3 = await serve(async heard => {
      for (let left = large.length; left > 0; left -= 2 ** 20) {
        await heard.body(2 ** 20);
      }
      heard.socket.write(head(['content-length: 0']));
    }, false);
    const report = await run({
      source: hub.url,
      target: s3.url,
      parts: 4,
      rounds: 32,
      partBytes: large.length
    });
    expect(report.bytes).toBe(2 ** 31);
    expect(report.grownMiB).toBeLessThan(24);
  }, 120_000);
});
