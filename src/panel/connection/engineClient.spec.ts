import { nullTranslator } from '@jupyterlab/translation';
import { ResponseError } from 'vscode-jsonrpc';

import {
  answerNews,
  askImportedModel,
  deleteTrash,
  ENGINE_FAILURE,
  followJob,
  getMachine,
  hello,
  inspectModel,
  jobEvent,
  jobsChanged,
  listBuckets,
  PROTOCOL_VERSION,
  RELOAD_NEEDED,
  storageNews
} from '../../protocol';
import type { AnswerNews, Failure, JobEvent, JobFact, StorageNews } from '../../protocol';
import { EngineClient } from './engineClient';
import type { EngineState } from './state';
import { EngineServer, greet } from './testing/engineServer';
import type { ServedPage } from './testing/engineServer';

const trans = nullTranslator.load('jupyterlab_bedrock_import');
const STATUS = '/jupyterlab/default/bedrock-import/status';
const ENGINE = '/jupyterlab/default/bedrock-import/engine?token=a%20token';
const ENGINE_SAYS: Failure = {
  code: 'HUB_NOT_FOUND',
  message: 'There is no such model.',
  nextStep: 'Look at its name.',
  kind: 'failed'
};

let server: EngineServer;
let client: EngineClient;
let states: EngineState[];

beforeEach(async () => {
  server = await EngineServer.start();
  client = new EngineClient({ serverSettings: server.settings, trans });
  states = [];
  client.stateChanged.connect((_, state) => states.push(state));
});

afterEach(async () => {
  client.dispose();
  await server.stop();
});

/** Settles when the client is in a state. */
function reach(status: EngineState['status']): Promise<EngineState> {
  return until(() => (client.state.status === status ? client.state : undefined));
}

async function until<T>(look: () => T | undefined): Promise<T> {
  for (;;) {
    const found = look();
    if (found !== undefined) {
      return found;
    }
    await pass(5);
  }
}

function pass(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}

async function open(onPage: (page: ServedPage) => void = () => undefined): Promise<void> {
  server.onPage = page => {
    greet(page.rpc);
    onPage(page);
  };
  client.connect();
  await reach('ready');
}

/** Answers nothing, as an engine that is busy. */
function silent(): Promise<never> {
  return new Promise(() => undefined);
}

describe('the way to the engine', () => {
  it('sends nothing before it is told to connect', async () => {
    await pass(50);
    expect(client.state).toEqual({ status: 'idle' });
    expect(server.requests).toEqual([]);
  });

  it('asks whether there is a server half, then for the engine, once', async () => {
    await open();
    client.connect();
    await pass(20);
    expect(states.map(({ status }) => status)).toEqual(['connecting', 'ready']);
    expect(client.state).toEqual({ status: 'ready', engineVersion: '1.2.3' });
    expect(server.requests.map(url => url.split('&')[0]?.replace(/\?\d+$/, ''))).toEqual([
      STATUS,
      ENGINE
    ]);
  });

  it.each([
    [404, { status: 'absent' }],
    [401, { status: 'unavailable', failure: { code: 'SIGNED_OUT' } }],
    [403, { status: 'unavailable', failure: { code: 'SIGNED_OUT' } }]
  ])('takes the status %d for what it is, and leaves it at that', async (status, state) => {
    server.status = status;
    client.connect();
    await reach(state.status as EngineState['status']);
    expect(client.state).toMatchObject(state);
    await pass(400);
    expect(server.requests).toHaveLength(1);
    await expect(client.query(getMachine)).rejects.toHaveProperty('failure.code');
    server.status = 200;
    client.reconnect();
    await reach('ready');
  });

  it('tells the page to reload when the engine is of another version, and tries no more', async () => {
    server.onPage = ({ rpc }) =>
      rpc.onRequest(hello, ({ protocolVersion }) => {
        expect(protocolVersion).toBe(PROTOCOL_VERSION);
        throw new ResponseError<Failure>(RELOAD_NEEDED, 'Reload the page.');
      });
    client.connect();
    await reach('reload');
    await pass(400);
    expect(server.pages).toHaveLength(1);
    expect(client.state).toEqual({ status: 'reload' });
    await expect(client.query(getMachine)).rejects.toHaveProperty('failure.code');
  });

  it('is looked for more and more seldom while the server does not answer', async () => {
    server.status = 502;
    client.connect();
    const state = await reach('unavailable');
    expect(state).toMatchObject({ failure: { code: 'SERVER_UNREACHABLE' } });
    expect(server.requests).toHaveLength(4);
    await expect(client.query(getMachine)).rejects.toHaveProperty(
      'failure.code',
      'SERVER_UNREACHABLE'
    );
    server.status = 200;
    client.reconnect();
    await reach('ready');
  });

  it.each([
    [4500, 'ENGINE_KEEPS_ENDING'],
    [4501, 'ENGINE_CANNOT_START']
  ])(
    'says why there is no engine after the close code %d, and when it tries again',
    async (code, name) => {
      server.onPage = ({ socket }) => socket.close(code, 'out of memory');
      client.connect();
      const before = Date.now();
      const state = await reach('unavailable');
      expect(state).toMatchObject({ failure: { code: name } });
      const { failure, retryAt } = state as { failure: Failure; retryAt: number };
      expect(failure.message).toContain('out of memory');
      expect(retryAt).toBeGreaterThanOrEqual(before + 30_000);
      server.onPage = ({ rpc }) => greet(rpc);
      client.reconnect();
      await reach('ready');
    }
  );
});

describe('requests to the engine', () => {
  it('connect by themselves, and bring what is answered', async () => {
    server.onPage = ({ rpc }) => {
      greet(rpc);
      rpc.onRequest(inspectModel, ({ model }) => ({ id: model }) as never);
      rpc.onRequest(listBuckets, () => ['a', 'b']);
    };
    await expect(
      Promise.all([
        client.request(inspectModel, { model: 'maker/model' }),
        client.query(listBuckets)
      ])
    ).resolves.toEqual([{ id: 'maker/model' }, ['a', 'b']]);
  });

  it('carry the failure of the engine', async () => {
    await open(({ rpc }) =>
      rpc.onRequest(inspectModel, () => {
        throw new ResponseError<Failure>(ENGINE_FAILURE, ENGINE_SAYS.message, ENGINE_SAYS);
      })
    );
    await expect(client.request(inspectModel, { model: 'x' })).rejects.toHaveProperty(
      'failure',
      ENGINE_SAYS
    );
  });

  it('are cancelled in the engine', async () => {
    let seen = false;
    await open(({ rpc }) =>
      rpc.onRequest(inspectModel, (_, token) => {
        token.onCancellationRequested(() => {
          seen = true;
        });
        return new Promise((_resolve, reject) =>
          token.onCancellationRequested(() => reject(new ResponseError(ENGINE_FAILURE, 'ended')))
        );
      })
    );
    const giveUp = new AbortController();
    const answered = client.request(inspectModel, { model: 'x' }, { signal: giveUp.signal });
    await pass(30);
    giveUp.abort();
    await expect(answered).rejects.toMatchObject({ failure: { kind: 'cancelled' } });
    expect(seen).toBe(true);
  });

  it('are not sent when they were given up before there was an engine', async () => {
    const asked = jest.fn(() => [] as string[]);
    server.onPage = ({ rpc }) => {
      greet(rpc);
      rpc.onRequest(listBuckets, asked);
    };
    const giveUp = new AbortController();
    const answered = client.query(listBuckets, { signal: giveUp.signal });
    giveUp.abort();
    await expect(answered).rejects.toMatchObject({ failure: { kind: 'cancelled' } });
    await expect(client.query(listBuckets, { signal: giveUp.signal })).rejects.toMatchObject({
      failure: { kind: 'cancelled' }
    });
    await reach('ready');
    await pass(20);
    expect(asked).not.toHaveBeenCalled();
  });

  it('are rejected when the engine is changed for another, which answers the next ones', async () => {
    await open(({ rpc }) => rpc.onRequest(inspectModel, silent));
    const answered = client.request(inspectModel, { model: 'x' });
    const rejected = expect(answered).rejects.toHaveProperty('failure.code', 'CONNECTION_LOST');
    await pass(30);
    server.onPage = ({ rpc }) => {
      greet(rpc);
      rpc.onRequest(listBuckets, () => ['a']);
    };
    server.lastPage.socket.close(1012, 'another engine');
    await rejected;
    await expect(client.query(listBuckets)).resolves.toEqual(['a']);
    expect(new Set(states.map(({ status }) => status))).toEqual(new Set(['connecting', 'ready']));
    expect(server.pages).toHaveLength(2);
  });

  it('survive a frame that is no JSON, and one that is no message', async () => {
    await open(({ rpc }) => rpc.onRequest(listBuckets, () => ['a']));
    server.lastPage.socket.send('<html>');
    server.lastPage.socket.send('[1]');
    server.lastPage.socket.send('null');
    await expect(client.query(listBuckets)).resolves.toEqual(['a']);
    expect(server.pages).toHaveLength(1);
  });
});

describe('news of the engine', () => {
  const JOB: JobFact = {
    id: 'job',
    kind: 'import',
    title: 'Job',
    state: 'running',
    createdAt: '',
    updatedAt: '',
    source: '',
    destination: ''
  };
  const event = (seq: number): JobEvent => ({ seq, at: '', type: 'state', state: 'running' });

  it('tells of jobs', async () => {
    const told: JobFact[][] = [];
    client.jobsChanged.connect((_, jobs) => told.push(jobs));
    await open();
    await server.lastPage.rpc.sendNotification(jobsChanged, { jobs: [JOB] });
    await until(() => told[0]);
    expect(told).toEqual([[JOB]]);
  });

  it('brings the events of a job to whoever follows it, once for each job', async () => {
    let end = (_: { lastSeq: number }): void => undefined;
    await open(({ rpc }) =>
      rpc.onRequest(followJob, ({ id, from }) => {
        void rpc.sendNotification(jobEvent, { id: 'another', event: event(99) });
        void rpc.sendNotification(jobEvent, { id, event: event(from ?? 1) });
        return new Promise(resolve => (end = resolve));
      })
    );
    const events: JobEvent[] = [];
    const followed = client.followJob('job', { from: 7, onEvent: one => events.push(one) });
    await until(() => events[0]);
    await expect(client.followJob('job', { onEvent: () => undefined })).rejects.toThrow(/followed/);
    end({ lastSeq: 7 });
    await expect(followed).resolves.toEqual({ lastSeq: 7 });
    expect(events).toEqual([event(7)]);
  });

  it('can be followed again after the connection was lost', async () => {
    const follow = ({ rpc }: ServedPage): void =>
      void rpc.onRequest(followJob, async ({ id, from }) => {
        await rpc.sendNotification(jobEvent, { id, event: event(from ?? 1) });
        return silent();
      });
    await open(follow);
    const events: JobEvent[] = [];
    const onEvent = (one: JobEvent): void => void events.push(one);
    const followed = client.followJob('job', { onEvent });
    const rejected = expect(followed).rejects.toHaveProperty('failure.code', 'CONNECTION_LOST');
    await until(() => events[0]);
    server.lastPage.socket.close(1012);
    await rejected;
    const again = client.followJob('job', { from: 2, onEvent });
    again.catch(() => undefined);
    await until(() => events[1]);
    expect(events.map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it('brings an answer piece by piece, each to its own question', async () => {
    await open(({ rpc }) =>
      rpc.onRequest(askImportedModel, async ({ prompt, token }) => {
        for (let piece = 0; piece < 50; piece += 1) {
          await rpc.sendProgress(answerNews, token, { type: 'text', text: `${prompt}${piece} ` });
        }
        return { text: prompt } as never;
      })
    );
    const ask = async (prompt: string): Promise<string> => {
      const news: AnswerNews[] = [];
      await client.ask({ model: 'm', prompt }, { onNews: one => news.push(one) });
      return news.map(one => (one.type === 'text' ? one.text : '')).join('');
    };
    const whole = (prompt: string): string =>
      [...Array(50).keys()].map(piece => `${prompt}${piece} `).join('');
    await expect(Promise.all([ask('a'), ask('b')])).resolves.toEqual([whole('a'), whole('b')]);
  });

  it('brings the progress of a request to whoever sent it, and none after its end', async () => {
    const tokens: (string | undefined)[] = [];
    await open(({ rpc }) =>
      rpc.onRequest(deleteTrash, async ({ items = [], token = '' }) => {
        tokens.push(token);
        await rpc.sendProgress(storageNews, token, { removed: items.length, bytes: 10 });
        return { removed: items.length } as never;
      })
    );
    const empty = async (items: string[]): Promise<unknown> => {
      const told: StorageNews[] = [];
      const freed = await client.requestWithNews(
        deleteTrash,
        { items },
        { news: storageNews, onNews: news => told.push(news) }
      );
      await server.lastPage.rpc.sendProgress(storageNews, tokens.at(-1) ?? '', {
        removed: 99,
        bytes: 99
      });
      await client.request(deleteTrash, {});
      return [freed, told];
    };
    await expect(empty(['a'])).resolves.toEqual([{ removed: 1 }, [{ removed: 1, bytes: 10 }]]);
    await expect(empty(['a', 'b'])).resolves.toEqual([{ removed: 2 }, [{ removed: 2, bytes: 10 }]]);
    const [first, , second] = tokens;
    expect(first).not.toBe(second);
  });

  it('stops telling progress when the connection is lost', async () => {
    await open(({ rpc }) =>
      rpc.onRequest(deleteTrash, async ({ token = '' }) => {
        await rpc.sendProgress(storageNews, token, { removed: 1, bytes: 1 });
        return silent();
      })
    );
    const told: StorageNews[] = [];
    const deleted = client.requestWithNews(
      deleteTrash,
      { folders: ['/trash'] },
      { news: storageNews, onNews: news => told.push(news) }
    );
    const rejected = expect(deleted).rejects.toHaveProperty('failure.code', 'CONNECTION_LOST');
    await until(() => told[0]);
    server.lastPage.socket.close(1012);
    await rejected;
    expect(told).toEqual([{ removed: 1, bytes: 1 }]);
  });
});

describe('the end', () => {
  it('closes the connection and rejects what is under way', async () => {
    let closed = false;
    await open(({ rpc, socket }) => {
      rpc.onRequest(inspectModel, silent);
      socket.on('close', () => {
        closed = true;
      });
    });
    const answered = client.request(inspectModel, { model: 'x' });
    const rejected = expect(answered).rejects.toHaveProperty('failure.code', 'CONNECTION_LOST');
    await pass(20);
    client.dispose();
    client.dispose();
    await rejected;
    await until(() => closed || undefined);
    client.connect();
    client.reconnect();
    await expect(client.query(getMachine)).rejects.toHaveProperty('failure.code');
    await pass(300);
    expect(server.requests).toHaveLength(2);
  });

  it('rejects what waits for an engine', async () => {
    server.onPage = () => undefined;
    const answered = client.query(getMachine);
    const rejected = expect(answered).rejects.toHaveProperty('failure.code', 'CONNECTION_LOST');
    await until(() => server.pages[0]);
    client.dispose();
    await rejected;
  });

  it('leaves no clock behind', async () => {
    server.status = 502;
    const set = jest.spyOn(window, 'setTimeout');
    const clear = jest.spyOn(window, 'clearTimeout');
    client.connect();
    await until(() => server.requests[1]);
    await pass(50);
    client.dispose();
    // The wait after the second attempt.
    const index = set.mock.calls.findIndex(([, ms]) => ms === 500);
    const timer: unknown = set.mock.results[index]?.value;
    expect(timer).toBeDefined();
    expect(clear).toHaveBeenLastCalledWith(timer);
    const { length } = server.requests;
    set.mockRestore();
    clear.mockRestore();
    await pass(1_200);
    expect(server.requests).toHaveLength(length);
  });
});
