import { startSandbox, type StartedSandbox } from '../../sandbox/testing';
import { createHubClient, searchModels } from '.';
import { LoopbackServer } from '../testing/loopbackServer';
import { rejectedBy } from '../testing/thrownBy';
import { TEST_TOKEN } from './testing/failureOf';
import type { HubClient } from './types';
import type { IncomingMessage, ServerResponse } from 'node:http';

describe('a search of the hub', () => {
  let sandbox: StartedSandbox;
  let known: HubClient;
  let anonymous: HubClient;

  beforeAll(async () => {
    const config = '{"architectures": ["LlamaForCausalLM"]}';
    const settings = JSON.stringify({ private: true, tokens: [TEST_TOKEN] });
    sandbox = await startSandbox({
      models: {
        'open-org/first-model': { 'config.json': config },
        'open-org/second-model': { 'config.json': config },
        'own-org/hidden-model': { 'config.json': config, '.sandbox.json': settings }
      }
    });
    const endpoint = sandbox.hubUrl;
    anonymous = createHubClient({ endpoint });
    known = createHubClient({ endpoint, token: { value: TEST_TOKEN, source: 'HF_TOKEN' } });
  });

  afterAll(() => sandbox.stop());

  it('finds what the token lets see', async () => {
    const ids = async (client: HubClient, query: string): Promise<string[]> =>
      (await searchModels(client, query)).map(({ id }) => id).sort();
    expect(await ids(anonymous, 'model')).toEqual([
      'open-org/first-model',
      'open-org/second-model'
    ]);
    expect(await ids(known, ' hidden ')).toEqual(['own-org/hidden-model']);
    expect(await ids(known, 'nothing-like-it')).toEqual([]);
  });

  it('gives no more than it was asked for, and nothing for no words', async () => {
    expect(await searchModels(known, 'model', { limit: 1 })).toHaveLength(1);
    expect(await searchModels(known, '  ')).toEqual([]);
  });

  it('stops', async () => {
    const signal = AbortSignal.abort();
    expect(await rejectedBy(searchModels(known, 'model', { signal }))).toMatchObject({
      code: 'CANCELLED'
    });
  });
});

/** A hub that answers every search with one text. */
class OneAnswer extends LoopbackServer {
  urls: string[] = [];

  constructor(private readonly text: string) {
    super();
  }

  protected override answer(request: IncomingMessage, response: ServerResponse): void {
    this.urls.push(request.url ?? '');
    response.setHeader('content-type', 'application/json').end(this.text);
  }
}

describe('a hub that is none', () => {
  let hub: OneAnswer;

  async function search(text: string, query = 'x'): ReturnType<typeof searchModels> {
    hub = new OneAnswer(text);
    await hub.start();
    return searchModels(createHubClient({ endpoint: hub.url, firstPauseMs: 1 }), query);
  }

  afterEach(() => hub.stop());

  it.each(['{"a":1}', '[null]', 'null', '<html>'])('is told apart by %s', async text => {
    const error = await rejectedBy(search(text));
    expect(error.code).toMatch(/^HUB_/);
  });

  it('has its oddities left out', async () => {
    const models = [
      { _id: '1', id: '../../etc', downloads: 1, likes: 1, lastModified: '2026-01-01' },
      { _id: '2', id: 'org/good', downloads: 'many', gated: 'perhaps', lastModified: 'never' }
    ];
    expect(await search(JSON.stringify(models))).toEqual([
      { id: 'org/good', downloads: 0, likes: 0, gated: false, private: false }
    ]);
  });

  it('is asked for nothing but the words', async () => {
    await search('[]', 'a&b=c/../d');
    const url = new URL(hub.urls[0] ?? '', 'http://x');
    expect([url.pathname, url.searchParams.get('search')]).toEqual(['/api/models', 'a&b=c/../d']);
  });
});
