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
import type { AnswerHead, PipeAnswer } from '../types';

describe.each(['plain', 'TLS'])('the pipe over sockets, %s', kind => {
  const scene = new PipeScene(kind);
  const { serve, move } = scene;

  it('moves the bytes, says their length, and uses the connections again', async () => {
    const bodies: Buffer[] = [];
    const hub = await serve(sendContent(CONTENT));
    const s3 = await serve(async heard => {
      bodies.push(await heard.body());
      heard.socket.write(head(['etag: "e"', 'content-length: 4']) + 'done');
    });
    const counts: number[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const answer = await move(hub, s3, { onBytes: count => counts.push(count) });
      expect(answer).toMatchObject({ status: 200, text: 'done' });
      expect(answer.headers.get('etag')).toBe('"e"');
    }
    expect(bodies.map(body => body.equals(CONTENT))).toEqual([true, true, true]);
    expect(counts.reduce((sum, count) => sum + count)).toBe(3 * CONTENT.length);
    expect(counts.length).toBeGreaterThan(9);
    expect([hub.opened, s3.opened]).toEqual([1, 1]);
    expect(hub.heard[0]).toMatchObject({ method: 'GET', target: '/f?token=secret' });
    expect(hub.heard[0]?.headers).toMatchObject({
      host: new URL(hub.url).host,
      range: `bytes=0-${CONTENT.length - 1}`
    });
    const { headers } = s3.heard[0]!;
    expect(headers).toMatchObject({
      'content-length': String(CONTENT.length),
      'x-amz-checksum-sha256': 'abc'
    });
    expect(Object.keys(headers)).not.toContain('transfer-encoding');
    expect(Object.keys(headers)).not.toContain('expect');
  });

  it('opens a connection for each request that runs beside others', async () => {
    const hub = await serve(sendContent(SMALL));
    const s3 = await serve(takePart);
    await Promise.all(Array.from({ length: 4 }, () => move(hub, s3, { lengthBytes: 1000 })));
    await Promise.all(Array.from({ length: 4 }, () => move(hub, s3, { lengthBytes: 1000 })));
    expect([hub.opened, s3.opened]).toEqual([4, 4]);
  });

  it('asks for path and query as the URL spells them', async () => {
    const hub = await serve(sendContent(SMALL));
    const s3 = await serve(takePart);
    const target = "/b/a%2Fb/../x(1)'!*;=~?X-Amz-Signature=%2f%2F+a&b";
    await move(hub, s3, { lengthBytes: 1000, target });
    expect(s3.heard[0]?.target).toBe(target);
  });

  it('reads a chunked answer and one until the end', async () => {
    const bodies: Buffer[] = [];
    const hub = await serve(({ socket, turn, connection }) => {
      if (connection === 1 && turn === 1) {
        socket.write(head(['transfer-encoding: chunked']));
        for (let at = 0; at < CONTENT.length; at += 70_000) {
          const chunk = CONTENT.subarray(at, at + 70_000);
          socket.write(`${chunk.length.toString(16)}\r\n`);
          socket.write(chunk);
          socket.write('\r\n');
        }
        socket.write('0\r\n\r\n');
      } else {
        socket.write(head([]));
        socket.end(CONTENT);
      }
    });
    const s3 = await serve(async heard => {
      bodies.push(await heard.body());
      heard.socket.write(head(['etag: "e"', 'content-length: 0']));
    });
    await move(hub, s3);
    await move(hub, s3);
    expect(bodies.map(body => body.equals(CONTENT))).toEqual([true, true]);
  });

  it('skips interim answers on both sides', async () => {
    const hub = await serve(heard => {
      heard.socket.write(head(['link: x'], '103 Early Hints'));
      sendContent(SMALL)(heard);
    });
    const s3 = await serve(async heard => {
      heard.socket.write(head([], '100 Continue'));
      await takePart(heard);
    });
    expect(await move(hub, s3, { lengthBytes: 1000 })).toMatchObject({ status: 200 });
    expect(await move(hub, s3, { lengthBytes: 1000 })).toMatchObject({ status: 200 });
    expect(s3.opened).toBe(1);
  });

  it('does not ask S3 when the source is refused, and keeps both connections', async () => {
    const hub = await serve(({ socket, turn }) => {
      if (turn === 1) {
        socket.write(head(['content-length: 2', 'retry-after: 7'], '429 Too Many') + 'no');
      } else {
        sendContent(SMALL)({ socket } as Heard);
      }
    });
    const s3 = await serve(takePart);
    const refusal = new Error('refused');
    const judge = ({ status, headers }: AnswerHead): void => {
      if (status === 429 && headers.get('retry-after') === '7') {
        throw refusal;
      }
    };
    expect(await failureOf(move(hub, s3, { judge, lengthBytes: 1000 }))).toBe(refusal);
    expect(s3.heard).toHaveLength(0);
    await move(hub, s3, { judge, lengthBytes: 1000 });
    expect([hub.opened, s3.opened]).toEqual([1, 1]);
  });

  it('leaves the connection of a source whose long answer is refused', async () => {
    const hub = await serve(sendContent(CONTENT));
    const s3 = await serve(takePart);
    const judge = (): void => {
      throw new Error('not this');
    };
    await failureOf(move(hub, s3, { judge }));
    await hub.emptied();
  });

  it('does not follow redirects', async () => {
    const hub = await serve(({ socket }) =>
      socket.write(head(['location: /g', 'content-length: 0'], '302 Found'))
    );
    const s3 = await serve(takePart);
    const statuses: number[] = [];
    const judge = ({ status }: AnswerHead): void => {
      statuses.push(status);
      throw new Error('moved');
    };
    await failureOf(move(hub, s3, { judge }));
    expect(statuses).toEqual([302]);
    expect(hub.heard).toHaveLength(1);
  });

  it('puts bytes in memory, over a used connection that was closed too', async () => {
    const bodies: Buffer[] = [];
    const s3 = await serve(async heard => {
      if (heard.connection === 1 && heard.turn === 2) {
        await heard.body(100_000);
        heard.socket.destroy();
        return;
      }
      bodies.push(await heard.body());
      heard.socket.write(head(['etag: "e"', 'content-length: 0']));
    });
    const put = (body: Uint8Array): Promise<PipeAnswer> =>
      scene.pipe.put({ url: `${s3.url}/k`, headers: {}, body }, { signal: NEVER, stallMs: 5000 });
    expect(await put(CONTENT)).toMatchObject({ status: 200 });
    expect(await put(CONTENT)).toMatchObject({ status: 200 });
    expect(await put(new Uint8Array(0))).toMatchObject({ status: 200 });
    expect(bodies.map(body => body.length)).toEqual([CONTENT.length, CONTENT.length, 0]);
    expect(bodies[1]?.equals(CONTENT)).toBe(true);
  });

  it('reads chunk by chunk, and does not count the time of the reader', async () => {
    const hub = await serve(sendContent(CONTENT));
    const pieces: Buffer[] = [];
    let slow = true;
    const answer = await scene.pipe.read(
      { url: `${hub.url}/f`, headers: {}, lengthBytes: CONTENT.length, judge: () => undefined },
      async chunk => {
        pieces.push(Buffer.from(chunk));
        if (slow) {
          slow = false;
          await new Promise(resolve => setTimeout(resolve, 400));
        }
      },
      { signal: NEVER, stallMs: 200 }
    );
    expect(answer.status).toBe(206);
    expect(Buffer.concat(pieces).equals(CONTENT)).toBe(true);
  });
});
