import { createHubClient, openHubModel } from '.';
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

let hub: TestHub;

beforeEach(async () => {
  hub = await startTestHub({
    'config.json': config,
    'model.safetensors': weights
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
