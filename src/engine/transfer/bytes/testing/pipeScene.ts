import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTls } from '../../../../sandbox/server/tls';
import type { TlsFiles } from '../../../../sandbox/server/tls';
import { SocketPipe } from '../sockets/socketPipe';
import type { AnswerHead, MoveOptions, PipeAnswer } from '../types';
import { hostileServer } from './hostileServer';
import type { Heard, HostileServer } from './hostileServer';
import { dialNode } from './nodeConnection';

/** More than the buffer of one request holds. */
export const CONTENT = Buffer.from(
  Array.from({ length: 600_000 }, (_, index) => (index * 31) % 251)
);
export const SMALL = CONTENT.subarray(0, 1000);
export const NEVER = new AbortController().signal;

export const head = (lines: string[], status = '200 OK'): string =>
  `HTTP/1.1 ${status}\r\n${lines.map(line => `${line}\r\n`).join('')}\r\n`;

export function sendContent(content: Buffer): (heard: Heard) => void {
  return ({ socket }) => {
    socket.write(head([`content-length: ${content.length}`], '206 Partial Content'));
    socket.write(content);
  };
}

export async function takePart(heard: Heard): Promise<void> {
  await heard.body();
  heard.socket.write(head(['etag: "e"', 'content-length: 0']));
}

export async function failureOf(work: Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await work;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it worked');
}

/** A pipe over Node's sockets and the servers that it talks to, all closed after each test. */
export class PipeScene {
  pipe!: SocketPipe;
  private readonly servers: HostileServer[] = [];
  private folder = '';
  private tls: TlsFiles | undefined;
  private ca = '';

  /** Registers its own set-up and clean-up with the `describe` that it is made in. */
  constructor(private readonly kind: string) {
    beforeAll(async () => {
      this.folder = await mkdtemp(join(tmpdir(), 'socket-pipe-'));
      this.tls = await openTls(this.folder, new Date(), {});
      this.ca = await readFile(this.tls.caFile, 'utf8');
    });
    beforeEach(() => {
      this.pipe = new SocketPipe(dialNode(this.ca), 4);
    });
    afterEach(async () => {
      this.pipe.close();
      await Promise.all(this.servers.splice(0).map(server => server.stop()));
    });
    afterAll(() => rm(this.folder, { recursive: true, force: true }));
  }

  readonly serve = async (answer: (heard: Heard) => unknown): Promise<HostileServer> => {
    const server = await hostileServer(answer, this.kind === 'TLS' ? this.tls : undefined);
    this.servers.push(server);
    return server;
  };

  readonly move = (
    hub: HostileServer,
    s3: HostileServer,
    extra: Partial<MoveOptions> & {
      lengthBytes?: number;
      judge?: (head: AnswerHead) => void;
      target?: string;
    } = {}
  ): Promise<PipeAnswer> => {
    const {
      lengthBytes = CONTENT.length,
      judge = () => undefined,
      target = '/b/k?sig=secret'
    } = extra;
    return this.pipe.move(
      {
        get: { url: `${hub.url}/f?token=secret`, headers: { range: `bytes=0-${lengthBytes - 1}` } },
        put: { url: s3.url + target, headers: { 'x-amz-checksum-sha256': 'abc' } },
        lengthBytes,
        judge
      },
      { signal: NEVER, stallMs: 5000, ...extra }
    );
  };
}
