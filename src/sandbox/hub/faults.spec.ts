import { createHash, randomBytes } from 'node:crypto';
import { get as getHttps } from 'node:https';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { once } from 'node:events';

import { startSandbox, type StartedSandbox } from '../testing';

const weights = randomBytes(3_000_000);
const models = { 'acme/tiny': { 'config.json': '{}', 'model.safetensors': weights } };
const WEIGHTS = '/acme/tiny/resolve/main/model.safetensors';
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function withFaults(
  faults: readonly string[],
  use: (sandbox: StartedSandbox) => Promise<void>,
  args: readonly string[] = []
): Promise<void> {
  const sandbox = await startSandbox({
    models,
    args: [...args, ...faults.flatMap(fault => ['--fault', fault])]
  });
  try {
    await use(sandbox);
  } finally {
    await sandbox.stop();
  }
}

async function locate(hubUrl: string): Promise<string> {
  const answer = await fetch(hubUrl + WEIGHTS, { redirect: 'manual' });
  return answer.headers.get('location') ?? '';
}

/** How many bytes come until the body ends, fails or says nothing for `patienceMs`. */
async function receive(
  answer: Response,
  patienceMs = 5000
): Promise<{ bytes: number; how: 'end' | 'error' | 'silence' }> {
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  let bytes = 0;
  for (;;) {
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<'silence'>(resolve => {
      timer = setTimeout(() => resolve('silence'), patienceMs);
    });
    const next = await Promise.race([reader.read().catch(() => 'error' as const), silence]);
    clearTimeout(timer);
    if (typeof next === 'string') {
      await reader.cancel().catch(() => undefined);
      return { bytes, how: next };
    }
    if (next.done) {
      return { bytes, how: 'end' };
    }
    bytes += next.value.length;
  }
}

describe('bodies of the hub', () => {
  it('stand still half-way without an end', async () => {
    await withFaults(['hub-stall=1'], async ({ hubUrl }) => {
      const answer = await fetch(await locate(hubUrl));
      expect(answer.headers.get('content-length')).toBe(String(weights.length));
      expect(await receive(answer, 1000)).toEqual({ bytes: weights.length / 2, how: 'silence' });
    });
  });

  it('end early although the length promised more', async () => {
    await withFaults(['hub-truncate=1'], async ({ hubUrl }) => {
      const answer = await fetch(await locate(hubUrl));
      expect(answer.headers.get('content-length')).toBe(String(weights.length));
      expect(await receive(answer)).toEqual({ bytes: weights.length / 2, how: 'error' });
    });
  });

  it('end early over TLS too, by closing the connection', async () => {
    await withFaults(
      ['hub-truncate=1'],
      async ({ hubUrl, env }) => {
        const ca = await readFile(env['NODE_EXTRA_CA_CERTS'] ?? '', 'utf8');
        const options = { ca, agent: false } as const;
        const [found] = (await once(getHttps(hubUrl + WEIGHTS, options), 'response')) as [
          IncomingMessage
        ];
        found.resume();
        const [answer] = (await once(
          getHttps(found.headers.location ?? '', options),
          'response'
        )) as [IncomingMessage];
        expect(answer.headers['content-length']).toBe(String(weights.length));
        let bytes = 0;
        answer.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
        });
        await expect(once(answer, 'end')).rejects.toThrow(/aborted|ECONNRESET|hang up/);
        expect(bytes).toBe(weights.length / 2);
      },
      ['--tls']
    );
  });

  it('break off every so many times', async () => {
    await withFaults(['hub-reset-every=3'], async ({ hubUrl }) => {
      const url = await locate(hubUrl);
      const ends: string[] = [];
      for (let number = 0; number < 7; number++) {
        ends.push((await receive(await fetch(url))).how);
      }
      expect(ends).toEqual(['end', 'end', 'error', 'end', 'end', 'error', 'end']);
    });
  });
});

describe('hub-swap', () => {
  const swapped = Buffer.concat([
    weights.subarray(0, 2 ** 20),
    weights.subarray(2 ** 20).map(byte => ~byte)
  ]);

  it('sends other bytes of the same size under the old hash', async () => {
    await withFaults(['hub-swap=1'], async ({ hubUrl }) => {
      const answer = await fetch(await locate(hubUrl));
      expect(answer.headers.get('etag')).toBe(`"${sha256(weights)}"`);
      expect(Buffer.from(await answer.arrayBuffer()).equals(swapped)).toBe(true);
      const range = { headers: { Range: 'bytes=1048570-1048579' } };
      const part = await (await fetch(await locate(hubUrl), range)).arrayBuffer();
      expect(Buffer.from(part).equals(swapped.subarray(1048570, 1048580))).toBe(true);
      const tree = await (await fetch(`${hubUrl}/api/models/acme/tiny/tree/main`)).json();
      expect(JSON.stringify(tree)).toContain(sha256(weights));
    });
  });

  it('begins so long after the file was first located, and lasts', async () => {
    await withFaults(['hub-swap=1.5s'], async ({ hubUrl }) => {
      const url = await locate(hubUrl);
      const isWhole = async () =>
        Buffer.from(await (await fetch(url)).arrayBuffer()).equals(weights);
      expect(await isWhole()).toBe(true);
      while (await isWhole()) {
        await new Promise(resolve => setTimeout(resolve, 100));
      }
      expect(await isWhole()).toBe(false);
    });
  });
});

describe('hub-rate-limit', () => {
  it('counts down in the headers of the hub and then refuses, each kind apart', async () => {
    await withFaults(['hub-rate-limit=2'], async ({ hubUrl }) => {
      const api = () => fetch(`${hubUrl}/api/models/acme/tiny`);
      const first = await api();
      expect(first.status).toBe(200);
      expect(first.headers.get('ratelimit')).toMatch(/^"api";r=1;t=[1-5]$/);
      expect(first.headers.get('ratelimit-policy')).toBe('"fixed window";"api";q=2;w=5');
      const answers = [await api(), await api(), await api()];
      const refused = answers.find(answer => answer.status === 429);
      expect(refused?.headers.get('ratelimit')).toMatch(/^"api";r=0;t=[1-5]$/);
      expect(refused?.headers.get('retry-after')).toMatch(/^[1-5]$/);
      const located = await fetch(hubUrl + WEIGHTS, { redirect: 'manual' });
      expect(located.status).toBe(302);
      expect(located.headers.get('ratelimit')).toMatch(/^"resolvers";r=1;t=[1-5]$/);
      const body = await fetch(located.headers.get('location') ?? '');
      expect(body.headers.has('ratelimit')).toBe(false);
      await body.body?.cancel();
    });
  });
});
