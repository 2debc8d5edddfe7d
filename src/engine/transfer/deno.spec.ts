import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createSecureServer } from 'node:http2';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { openTls } from '../../sandbox/server/tls';

const ROOT = join(__dirname, '..', '..', '..');
const DENO = process.env['BEDROCK_IMPORT_DENO'] ?? join(ROOT, '.venv', 'bin', 'deno');
const PARTS = 8;
const PART_BYTES = 3 * 2 ** 20;

/** What the copy relies on in Deno, tried in Deno: a new version that behaves otherwise fails here. */
describe('the byte path in Deno', () => {
  let folder: string;
  let program: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'byte-path-'));
    program = join(folder, 'program.mjs');
    await build({
      stdin: {
        resolveDir: __dirname,
        loader: 'ts',
        contents: `
          import { createBytePipe } from './bytes';
          import { sendRange } from './sendRange';
          const { source, target, parts, partBytes, rounds } = JSON.parse(process.argv[2]);
          const bytes = createBytePipe({ connections: parts });
          const outcomes = [];
          for (let round = 0; round < rounds; round++) {
            outcomes.push(...(await Promise.all(Array.from({ length: parts }, (_, index) =>
              sendRange(bytes, {
                path: 'f', sizeBytes: parts * partBytes,
                start: index * partBytes, end: (index + 1) * partBytes,
                location: { url: source, headers: {} },
                put: { url: target + '/part' + index + '?round=' + round, headers: {} }
              }, { signal: new AbortController().signal }).then(() => 'sent', error => error.message)))));
          }
          bytes.close();
          console.log(JSON.stringify(outcomes));
          process.exit(0);`
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

  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function send(
    source: string,
    target: string,
    options: { rounds?: number; env?: NodeJS.ProcessEnv } = {}
  ): Promise<string[]> {
    const job = {
      source,
      target,
      parts: PARTS,
      partBytes: PART_BYTES,
      rounds: options.rounds ?? 1
    };
    const { stdout } = await promisify(execFile)(
      DENO,
      ['run', '--quiet', '--no-prompt', '--no-config', '--no-lock', '--allow-all', program].concat(
        JSON.stringify(job)
      ),
      { env: { ...process.env, ...options.env } }
    );
    return JSON.parse(stdout) as string[];
  }

  interface Peer {
    url: string;
    sockets: Set<unknown>;
    opened: number;
    requests: IncomingMessage[];
    stop(): Promise<void>;
  }

  async function listen(
    answer: (request: IncomingMessage, response: ServerResponse) => void
  ): Promise<Peer> {
    const server: Server = createServer((request, response) => {
      peer.requests.push(request);
      answer(request, response);
    });
    const peer: Peer = {
      url: '',
      sockets: new Set(),
      opened: 0,
      requests: [],
      stop: async () => {
        peer.sockets.forEach(socket => (socket as { destroy(): void }).destroy());
        await new Promise(resolve => server.close(resolve));
      }
    };
    server.on('connection', socket => {
      peer.opened++;
      peer.sockets.add(socket);
      socket.on('close', () => peer.sockets.delete(socket));
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    peer.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return peer;
  }

  function serveRange(request: IncomingMessage, response: ServerResponse): void {
    const [, start = '0', last = '0'] =
      /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const length = Number(last) - Number(start) + 1;
    response.writeHead(206, {
      'content-length': length,
      'content-range': `bytes ${start}-${last}/${PARTS * PART_BYTES}`
    });
    response.end(Buffer.alloc(length, Number(start) / PART_BYTES + 1));
  }

  function takePart(seen: Map<string, string>): Parameters<typeof listen>[0] {
    return (request, response) => {
      let length = 0;
      const values = new Set<number>();
      request.on('data', (piece: Buffer) => {
        length += piece.length;
        values.add(piece[0] ?? 0);
      });
      request.on('end', () => {
        seen.set(request.url ?? '', `${length} ${[...values].join()}`);
        response.writeHead(200, { etag: '"e"', 'content-length': 0 }).end();
      });
    };
  }

  it('keeps the length, sends no chunks, and uses one connection a part again and again', async () => {
    const seen = new Map<string, string>();
    const hub = await listen(serveRange);
    const s3 = await listen(takePart(seen));
    try {
      expect(await send(hub.url, s3.url, { rounds: 4 })).toEqual(Array(PARTS * 4).fill('sent'));
      expect(s3.requests.map(({ headers }) => headers['content-length'])).toEqual(
        Array(PARTS * 4).fill(String(PART_BYTES))
      );
      expect(s3.requests.every(({ headers }) => !('transfer-encoding' in headers))).toBe(true);
      expect(seen.get('/part3?round=2')).toBe(`${PART_BYTES} 4`);
      expect(hub.opened).toBe(PARTS);
      expect(s3.opened).toBe(PARTS);
    } finally {
      await hub.stop();
      await s3.stop();
    }
  });

  it('leaves no connection open behind answers that come before the body is read', async () => {
    const hub = await listen(serveRange);
    const s3 = await listen((request, response) => {
      request.pause();
      response.writeHead(503, { 'content-type': 'application/xml' });
      response.end('<Error><Code>SlowDown</Code></Error>');
    });
    try {
      const outcomes = await send(hub.url, s3.url, { rounds: 4 });
      expect(outcomes).toHaveLength(PARTS * 4);
      expect(outcomes.filter(text => text === 'sent')).toEqual([]);
      await new Promise(resolve => setTimeout(resolve, 100));
      expect(hub.sockets.size).toBe(0);
    } finally {
      await hub.stop();
      await s3.stop();
    }
  });

  it('opens one TLS connection for each range where the server offers HTTP/2', async () => {
    const tls = await openTls(folder, new Date(), {});
    const s3 = await listen(takePart(new Map()));
    let opened = 0;
    const protocols = new Set<unknown>();
    const hub = createSecureServer(
      { cert: tls.certificate, key: tls.key, allowHTTP1: true },
      (request, response) => {
        protocols.add(request.httpVersion);
        const [, start, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
        response.writeHead(206, {
          'content-length': PART_BYTES,
          'content-range': `bytes ${start ?? ''}-${last ?? ''}/${PARTS * PART_BYTES}`
        });
        response.end(Buffer.alloc(PART_BYTES));
      }
    );
    hub.on('secureConnection', () => opened++);
    await new Promise<void>(resolve => hub.listen(0, '127.0.0.1', resolve));
    try {
      const source = `https://127.0.0.1:${(hub.address() as AddressInfo).port}`;
      const outcomes = await send(source, s3.url, { env: { DENO_CERT: tls.caFile } });
      expect(outcomes).toEqual(Array(PARTS).fill('sent'));
      expect(opened).toBe(PARTS);
      expect([...protocols]).toEqual(['1.1']);
    } finally {
      await s3.stop();
      await new Promise(resolve => hub.close(resolve));
    }
  });
});
