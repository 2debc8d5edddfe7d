import { createBytePipe } from './index';
import { ProtocolError, ShortBodyError, StalledError } from './errors';
import { hostileServer } from './testing/hostileServer';
import type { Heard, HostileServer } from './testing/hostileServer';
import type { AnswerHead, BytePipe, MoveOptions, PipeAnswer } from './types';

const CONTENT = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 31) % 251));
const NEVER = new AbortController().signal;

const head = (lines: string[], status = '200 OK'): string =>
  `HTTP/1.1 ${status}\r\n${lines.map(line => `${line}\r\n`).join('')}\r\n`;

function sendContent({ socket }: Heard): void {
  socket.write(head([`content-length: ${CONTENT.length}`], '206 Partial Content'));
  socket.write(CONTENT);
}

async function takePart(heard: Heard): Promise<void> {
  await heard.body();
  heard.socket.write(head(['etag: "e"', 'content-length: 0']));
}

async function failureOf(work: Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await work;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it worked');
}

describe('the pipe over fetch', () => {
  let pipe: BytePipe;
  const servers: HostileServer[] = [];

  beforeEach(() => {
    pipe = createBytePipe({ connections: 4, env: {} });
  });

  afterEach(async () => {
    pipe.close();
    await Promise.all(servers.splice(0).map(server => server.stop()));
  });

  async function serve(answer: (heard: Heard) => unknown): Promise<HostileServer> {
    const server = await hostileServer(answer);
    servers.push(server);
    return server;
  }

  function move(
    hub: HostileServer,
    s3: HostileServer,
    extra: Partial<MoveOptions> & { judge?: (head: AnswerHead) => void } = {}
  ): Promise<PipeAnswer> {
    return pipe.move(
      {
        get: { url: `${hub.url}/f?token=secret`, headers: {} },
        put: { url: `${s3.url}/k?sig=secret`, headers: { 'x-a': 'b' } },
        lengthBytes: CONTENT.length,
        judge: extra.judge ?? (() => undefined)
      },
      { signal: NEVER, stallMs: 5000, ...extra }
    );
  }

  it('moves the bytes and says their length', async () => {
    let body: Buffer = Buffer.alloc(0);
    const hub = await serve(sendContent);
    const s3 = await serve(async heard => {
      body = await heard.body();
      heard.socket.write(head(['etag: "e"', 'content-length: 4']) + 'done');
    });
    const counts: number[] = [];
    const answer = await move(hub, s3, { onBytes: count => counts.push(count) });
    expect(answer).toMatchObject({ status: 200, text: 'done' });
    expect(answer.headers.get('etag')).toBe('"e"');
    expect(body.equals(CONTENT)).toBe(true);
    expect(counts).toEqual([CONTENT.length]);
    expect(s3.heard[0]?.headers).toMatchObject({ 'content-length': '300000', 'x-a': 'b' });
  });

  it('does not ask S3 when the source is refused, and does not follow it elsewhere', async () => {
    const hub = await serve(({ socket }) =>
      socket.write(head(['location: /g', 'content-length: 0'], '302 Found'))
    );
    const s3 = await serve(takePart);
    const refusal = new Error('refused');
    const judge = ({ status }: AnswerHead): void => {
      if (status === 302) {
        throw refusal;
      }
    };
    expect(await failureOf(move(hub, s3, { judge }))).toBe(refusal);
    expect([hub.heard.length, s3.heard.length]).toEqual([1, 0]);
  });

  it('returns the refusal of S3', async () => {
    const hub = await serve(sendContent);
    const s3 = await serve(async heard => {
      await heard.body();
      heard.socket.write(head(['content-length: 2'], '503 Slow Down') + 'no');
    });
    expect(await move(hub, s3)).toMatchObject({ status: 503, text: 'no' });
  });

  it.each([
    ['promises less', ['content-length: 500'], 500],
    ['breaks off', [`content-length: ${CONTENT.length}`], undefined],
    ['ends its chunks early', ['transfer-encoding: chunked'], undefined]
  ])('never fills up a source that %s', async (_what, lines, receivedBytes) => {
    const hub = await serve(({ socket }) => {
      socket.write(head(lines));
      if (lines[0]?.includes('chunked') === true) {
        socket.write('3\r\nabc\r\n0\r\n\r\n');
      } else {
        socket.end(CONTENT.subarray(0, 500));
      }
    });
    let whole = false;
    const s3 = await serve(async heard => {
      await heard.body();
      whole = true;
    });
    const failure = await failureOf(move(hub, s3));
    expect(failure).toBeInstanceOf(ShortBodyError);
    expect(failure).toMatchObject({ receivedBytes, lengthBytes: CONTENT.length });
    expect(whole).toBe(false);
  });

  it('refuses a source that promises more than was asked for', async () => {
    const hub = await serve(({ socket }) => {
      socket.write(head([`content-length: ${CONTENT.length + 1}`]));
      socket.write(CONTENT);
    });
    const s3 = await serve(takePart);
    expect(await failureOf(move(hub, s3))).toBeInstanceOf(ProtocolError);
    expect(s3.heard).toHaveLength(0);
  });

  it.each([
    ['the source', true],
    ['S3', false]
  ])('gives up what takes too long on the side of %s', async (_who, isHub) => {
    const hub = await serve(isHub ? () => undefined : sendContent);
    const s3 = await serve(isHub ? takePart : (heard: Heard) => heard.body());
    const failure = await failureOf(move(hub, s3, { stallMs: 100 }));
    expect(failure).toBeInstanceOf(StalledError);
    expect(failure.message).not.toContain('secret');
    await (isHub ? hub : s3).emptied();
  });

  it('stops at once', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const hub = await serve(() => void setTimeout(() => stop.abort(reason), 30));
    const s3 = await serve(takePart);
    expect(await failureOf(move(hub, s3, { signal: stop.signal }))).toBe(reason);
    expect(await failureOf(move(hub, s3, { signal: stop.signal }))).toBe(reason);
  });

  it('names what went wrong by a code, without the URL', async () => {
    const hub = await serve(({ socket }) => socket.destroy());
    const s3 = await serve(takePart);
    const broken = await failureOf(move(hub, s3));
    await hub.stop();
    const refused = await failureOf(move(hub, s3));
    expect([broken.code, refused.code]).toEqual(['ECONNRESET', 'ECONNREFUSED']);
    expect(broken.message + refused.message).not.toContain('secret');
    expect(refused.message).toContain(new URL(hub.url).host);
  });

  it('puts bytes in memory', async () => {
    let body: Buffer = Buffer.alloc(0);
    const s3 = await serve(async heard => {
      body = await heard.body();
      heard.socket.write(head(['etag: "e"', 'content-length: 0']));
    });
    const answer = await pipe.put(
      { url: `${s3.url}/k`, headers: {}, body: CONTENT },
      { signal: NEVER, stallMs: 5000 }
    );
    expect(answer.status).toBe(200);
    expect(body.equals(CONTENT)).toBe(true);
  });

  it('reads chunk by chunk, and says when a read comes short, stalls or is too long', async () => {
    const hub = await serve(heard => {
      switch (heard.target) {
        case '/short':
          heard.socket.write(head(['content-length: 300000']));
          heard.socket.end('abc');
          return;
        case '/stall':
          heard.socket.write(`${head(['content-length: 300000'])}abc`);
          return;
        case '/long':
          heard.socket.write(head([]));
          heard.socket.end(Buffer.alloc(CONTENT.length + 1));
          return;
        default:
          sendContent(heard);
      }
    });
    const read = async (path: string): Promise<Buffer> => {
      const pieces: Buffer[] = [];
      await pipe.read(
        { url: hub.url + path, headers: {}, lengthBytes: CONTENT.length, judge: () => undefined },
        chunk => void pieces.push(Buffer.from(chunk)),
        { signal: NEVER, stallMs: 200 }
      );
      return Buffer.concat(pieces);
    };
    expect((await read('/f')).equals(CONTENT)).toBe(true);
    expect(await failureOf(read('/short'))).toBeInstanceOf(ShortBodyError);
    expect(await failureOf(read('/stall'))).toBeInstanceOf(StalledError);
    expect(await failureOf(read('/long'))).toBeInstanceOf(ProtocolError);
  });
});
