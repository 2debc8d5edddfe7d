import { ProtocolError, ShortBodyError, StalledError } from '../errors';
import type { Heard } from '../testing/hostileServer';
import {
  PipeScene,
  CONTENT,
  NEVER,
  SMALL,
  failureOf,
  head,
  sendContent,
  takePart
} from '../testing/pipeScene';

describe.each(['plain', 'TLS'])('the pipe over sockets among hostile servers, %s', kind => {
  const scene = new PipeScene(kind);
  const { serve, move } = scene;

  it.each([
    ['promises less', ['content-length: 500'], SMALL.subarray(0, 500), 500, 0],
    ['breaks off', ['content-length: 1000'], SMALL.subarray(0, 700), 700, 1],
    ['closes early', [], SMALL.subarray(0, 700), 700, 1],
    ['has no body', [], Buffer.alloc(0), 0, 1]
  ])('never fills up a source that %s', async (_what, lines, content, receivedBytes, asked) => {
    const hub = await serve(({ socket }) => {
      socket.write(head(lines));
      socket.end(content);
    });
    let bodyEnded = false;
    const s3 = await serve(async heard => {
      await heard.body();
      bodyEnded = true;
    });
    const failure = await failureOf(move(hub, s3, { lengthBytes: 1000 }));
    expect(failure).toBeInstanceOf(ShortBodyError);
    expect(failure).toMatchObject({ receivedBytes, lengthBytes: 1000 });
    if (asked > 0) {
      // Half a request would be left in it.
      await s3.emptied();
    }
    expect(bodyEnded).toBe(false);
    expect(s3.heard).toHaveLength(asked);
  });

  it.each([
    ['promises', ['content-length: 1001'], false],
    ['sends in chunks', ['transfer-encoding: chunked'], true],
    ['sends until it closes', [], false]
  ])('refuses a source that %s more than was asked for', async (_what, lines, chunked) => {
    const content = CONTENT.subarray(0, 1001);
    const hub = await serve(({ socket }) => {
      socket.write(head(lines));
      socket.write(chunked ? '3e8\r\n' : '');
      socket.write(content.subarray(0, 1000));
      setTimeout(() => socket.end(chunked ? '\r\n1\r\nx\r\n0\r\n\r\n' : 'x'), 30);
    });
    let most = 0;
    const s3 = await serve(async heard => {
      most = Math.max(most, (await heard.body()).length);
      heard.socket.write(head(['content-length: 0']));
    });
    const failure = await failureOf(move(hub, s3, { lengthBytes: 1000 }));
    expect(failure).toBeInstanceOf(ProtocolError);
    expect(failure.code).toBe('EPROTO');
    expect(most).toBeLessThanOrEqual(1000);
  });

  it.each([
    ['reads no further', false, 'HTTP/1.1 503 Slow Down'],
    ['closes', true, 'HTTP/1.1 403 Forbidden']
  ])(
    'returns the refusal of an S3 that %s in the middle of the body',
    async (_what, closes, first) => {
      const text = '<Error><Code>SlowDown</Code></Error>';
      const content = Buffer.alloc(20_000_000, 1);
      const hub = await serve(({ socket }) => {
        socket.write(head([`content-length: ${content.length}`]));
        socket.write(content);
      });
      const s3 = await serve(async heard => {
        await heard.body(100_000);
        heard.socket.write(`${first}\r\ncontent-length: ${text.length}\r\n\r\n${text}`);
        if (closes) {
          heard.socket.end();
        }
        await new Promise(() => undefined);
      });
      const answer = await move(hub, s3, { lengthBytes: content.length });
      expect(answer).toMatchObject({ status: Number(first.split(' ')[1]), text });
      s3.drain();
      await Promise.all([hub.emptied(), s3.emptied()]);
    }
  );

  it('sees a refusal although the connection is reset behind it', async () => {
    const content = Buffer.alloc(20_000_000, 1);
    const hub = await serve(({ socket }) => {
      socket.write(head([`content-length: ${content.length}`]));
      socket.write(content);
    });
    const s3 = await serve(async heard => {
      heard.socket.write(head(['content-length: 2', 'connection: close'], '503 Slow Down') + 'no');
      await new Promise(resolve => setTimeout(resolve, 50));
      heard.socket.destroy();
    });
    expect(await move(hub, s3, { lengthBytes: content.length })).toMatchObject({
      status: 503,
      text: 'no'
    });
  });

  it('does not believe a confirmation of bytes that were not sent', async () => {
    const hub = await serve(({ socket }) => {
      socket.write(head([`content-length: ${CONTENT.length}`]));
      socket.write(CONTENT.subarray(0, 580_000));
    });
    const s3 = await serve(({ socket }) => socket.write(head(['etag: "e"', 'content-length: 0'])));
    const failure = await failureOf(move(hub, s3));
    expect(failure).toBeInstanceOf(ProtocolError);
  });

  it.each([
    ['the source', true],
    ['S3', false]
  ])(
    'repeats a request silently when %s had just closed the used connection',
    async (_who, isHub) => {
      const closing = (answer: (heard: Heard) => unknown) => async (heard: Heard) => {
        if (heard.connection === 1 && heard.turn === 2) {
          // The request arrived; it was given up without an answer.
          heard.socket.destroy();
          return;
        }
        await answer(heard);
      };
      const hub = await serve(isHub ? closing(sendContent(SMALL)) : sendContent(SMALL));
      const s3 = await serve(isHub ? takePart : closing(takePart));
      await move(hub, s3, { lengthBytes: 1000 });
      expect(await move(hub, s3, { lengthBytes: 1000 })).toMatchObject({ status: 200 });
      expect([hub.opened, s3.opened]).toEqual(isHub ? [2, 1] : [1, 2]);
    }
  );

  it.each([
    ['the source', true],
    ['S3', false]
  ])('says so when %s closes a new connection', async (_who, isHub) => {
    const hub = await serve(isHub ? ({ socket }) => socket.destroy() : sendContent(SMALL));
    const s3 = await serve(isHub ? takePart : ({ socket }) => socket.destroy());
    const failure = await failureOf(move(hub, s3, { lengthBytes: 1000 }));
    expect(failure.code).toBe('ECONNRESET');
    expect(failure.message).toContain(new URL((isHub ? hub : s3).url).host);
    expect(failure.message).not.toContain('secret');
    expect((isHub ? hub : s3).opened).toBe(1);
  });

  it('does not repeat a body of which a part is gone', async () => {
    const hub = await serve(sendContent(CONTENT));
    const s3 = await serve(async heard => {
      if (heard.turn === 2) {
        await heard.body(550_000);
        heard.socket.destroy();
        return;
      }
      await takePart(heard);
    });
    await move(hub, s3);
    expect(await failureOf(move(hub, s3))).toMatchObject({ code: 'ECONNRESET' });
    expect(hub.heard).toHaveLength(2);
  });

  it('leaves a connection that the server closed or spoke on while it was idle', async () => {
    const hub = await serve(async heard => {
      sendContent(SMALL)(heard);
      setTimeout(() => heard.socket.end(), 20);
    });
    const s3 = await serve(async heard => {
      await takePart(heard);
      setTimeout(() => heard.socket.write(head(['content-length: 0'], '408 Too Late')), 20);
    });
    await move(hub, s3, { lengthBytes: 1000 });
    await Promise.all([hub.emptied(), s3.emptied()]);
    expect(await move(hub, s3, { lengthBytes: 1000 })).toMatchObject({ status: 200 });
  });

  it('obeys connection: close', async () => {
    const hub = await serve(({ socket }) => {
      socket.write(head(['content-length: 1000', 'connection: close']));
      socket.end(SMALL);
    });
    const s3 = await serve(async heard => {
      await heard.body();
      heard.socket.end(head(['content-length: 0', 'connection: close']));
    });
    await move(hub, s3, { lengthBytes: 1000 });
    await move(hub, s3, { lengthBytes: 1000 });
    expect([hub.opened, s3.opened]).toEqual([2, 2]);
    await Promise.all([hub.emptied(), s3.emptied()]);
  });

  it.each([
    ['204', head([], '204 No Content'), { status: 204, text: '' }],
    [
      'chunks',
      head(['transfer-encoding: chunked'], '500 Oops') + '3\r\nabc\r\n0\r\n\r\n',
      { status: 500, text: 'abc' }
    ],
    [
      'a long text',
      head(['content-length: 100000'], '500 Oops') + 'x'.repeat(100_000),
      { status: 500, text: 'x'.repeat(65_536) }
    ],
    [
      'a text that breaks off',
      head(['content-length: 100'], '200 OK') + 'abc',
      { status: 200, text: 'abc' }
    ]
  ])('takes an answer of %s', async (_what, answer, expected) => {
    const hub = await serve(sendContent(SMALL));
    const s3 = await serve(async heard => {
      await heard.body();
      heard.socket.write(answer);
      if (answer.endsWith('abc')) {
        heard.socket.end();
      }
    });
    expect(await move(hub, s3, { lengthBytes: 1000 })).toMatchObject(expected);
  });

  it.each([
    ['the source', true],
    ['S3', false]
  ])('gives a malformed answer of %s as EPROTO', async (_who, isHub) => {
    const malformed = ({ socket }: Heard): unknown => socket.write('220 ftp ready\r\n\r\n');
    const hub = await serve(isHub ? malformed : sendContent(SMALL));
    const s3 = await serve(isHub ? takePart : malformed);
    const failure = await failureOf(move(hub, s3, { lengthBytes: 1000 }));
    expect(failure).toBeInstanceOf(ProtocolError);
  });

  it.each([
    ['the source is silent', 'hub', () => undefined, takePart],
    [
      'the source stops',
      'hub',
      ({ socket }: Heard) => socket.write(`${head(['content-length: 600000'])}abc`),
      takePart
    ],
    ['S3 reads nothing', 's3', undefined, () => new Promise(() => undefined)],
    ['S3 does not answer', 's3', sendContent(SMALL), (heard: Heard) => heard.body()]
  ])('sees that %s', async (_what, who, hubDoes, s3Does) => {
    const large = Buffer.alloc(20_000_000);
    const lengthBytes =
      who === 's3' ? (hubDoes === undefined ? large.length : 1000) : CONTENT.length;
    const hub = await serve(hubDoes ?? sendContent(large));
    const s3 = await serve(s3Does);
    const failure = await failureOf(move(hub, s3, { lengthBytes, stallMs: 200 }));
    expect(failure).toBeInstanceOf(StalledError);
    expect(failure.message).toContain(new URL((who === 'hub' ? hub : s3).url).host);
    s3.drain();
    await hub.emptied();
    if (s3.heard.length > 0) {
      await s3.emptied();
    }
  });

  it('has patience with what is slow but moves', async () => {
    const hub = await serve(({ socket }) => {
      socket.write(head(['content-length: 8']));
      let sent = 0;
      const timer = setInterval(() => {
        socket.write('x');
        if (++sent === 8) {
          clearInterval(timer);
        }
      }, 60);
    });
    const s3 = await serve(takePart);
    expect(await move(hub, s3, { lengthBytes: 8, stallMs: 300 })).toMatchObject({ status: 200 });
  });

  it.each([
    ['before it begins', 0],
    ['while the source is asked', 1],
    ['in the middle of the body', 2],
    ['while S3 is waited for', 3]
  ])('stops at once %s and closes both connections', async (_when, moment) => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const abort = (): void => void setTimeout(() => stop.abort(reason), 30);
    const hub = await serve(({ socket }) => {
      if (moment === 1) {
        abort();
        return;
      }
      socket.write(head([`content-length: ${CONTENT.length}`]));
      socket.write(moment === 2 ? CONTENT.subarray(0, 580_000) : CONTENT);
    });
    const s3 = await serve(async heard => {
      if (moment === 2) {
        abort();
      }
      await heard.body();
      abort();
    });
    if (moment === 0) {
      stop.abort(reason);
    }
    expect(await failureOf(move(hub, s3, { signal: stop.signal }))).toBe(reason);
    scene.pipe.close();
    await Promise.all([hub.emptied(), s3.emptied()]);
  });

  it('names what cannot be connected to', async () => {
    const hub = await serve(sendContent(SMALL));
    const s3 = await serve(takePart);
    await s3.stop();
    const failure = await failureOf(move(hub, s3, { lengthBytes: 1000 }));
    expect(failure).toMatchObject({ code: 'ECONNREFUSED' });
    expect(failure.message).not.toContain('secret');
  });

  it('ends a read with what the reader throws, and one that comes short', async () => {
    const hub = await serve(({ socket }) => {
      socket.write(head(['content-length: 1000']));
      socket.end(SMALL.subarray(0, 400));
    });
    const read = (onChunk: () => void): Promise<unknown> =>
      scene.pipe.read(
        { url: `${hub.url}/f`, headers: {}, lengthBytes: 1000, judge: () => undefined },
        onChunk,
        { signal: NEVER, stallMs: 5000 }
      );
    const fault = new Error('disk full');
    expect(
      await failureOf(
        read(() => {
          throw fault;
        })
      )
    ).toBe(fault);
    expect(await failureOf(read(() => undefined))).toMatchObject({ receivedBytes: 400 });
  });

  it('refuses what cannot be a request, without repeating a secret', async () => {
    const send = (url: string, headers: Record<string, string> = {}): Promise<unknown> =>
      scene.pipe.put({ url, headers, body: SMALL }, { signal: NEVER, stallMs: 5000 });
    for (const work of [
      send('ftp://h/x?secret'),
      send('http://user:secret@h/'),
      send('secret'),
      send('http://h/', { 'x-a': 'secret\r\nx-b: c' }),
      send('http://h/', { 'x-a\r\n': 'secret' })
    ]) {
      const failure = await failureOf(work);
      expect(failure).toBeInstanceOf(TypeError);
      expect(failure.message).not.toContain('secret');
    }
  });
});
