import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { request as startHttp } from 'node:http';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { get as getHttps } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { startSandbox, writeModels, type StartedSandbox } from '../testing';
import { denoCommand } from '../testing/startSandbox';

const weights = randomBytes(3_000_000);
const models = { 'acme/tiny': { 'config.json': '{}', 'model.safetensors': weights } };
const WEIGHTS = '/acme/tiny/resolve/main/model.safetensors';

/** Starts a sandbox for one test and stops it whatever happens. */
async function withSandbox(
  args: readonly string[],
  use: (sandbox: StartedSandbox) => Promise<void>
): Promise<void> {
  const sandbox = await startSandbox({ models, args });
  try {
    await use(sandbox);
  } finally {
    await sandbox.stop();
  }
}

/**
 * The first of two that are free. Below the range from which the system gives ports to others, which
 * run at the same time.
 */
async function twoFreePorts(): Promise<number> {
  const port = randomInt(20_000, 30_000);
  const servers = [createServer(), createServer()];
  try {
    for (const [index, server] of servers.entries()) {
      server.listen(port + index, '127.0.0.1');
      await once(server, 'listening');
    }
    return port;
  } catch {
    return await twoFreePorts();
  } finally {
    servers.forEach(server => server.close());
  }
}

async function overHttp2(session: ClientHttp2Session, path: string) {
  await once(session, 'connect');
  const stream = session.request({ ':path': path });
  const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
  const chunks: Buffer[] = [];
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer);
  }
  session.close();
  return { status: headers[':status'], text: Buffer.concat(chunks).toString() };
}

describe('protocols', () => {
  it('speaks HTTP/1.1 and, by its preface, HTTP/2 over plain TCP', async () => {
    await withSandbox([], async ({ hubUrl, awsUrl }) => {
      expect((await fetch(`${hubUrl}/acme/tiny/resolve/main/config.json`)).status).toBe(200);
      const path = '/acme/tiny/resolve/main/config.json';
      expect(await overHttp2(connectHttp2(hubUrl), path)).toEqual({ status: 200, text: '{}' });
      expect((await overHttp2(connectHttp2(awsUrl), '/nothing')).status).not.toBe(200);
    });
  });

  it('serves both over TLS, trusted through the printed CA files alone', async () => {
    await withSandbox(['--tls'], async ({ hubUrl, env, dataDirectory }) => {
      expect(hubUrl).toMatch(/^https:/);
      const path = '/acme/tiny/resolve/main/config.json';
      for (const name of ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS', 'AWS_CA_BUNDLE', 'DENO_CERT']) {
        const ca = await readFile(env[name] ?? '', 'utf8');
        const session = connectHttp2(hubUrl, { ca });
        expect(await overHttp2(session, path)).toEqual({ status: 200, text: '{}' });
        expect(session.alpnProtocol).toBe('h2');
      }
      const ca = await readFile(env['NODE_EXTRA_CA_CERTS'] ?? '', 'utf8');
      const url = hubUrl.replace('127.0.0.1', 'localhost') + path;
      const [answer] = (await once(getHttps(url, { ca, agent: false }), 'response')) as [
        { statusCode: number; httpVersion: string; resume(): void }
      ];
      answer.resume();
      expect([answer.statusCode, answer.httpVersion]).toEqual([200, '1.1']);
      await expect(once(getHttps(url, { agent: false }), 'response')).rejects.toThrow(
        /certificate/
      );
      expect(await readdir(join(dataDirectory, 'tls'))).not.toContain('ca.key');
    });
  });
});

describe('faults', () => {
  const locate = async (hubUrl: string) => {
    const answer = await fetch(hubUrl + WEIGHTS, { redirect: 'manual' });
    return answer.headers.get('location') ?? '';
  };

  it('breaks the connection in the middle of a body', async () => {
    await withSandbox(['--fault', 'hub-reset=1'], async ({ hubUrl }) => {
      const answer = await fetch(await locate(hubUrl));
      expect(answer.headers.get('content-length')).toBe(String(weights.length));
      let received = 0;
      const read = async () => {
        for await (const chunk of answer.body as ReadableStream<Uint8Array>) {
          received += chunk.length;
        }
      };
      await expect(read()).rejects.toThrow();
      expect(received).toBeGreaterThan(0);
      expect(received).toBeLessThan(weights.length);
    });
  });

  it('ignores the range, flips one bit, or takes a signed URL for expired', async () => {
    const range = { headers: { Range: 'bytes=10-19' } };
    const both = ['--fault', 'hub-ignore-range=1', '--fault', 'hub-flip-byte=1'];
    await withSandbox(both, async ({ hubUrl }) => {
      const answer = await fetch(await locate(hubUrl), range);
      expect(answer.status).toBe(200);
      const bytes = new Uint8Array(await answer.arrayBuffer());
      expect(bytes).toHaveLength(weights.length);
      expect(bytes.filter((byte, index) => byte !== weights[index])).toHaveLength(1);
    });
    await withSandbox(['--fault', 'hub-expired-url=1'], async ({ hubUrl }) => {
      const answer = await fetch(await locate(hubUrl), range);
      expect([answer.status, await answer.text()]).toEqual([
        403,
        expect.stringContaining('AccessDenied')
      ]);
    });
  });

  it('repeats itself with a seed', async () => {
    const args = ['--fault', 'hub-429=0.5', '--seed', '42'];
    const statuses: number[][] = [];
    for (let run = 0; run < 2; run++) {
      await withSandbox(args, async ({ hubUrl }) => {
        const run: number[] = [];
        for (let request = 0; request < 20; request++) {
          const answer = await fetch(`${hubUrl}/api/models/acme/tiny`);
          run.push(answer.status);
          await answer.body?.cancel();
        }
        statuses.push(run);
      });
    }
    expect(new Set(statuses[0])).toEqual(new Set([200, 429]));
    expect(statuses[1]).toEqual(statuses[0]);
  });

  it('drops a request to S3 without any answer', async () => {
    await withSandbox(['--fault', 's3-reset=1'], async ({ awsUrl, env }) => {
      const s3 = new S3Client({
        endpoint: awsUrl,
        region: env['AWS_REGION'],
        forcePathStyle: true,
        maxAttempts: 1,
        credentials: {
          accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
          secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? ''
        }
      });
      const put = s3.send(
        new PutObjectCommand({
          Bucket: env['BEDROCK_IMPORT_SANDBOX_BUCKET'],
          Key: 'key',
          Body: weights
        })
      );
      // Any status would be an answer.
      await expect(put).rejects.toMatchObject({
        message: expect.stringMatching(/socket hang up|ECONNRESET|EPIPE/),
        $metadata: expect.not.objectContaining({ httpStatusCode: expect.any(Number) })
      });
      s3.destroy();
    });
  });
});

describe('faults that stand still', () => {
  it('leave a write half read, and the process can still end', async () => {
    await withSandbox(['--fault', 's3-stall=1', '--verbose'], async sandbox => {
      const { awsUrl, env } = sandbox;
      const s3 = new S3Client({
        endpoint: awsUrl,
        region: env['AWS_REGION'],
        forcePathStyle: true,
        credentials: {
          accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
          secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? ''
        }
      });
      const Bucket = env['BEDROCK_IMPORT_SANDBOX_BUCKET'];
      const url = new URL(await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: 'key' })));
      const total = 64_000_000;
      const put = startHttp(url, { method: 'PUT', headers: { 'content-length': total } });
      let outcome = 'nothing yet';
      put.on('response', () => {
        outcome = 'answered';
      });
      put.on('error', () => {
        outcome = 'broken';
      });
      put.end(Buffer.alloc(total));
      while (!sandbox.log().includes('fault s3-stall')) {
        await delay(50);
      }
      await delay(1000);
      expect(outcome).toBe('nothing yet');
      expect(sandbox.log()).toMatch(/^PUT \S+\/key arrives$/m);
      put.destroy();
      s3.destroy();
    });
  });
});

describe('shaping', () => {
  it('changes no byte and keeps the length', async () => {
    const args = ['--latency', '5ms', '--bandwidth', '20MB'];
    await withSandbox(args, async ({ hubUrl }) => {
      const answer = await fetch(hubUrl + WEIGHTS);
      expect(answer.headers.get('content-length')).toBe(String(weights.length));
      expect(Buffer.from(await answer.arrayBuffer()).equals(weights)).toBe(true);
    });
  });
});

describe('shaping of requests without a body', () => {
  it.each([{}, { 'content-length': '0' }, { 'transfer-encoding': 'chunked' }])(
    'lets them through with %j',
    async headers => {
      await withSandbox(['--bandwidth', '20MB'], async ({ awsUrl }) => {
        const status = await new Promise((resolve, reject) => {
          startHttp(`${awsUrl}/bucket/key`, { method: 'PUT', headers }, answer =>
            resolve(answer.resume().statusCode)
          )
            .on('error', reject)
            .end();
        });
        expect(status).toBe(403);
      });
    }
  );
});

describe('the process', () => {
  let temporary: string;
  const children = new Set<ChildProcess>();

  beforeEach(async () => {
    temporary = await mkdtemp(join(tmpdir(), 'sandbox-process-'));
    await writeModels(join(temporary, 'models'), models);
  });

  afterEach(async () => {
    children.forEach(child => child.kill('SIGKILL'));
    children.clear();
    await rm(temporary, { recursive: true });
  });

  const start = async (...args: string[]) => {
    const [program, ...first] = await denoCommand();
    const child = spawn(program ?? '', [...first, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TMPDIR: temporary, HF_ENDPOINT: '', AWS_ENDPOINT_URL: '' }
    });
    children.add(child);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const ended = once(child, 'close');
    await Promise.race([once(child.stdout, 'data'), ended]);
    return { child, ended, output: () => output };
  };

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends with 0 at %s while it is busy, and removes its temporary folder',
    async signal => {
      const models = join(temporary, 'models');
      const running = await start('--models', models, '--bandwidth', '1kB');
      const lines = running.output().trim().split('\n');
      expect(lines.every(line => /^export \w+='.*'$/.test(line))).toBe(true);
      const hubUrl = /HF_ENDPOINT='(.*)'/.exec(running.output())?.[1] ?? '';
      const download = await fetch(hubUrl + WEIGHTS);
      expect(download.status).toBe(200);
      const read = download.arrayBuffer();
      read.catch(() => undefined);
      running.child.kill(signal);
      expect(await running.ended).toEqual([0, null]);
      await expect(read).rejects.toThrow();
      expect(await readdir(temporary)).toEqual(['models']);
    }
  );

  it('prints exactly one line of JSON, and listens where it is told to', async () => {
    const port = await twoFreePorts();
    const first = await start('--json', '--port', String(port));
    expect(first.output().split('\n')).toHaveLength(2);
    const { env } = JSON.parse(first.output()) as { env: Record<string, string> };
    expect(env['AWS_ENDPOINT_URL']).toBe(`http://127.0.0.1:${port}`);
    expect(env['HF_ENDPOINT']).toBe(`http://127.0.0.1:${port + 1}`);
    const taken = await start('--json', '--port', String(port));
    expect(await taken.ended).toEqual([2, null]);
    expect(taken.output()).toBe('');
    first.child.kill();
    await first.ended;
    const again = await start('--json', '--port', String(port));
    expect(again.output()).toContain(`http://127.0.0.1:${port}"`);
    again.child.kill();
    await again.ended;
  });

  it('ends with the program that started it, when it is told to', async () => {
    const [program = '', ...first] = await denoCommand();
    const child = spawn(program, [...first, '--json', '--stop-with-stdin'], {
      stdio: ['pipe', 'pipe', 'ignore']
    });
    children.add(child);
    await once(child.stdout, 'data');
    child.stdin.end();
    expect(await once(child, 'close')).toEqual([0, null]);
  });

  it('says in one line what is wrong with its arguments', async () => {
    const [program = '', ...first] = await denoCommand();
    const run = promisify(execFile)(program, [...first, '--models', join(temporary, 'none')]);
    await expect(run).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^error: --models: '.*none' is not a folder\n$/)
    });
  });
});
