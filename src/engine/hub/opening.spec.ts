import { createHubClient, locateHubFile, openHubModel, readHubFile } from '.';
import type { HubClientOptions } from './client';
import { failureOf, TEST_TOKEN as TOKEN } from './testing/failureOf';
import {
  COMMIT,
  entryOf,
  MODEL_ID,
  refuse,
  sendJson,
  startTestHub,
  type TestHub
} from './testing/startTestHub';
import type { HubClient, HubModel } from './types';

const weights = new Uint8Array(50_000).map((_value, index) => (index * 31) % 251);
const config = new TextEncoder().encode('{"architectures":["LlamaForCausalLM"]}');
const oddPaths = [
  'with space.txt',
  'größe/日本語.txt',
  'a#b?c%d+e&f=g.txt',
  '%2e%2e/100%.txt',
  "q'(1)!*~.txt"
];

let hub: TestHub;

beforeEach(async () => {
  hub = await startTestHub({
    'config.json': config,
    'model.safetensors': weights,
    'sub/odd #1?.safetensors': weights.subarray(0, 1000),
    'empty.txt': new Uint8Array(0),
    ...Object.fromEntries(oddPaths.map(path => [path, new TextEncoder().encode(path)]))
  });
});

afterEach(async () => {
  await hub.stop();
});

function client(options: HubClientOptions = {}): HubClient {
  return createHubClient({ endpoint: hub.endpoint, firstPauseMs: 1, ...options });
}

function clientWithToken(options: HubClientOptions = {}): HubClient {
  return client({ token: { value: TOKEN, source: 'HF_TOKEN' }, ...options });
}

async function open(by = client(), revision?: string): Promise<HubModel> {
  return await openHubModel(by, { id: MODEL_ID, revision });
}

describe('openHubModel', () => {
  it('gives the facts and the pinned listing', async () => {
    const model = await open(client(), 'main');
    expect(model).toMatchObject({
      id: MODEL_ID,
      commitSha: COMMIT,
      requestedRevision: 'main',
      gated: false,
      private: false,
      license: 'apache-2.0',
      pipelineTag: 'text-generation',
      lastModified: new Date('2026-01-02T03:04:05Z'),
      endpoint: hub.endpoint
    });
    expect(model.files.find(file => file.path === 'model.safetensors')).toEqual({
      path: 'model.safetensors',
      sizeBytes: 50_000,
      gitOid: expect.stringMatching(/^[0-9a-f]{40}$/),
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/)
    });
    expect(model.files.find(file => file.path === 'config.json')?.sha256).toBeUndefined();
    expect(hub.requests.some(request => request.url.includes(`/tree/${COMMIT}?`))).toBe(true);
  });

  it('encodes a revision with a slash', async () => {
    await open(client(), 'refs/pr/1');
    expect(hub.requests[0]?.url).toContain('/revision/refs%2Fpr%2F1?');
  });

  it('follows the redirect of a renamed model and tells its new name', async () => {
    hub.onHub = (request, response) => {
      if (!request.url?.startsWith('/api/models/old/name/')) {
        return false;
      }
      response.writeHead(307, { Location: request.url.replace('old/name', MODEL_ID) }).end();
      return true;
    };
    const model = await openHubModel(clientWithToken(), { id: 'old/name' });
    expect(model.id).toBe(MODEL_ID);
    expect(hub.requests.every(request => request.authorization === `Bearer ${TOKEN}`)).toBe(true);
  });

  it('reads a listing of several pages, without the token for a page elsewhere', async () => {
    const first = entryOf('config.json', config);
    const second = entryOf('model.safetensors', weights);
    hub.onHub = (request, response) => {
      if (!request.url?.includes('/tree/')) {
        return false;
      }
      response.setHeader('Link', `<${hub.storageOrigin}/page2>; rel="next"`);
      sendJson(response, 200, [first]);
      return true;
    };
    hub.onStorage = (_request, response) => {
      sendJson(response, 200, [second]);
      return true;
    };
    const model = await open(clientWithToken());
    expect(model.files.map(file => file.path)).toEqual(['config.json', 'model.safetensors']);
    const elsewhere = hub.requests.filter(request => request.on === 'storage');
    expect(elsewhere).toEqual([{ on: 'storage', method: 'GET', url: '/page2' }]);
  });

  it('ends a listing that leads back to itself', async () => {
    hub.onHub = (request, response) => {
      if (!request.url?.includes('/tree/')) {
        return false;
      }
      response.setHeader('Link', `<${hub.endpoint}${request.url}>; rel="next"`);
      sendJson(response, 200, []);
      return true;
    };
    expect((await failureOf(open())).code).toBe('HUB_LISTING_INVALID');
  });

  it.each([
    ['RepoNotFound', 401, false, 'HUB_NOT_FOUND'],
    ['RepoNotFound', 404, true, 'HUB_NOT_FOUND'],
    ['RevisionNotFound', 404, false, 'HUB_REVISION_NOT_FOUND'],
    ['GatedRepo', 401, false, 'HUB_GATED'],
    ['GatedRepo', 403, true, 'HUB_NO_ACCESS'],
    [undefined, 401, true, 'HUB_TOKEN_INVALID'],
    [undefined, 401, false, 'HUB_NOT_FOUND'],
    [undefined, 403, true, 'HUB_NO_ACCESS'],
    [undefined, 404, false, 'HUB_NOT_FOUND'],
    [undefined, 429, false, 'HUB_RATE_LIMITED'],
    [undefined, 503, false, 'HUB_UNREACHABLE'],
    [undefined, 418, false, 'HUB_ANSWER_UNEXPECTED']
  ])('turns %s with status %d (token: %s) into %s', async (errorCode, status, token, code) => {
    hub.onHub = (_request, response) =>
      refuse(response, status, errorCode, `your token ${TOKEN} or Bearer ${TOKEN}`);
    const error = await failureOf(open(token ? clientWithToken() : client()));
    expect(error.code).toBe(code);
    expect(error.subject).toBe(MODEL_ID);
  });

  it('finds a gate that facts and listing do not show', async () => {
    hub.facts = { gated: 'manual' };
    hub.onHub = (request, response) =>
      request.url?.includes('/resolve/') === true && refuse(response, 401, 'GatedRepo');
    const error = await failureOf(open());
    expect(error.code).toBe('HUB_GATED');
    expect(error.kind).toBe('blocked');
    expect(error.nextStep).toContain(`Accept the licence at ${hub.endpoint}/${MODEL_ID}`);
    expect(error.nextStep).toContain('HF_TOKEN');
  });

  it.each([
    ['an HTML page', (body: string) => `<html>${body}</html>`],
    ['null', () => 'null'],
    ['a number', () => '7'],
    ['JSON cut short', () => '{"id": "exam']
  ])('refuses %s in place of the facts', async (_name, body) => {
    hub.onHub = (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/html' }).end(body('sign in'));
      return true;
    };
    expect((await failureOf(open())).code).toBe('HUB_ANSWER_UNEXPECTED');
  });

  it.each([
    { sha: 'main' },
    { sha: undefined },
    { id: '../../etc' },
    { id: 'https://elsewhere.example/x' }
  ])('refuses facts with %j', async facts => {
    hub.facts = facts;
    expect((await failureOf(open())).code).toBe('HUB_ANSWER_UNEXPECTED');
  });

  it('refuses another commit than the one asked for', async () => {
    const error = await failureOf(open(client(), 'f'.repeat(40)));
    expect(error.code).toBe('HUB_ANSWER_UNEXPECTED');
  });

  it('says what to do when nothing listens', async () => {
    const nowhere = createHubClient({ endpoint: hub.endpoint, firstPauseMs: 1, attempts: 2 });
    await hub.stop();
    const error = await failureOf(open(nowhere));
    expect(error.code).toBe('HUB_UNREACHABLE');
    expect(error.message).toContain('ECONNREFUSED');
  });

  it('rejects with the cancellation', async () => {
    const controller = new AbortController();
    hub.onHub = () => {
      controller.abort();
      return true;
    };
    const error = await failureOf(
      openHubModel(clientWithToken(), { id: MODEL_ID }, { signal: controller.signal })
    );
    expect(error.code).toBe('CANCELLED');
    expect(hub.requests).toHaveLength(1);
  });
});

describe('the listing', () => {
  const good = entryOf('config.json', config);

  it.each([
    ['a way out', { path: '../../etc/passwd' }],
    ['a way out inside', { path: 'a/../../b' }],
    ['a single dot', { path: './a' }],
    ['an absolute path', { path: '/etc/passwd' }],
    ['an empty part', { path: 'a//b' }],
    ['an empty path', { path: '' }],
    ['a trailing slash', { path: 'a/' }],
    ['a backslash', { path: 'a\\..\\b' }],
    ['a drive', { path: 'C:x' }],
    ['a line break', { path: 'a\nb' }],
    ['a NUL', { path: 'a\0b' }],
    ['half a surrogate pair', { path: 'a\ud800b' }],
    ['no path', { path: undefined }],
    ['a negative size', { size: -1 }],
    ['half a byte', { size: 1.5 }],
    ['a size in words', { size: '12' }],
    ['an endless size', { size: 1e300 }],
    ['no hash', { oid: undefined }],
    ['a short hash', { oid: 'abc' }],
    ['a bad SHA-256', { lfs: { oid: 'f'.repeat(63), size: 38, pointerSize: 1 } }],
    ['two sizes', { lfs: { oid: 'f'.repeat(64), size: 39, pointerSize: 1 } }]
  ])('is refused with %s', async (_name, change) => {
    hub.listing = [{ ...good, ...change }];
    const error = await failureOf(open());
    expect(error.code).toBe('HUB_LISTING_INVALID');
    expect(error.kind).toBe('blocked');
    expect(error.message).not.toMatch(/\p{Cc}/u);
  });

  it.each([
    ['a path twice', [good, good]],
    [
      'a file that is a folder',
      [
        { ...good, path: 'a' },
        { ...good, path: 'a/b' }
      ]
    ],
    [
      'a folder that is a file',
      [
        { ...good, path: 'a/b/c' },
        { ...good, path: 'a/b' }
      ]
    ]
  ])('is refused with %s', async (_name, listing) => {
    hub.listing = listing;
    expect((await failureOf(open())).code).toBe('HUB_LISTING_INVALID');
  });

  it('leaves directories out', async () => {
    hub.listing = [good, { type: 'directory', path: 'a', size: 0, oid: 'x' }];
    expect((await open()).files).toHaveLength(1);
  });

  it.each(oddPaths)('takes %s through to its bytes', async path => {
    const by = client();
    const model = await open(by);
    const bytes = await readHubFile(by, model, path);
    expect(new TextDecoder().decode(bytes)).toBe(path);
    expect((await locateHubFile(by, model, path)).url).toContain(hub.endpoint);
  });
});

describe('the client', () => {
  it.each([`${TOKEN}\n`, `${TOKEN}\r\nX-Evil: 1`, `hf_ä${TOKEN}`, `${TOKEN} `, ''])(
    'refuses the token %j',
    async value => {
      const attempt = async (): Promise<unknown> =>
        await Promise.resolve(createHubClient({ token: { value, source: 'HF_TOKEN' } }));
      expect((await failureOf(attempt())).code).toBe('HUB_TOKEN_MALFORMED');
    }
  );

  it('never shows its token', () => {
    expect(JSON.stringify(clientWithToken())).not.toContain(TOKEN);
    expect(String(clientWithToken().token)).not.toContain(TOKEN);
  });

  it.each(['ftp://x', 'nonsense', 'https://user:pw@x', 'https://x/?a=b', ''])(
    'refuses the address %j',
    async endpoint => {
      const attempt = async (): Promise<unknown> =>
        await Promise.resolve(createHubClient({ endpoint }));
      expect((await failureOf(attempt())).code).toBe('HUB_ENDPOINT_INVALID');
    }
  );

  it('repeats what a rate limit, a server error and a broken connection stopped', async () => {
    const waits: number[] = [];
    let turn = 0;
    hub.onHub = (request, response) => {
      turn += 1;
      if (turn === 1) {
        response.setHeader('Retry-After', '0');
        return refuse(response, 429);
      }
      if (turn === 2) {
        response.setHeader('RateLimit', '"api";r=0;t=0');
        return refuse(response, 429);
      }
      if (turn === 3) {
        return refuse(response, 503);
      }
      if (turn === 4) {
        request.socket.destroy();
        return true;
      }
      return false;
    };
    await open(client({ onWait: wait => waits.push(wait.nextTryMs) }));
    expect(waits).toHaveLength(4);
  });

  it('waits as long as Retry-After says, unless that is too long', async () => {
    const waits: number[] = [];
    hub.onHub = (_request, response) => {
      response.setHeader('Retry-After', '3600');
      return refuse(response, 429);
    };
    const error = await failureOf(open(client({ onWait: wait => waits.push(wait.nextTryMs) })));
    expect(error.code).toBe('HUB_RATE_LIMITED');
    expect(error.nextStep).toContain('3600 seconds');
    expect(waits).toEqual([]);

    const controller = new AbortController();
    const patient = client({
      longestWaitMs: 1e7,
      onWait: wait => {
        waits.push(wait.nextTryMs);
        controller.abort();
      }
    });
    const cancelled = openHubModel(patient, { id: MODEL_ID }, { signal: controller.signal });
    expect((await failureOf(cancelled)).code).toBe('CANCELLED');
    expect(waits).toEqual([3_600_000]);
  });

  it('gives up after its tries', async () => {
    hub.onHub = (_request, response) => refuse(response, 500);
    expect((await failureOf(open(client({ attempts: 3 })))).code).toBe('HUB_UNREACHABLE');
    expect(hub.requests).toHaveLength(3);
  });

  it('does not wait for ever for an answer', async () => {
    hub.onHub = () => true;
    const error = await failureOf(open(client({ attempts: 1, answerTimeoutMs: 50 })));
    expect(error.code).toBe('HUB_UNREACHABLE');
    expect(error.message).toContain('TIMEOUT');
  });

  it('does not repeat a POST', async () => {
    hub.onHub = (_request, response) => refuse(response, 503);
    const response = await client().fetch(`${hub.endpoint}/x`, { method: 'POST', body: 'x' });
    expect(response.status).toBe(503);
    expect(hub.requests).toHaveLength(1);
  });

  it('keeps the token to the origin of the hub, whatever the caller asks', async () => {
    hub.onHub = (_request, response) => {
      response.writeHead(302, { Location: `${hub.storageOrigin}/model.safetensors` }).end();
      return true;
    };
    const by = clientWithToken();
    const headers = { authorization: `Bearer ${TOKEN}` };
    await (await by.fetch(`${hub.endpoint}/x`, { headers })).arrayBuffer();
    await (await by.fetch(`${hub.storageOrigin}/model.safetensors`, { headers })).arrayBuffer();
    expect(hub.requests.map(request => [request.on, request.authorization])).toEqual([
      ['hub', `Bearer ${TOKEN}`],
      ['storage', undefined],
      ['storage', undefined]
    ]);
  });

  it('ends a circle of redirects', async () => {
    hub.onHub = (request, response) => {
      response.writeHead(302, { Location: request.url }).end();
      return true;
    };
    expect((await failureOf(open(client({ attempts: 1 })))).code).toBe('HUB_UNREACHABLE');
  });
});
