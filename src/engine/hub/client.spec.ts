import { createHubClient, openHubModel } from '.';
import type { HubClientOptions } from './client';
import { failureOf, TEST_TOKEN as TOKEN } from './testing/failureOf';
import { MODEL_ID, refuse, startTestHub, type TestHub } from './testing/startTestHub';
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

async function open(by: HubClient): Promise<HubModel> {
  return await openHubModel(by, { id: MODEL_ID });
}

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
