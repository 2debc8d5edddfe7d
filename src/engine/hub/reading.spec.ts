import { createHubClient, locateHubFile, openHubModel, readHubFile, readHubRange } from '.';
import { failureOf, TEST_TOKEN } from './testing/failureOf';
import {
  COMMIT,
  gitOid,
  type Interception,
  MODEL_ID,
  refuse,
  startTestHub,
  type TestHub
} from './testing/startTestHub';
import type { HubClient, HubModel } from './types';

const weights = new Uint8Array(50_000).map((_value, index) => (index * 31) % 251);
const config = new TextEncoder().encode('{"architectures":["LlamaForCausalLM"]}');
const WEIGHTS = 'sub/odd #1?%.safetensors';

let hub: TestHub;
let client: HubClient;
let model: HubModel;

beforeEach(async () => {
  hub = await startTestHub({
    'config.json': config,
    [WEIGHTS]: weights,
    'empty.txt': new Uint8Array(0)
  });
  client = createHubClient({
    endpoint: hub.endpoint,
    token: { value: TEST_TOKEN, source: 'HF_TOKEN' },
    firstPauseMs: 1
  });
  model = await openHubModel(client, { id: MODEL_ID });
  hub.requests.length = 0;
});

afterEach(async () => {
  await hub.stop();
});

/** The first answers are those of `interception`, the later ones the usual. */
function atFirst(times: number, interception: Interception): Interception {
  let left = times;
  return (request, response) => {
    left -= 1;
    return left >= 0 && interception(request, response);
  };
}

/** Starts an answer and breaks the connection in the middle of its body. */
const breakOff: Interception = (_request, response) => {
  response.writeHead(200, { 'Content-Length': config.byteLength });
  response.write(config.subarray(0, 10), () => response.destroy());
  return true;
};

describe('locateHubFile', () => {
  it('gives the signed address of the storage, without the token', async () => {
    const location = await locateHubFile(client, model, WEIGHTS);
    const encoded = `${hub.storageOrigin}/sub/odd%20%231%3F%25.safetensors?`;
    expect(location.url.startsWith(encoded)).toBe(true);
    expect(location.headers).toEqual({});
    const minutes = ((location.expiresAt?.getTime() ?? 0) - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(50);
    expect(minutes).toBeLessThan(61);
    expect(hub.requests.map(request => [request.on, request.method])).toEqual([['hub', 'HEAD']]);
  });

  it('gives the address on the hub with the token where there is no redirect', async () => {
    const location = await locateHubFile(client, model, 'config.json');
    expect(location).toEqual({
      url: `${hub.endpoint}/${MODEL_ID}/resolve/${COMMIT}/config.json`,
      headers: { authorization: `Bearer ${TEST_TOKEN}` },
      expiresAt: undefined
    });
  });

  it("follows the hub's own relative redirects", async () => {
    hub.onHub = atFirst(1, (request, response) => {
      response.writeHead(307, { Location: request.url, 'X-Repo-Commit': COMMIT }).end();
      return true;
    });
    expect((await locateHubFile(client, model, WEIGHTS)).url).toContain(hub.storageOrigin);
  });

  it.each([
    ['X-Linked-Size', '50001'],
    ['X-Linked-Size', 'many'],
    ['X-Linked-ETag', `"${'a'.repeat(64)}"`],
    ['X-Repo-Commit', 'f'.repeat(40)]
  ])('refuses a file whose %s is %s', async (header, value) => {
    hub.onHub = (_request, response) => {
      response.writeHead(302, { Location: `${hub.storageOrigin}/x`, [header]: value }).end();
      return true;
    };
    const error = await failureOf(locateHubFile(client, model, WEIGHTS));
    expect(error.code).toBe('HUB_FILE_MISMATCH');
    expect(error.subject).toBe(`${MODEL_ID}/${WEIGHTS}`);
  });

  it.each([
    ['Content-Length', '3'],
    ['ETag', `"${'a'.repeat(40)}"`]
  ])('refuses a small file whose %s is %s', async (header, value) => {
    hub.onHub = (_request, response) => {
      response.writeHead(200, { [header]: value }).end();
      return true;
    };
    const error = await failureOf(locateHubFile(client, model, 'config.json'));
    expect(error.code).toBe('HUB_FILE_MISMATCH');
  });

  it.each(['ftp://x/y', 'http://user:SIGNED-SECRET@x/', 'http://[broken'])(
    'refuses a redirect to %s',
    async location => {
      hub.onHub = (_request, response) => {
        response.writeHead(302, { Location: location }).end();
        return true;
      };
      const error = await failureOf(locateHubFile(client, model, WEIGHTS));
      expect(error.code).toBe('HUB_ANSWER_UNEXPECTED');
    }
  );

  it('tells of a file that is not listed, and of one that is listed but missing', async () => {
    const unlisted = await failureOf(locateHubFile(client, model, '../config.json'));
    expect(unlisted.code).toBe('HUB_FILE_NOT_FOUND');
    expect(hub.requests).toEqual([]);
    hub.onHub = (_request, response) => refuse(response, 404, 'EntryNotFound');
    const missing = await failureOf(locateHubFile(client, model, WEIGHTS));
    expect(missing.code).toBe('HUB_FILE_NOT_FOUND');
  });

  it('stops before the first request when it is cancelled already', async () => {
    const signal = AbortSignal.abort();
    const works = [
      locateHubFile(client, model, WEIGHTS, { signal }),
      readHubFile(client, model, 'config.json', { signal }),
      readHubRange(client, model, WEIGHTS, 0, 8, { signal }),
      openHubModel(client, { id: MODEL_ID }, { signal })
    ];
    for (const work of works) {
      expect((await failureOf(work)).kind).toBe('cancelled');
    }
    expect(hub.requests).toEqual([]);
  });
});

describe('readHubFile', () => {
  it('reads and proves files with and without LFS, and an empty one', async () => {
    expect(await readHubFile(client, model, 'config.json')).toEqual(config);
    expect(await readHubFile(client, model, WEIGHTS)).toEqual(weights);
    expect(await readHubFile(client, model, 'empty.txt')).toHaveLength(0);
    const storage = hub.requests.filter(request => request.on === 'storage');
    expect(storage.map(request => request.authorization)).toEqual([undefined]);
  });

  it('asks the hub again when the signed address has expired', async () => {
    hub.onStorage = atFirst(1, (_request, response) => (response.writeHead(403).end(), true));
    expect(await readHubFile(client, model, WEIGHTS)).toEqual(weights);
  });

  it('takes a refusal of the hub for its word', async () => {
    hub.onHub = (_request, response) => refuse(response, 403, 'GatedRepo');
    const error = await failureOf(readHubFile(client, model, WEIGHTS));
    expect(error.code).toBe('HUB_NO_ACCESS');
    expect(hub.requests).toHaveLength(1);
  });

  it('refuses a large file before asking for it', async () => {
    const error = await failureOf(readHubFile(client, model, WEIGHTS, { maxBytes: 49_999 }));
    expect(error.code).toBe('HUB_FILE_TOO_LARGE');
    expect(hub.requests).toEqual([]);
  });

  it('reads again what broke off or came with a wrong byte', async () => {
    let turn = 0;
    hub.onHub = (request, response) => {
      turn += 1;
      if (turn === 1) {
        return breakOff(request, response);
      }
      if (turn === 2) {
        response.end(config.map((byte, index) => (index === 5 ? byte ^ 1 : byte)));
        return true;
      }
      return false;
    };
    expect(await readHubFile(client, model, 'config.json')).toEqual(config);
    expect(turn).toBe(3);
  });

  it.each([
    ['a flipped byte', config.map((byte, index) => (index === 5 ? byte ^ 1 : byte))],
    ['fewer bytes', config.subarray(1)],
    ['more bytes', new Uint8Array([...config, 32])],
    ['nothing', new Uint8Array(0)],
    ['a page', new TextEncoder().encode('<html>sign in</html>')]
  ])('refuses %s', async (_name, bytes) => {
    hub.onHub = (_request, response) => {
      response.end(bytes);
      return true;
    };
    const error = await failureOf(readHubFile(client, model, 'config.json'));
    expect(error.code).toBe('HUB_FILE_MISMATCH');
  });

  it('gives up on a body that breaks off every time', async () => {
    hub.onHub = breakOff;
    const error = await failureOf(readHubFile(client, model, 'config.json'));
    expect(error.code).toBe('HUB_UNREACHABLE');
    expect(hub.requests).toHaveLength(4);
  });

  it('can be stopped in the middle of the body', async () => {
    const controller = new AbortController();
    hub.onHub = (_request, response) => {
      response.writeHead(200, { 'Content-Length': config.byteLength });
      response.write(config.subarray(0, 5), () => controller.abort());
      return true;
    };
    const work = readHubFile(client, model, 'config.json', { signal: controller.signal });
    expect((await failureOf(work)).code).toBe('CANCELLED');
  });
});

describe('readHubRange', () => {
  it('reads exactly the bytes, asking the hub only once', async () => {
    expect(await readHubRange(client, model, WEIGHTS, 0, 8)).toEqual(weights.subarray(0, 8));
    expect(await readHubRange(client, model, WEIGHTS, 49_990, 50_000)).toEqual(
      weights.subarray(49_990)
    );
    expect(await readHubRange(client, model, WEIGHTS, 7, 7)).toHaveLength(0);
    expect(hub.requests.map(request => request.on)).toEqual(['hub', 'storage', 'storage']);
    expect(hub.requests[1]?.authorization).toBeUndefined();
  });

  it('reads a part of a file that lies on the hub itself', async () => {
    expect(await readHubRange(client, model, 'config.json', 1, 4)).toEqual(config.subarray(1, 4));
  });

  it.each([
    [-1, 3],
    [5, 4],
    [0, 50_001],
    [0.5, 2],
    [0, Number.NaN]
  ])('refuses the part %d to %d', async (start, end) => {
    const error = await failureOf(readHubRange(client, model, WEIGHTS, start, end));
    expect(error.code).toBe('HUB_RANGE_INVALID');
    expect(error.kind).toBe('usage');
  });

  it.each<[string, Interception]>([
    ['the whole file', (_request, response) => (response.end(weights), true)],
    [
      'another part',
      (_request, response) => {
        response.writeHead(206, { 'Content-Range': 'bytes 8-15/50000' });
        response.end(weights.subarray(8, 16));
        return true;
      }
    ],
    [
      'a part without Content-Range',
      (_request, response) => {
        response.writeHead(206).end(weights.subarray(0, 8));
        return true;
      }
    ],
    [
      'too few bytes',
      (_request, response) => {
        response.writeHead(206, { 'Content-Range': 'bytes 0-7/50000' });
        response.end(weights.subarray(0, 7));
        return true;
      }
    ]
  ])('refuses %s in place of the part', async (_name, interception) => {
    hub.onStorage = interception;
    const error = await failureOf(readHubRange(client, model, WEIGHTS, 0, 8));
    expect(error.code).toBe('HUB_RANGE_IGNORED');
  });

  it('tries again when a range was ignored once', async () => {
    hub.onStorage = atFirst(1, (_request, response) => (response.end(weights), true));
    expect(await readHubRange(client, model, WEIGHTS, 0, 8)).toEqual(weights.subarray(0, 8));
  });

  it.each<[string, Interception]>([
    [
      'another size',
      (_request, response) => {
        response.writeHead(206, { 'Content-Range': 'bytes 0-7/49999' });
        response.end(weights.subarray(0, 8));
        return true;
      }
    ],
    ['status 416', (_request, response) => (response.writeHead(416).end(), true)],
    [
      'more bytes than the part has',
      (_request, response) => {
        response.writeHead(206, { 'Content-Range': 'bytes 0-7/50000' });
        response.end(weights.subarray(0, 9));
        return true;
      }
    ]
  ])('refuses a file with %s', async (_name, interception) => {
    hub.onStorage = interception;
    const error = await failureOf(readHubRange(client, model, WEIGHTS, 0, 8));
    expect(error.code).toBe('HUB_FILE_MISMATCH');
  });

  it('asks for a new address when the signed one has expired', async () => {
    hub.onStorage = atFirst(1, (_request, response) => (response.writeHead(403).end(), true));
    expect(await readHubRange(client, model, WEIGHTS, 0, 8)).toEqual(weights.subarray(0, 8));
    expect(hub.requests.map(request => request.on)).toEqual(['hub', 'storage', 'hub', 'storage']);
  });

  it('tells when the storage refuses every address', async () => {
    hub.onStorage = (_request, response) => (response.writeHead(403).end('SIGNED-SECRET'), true);
    const error = await failureOf(readHubRange(client, model, WEIGHTS, 0, 8));
    expect(error.code).toBe('HUB_UNREACHABLE');
    expect(error.message).toContain('status 403');
  });

  it('shows no signature when the storage does not answer', async () => {
    hub.onStorage = (request, _response) => (request.socket.destroy(), true);
    const error = await failureOf(readHubRange(client, model, WEIGHTS, 0, 8));
    expect(error.code).toBe('HUB_UNREACHABLE');
  });
});

it('lists the hash that git gives a file', () => {
  // From git's own book, "Git Objects": `echo -n 'what is up, doc?' | git hash-object --stdin`.
  expect(gitOid(new TextEncoder().encode('what is up, doc?'))).toBe(
    'bd9dbf5aae1a3862dd1526723246b20206e5fc37'
  );
});
