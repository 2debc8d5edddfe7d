import { request as send } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LoopbackServer } from '../../testing/loopbackServer';

/** What becomes of one request on its way to S3. */
export type Fate =
  | 'pass'
  | 'lose-answer'
  | 'cut-answer'
  | 'stall'
  | 'refuse-early'
  | 'expired-token'
  | 'no-upload'
  | 'bad-digest'
  | 'hang';

export interface ProxiedRequest {
  method: string;
  /** Path and query, as sent. */
  url: string;
  /** Such as `PUT part`, `PUT`, `POST create`, `POST complete`, `PUT copy`, `GET list`, `DELETE upload`. */
  kind: string;
  /** How many requests of this kind there were, this one included. */
  times: number;
}

const REFUSALS = {
  'expired-token': [400, 'ExpiredToken', 'The provided token has expired.'],
  'no-upload': [404, 'NoSuchUpload', 'The upload may have been aborted.'],
  'bad-digest': [400, 'BadDigest', 'The SHA256 you specified did not match what we received.']
} as const;

function refuse(response: ServerResponse, [status, code, message]: Refusal): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
}

type Refusal = readonly [status: number, code: string, message: string];

/** Stands before an S3 server and loses or refuses what it is told to. */
export class S3Proxy extends LoopbackServer {
  readonly requests: ProxiedRequest[] = [];
  decide: (request: ProxiedRequest) => Fate = () => 'pass';
  private readonly counts = new Map<string, number>();

  constructor(private readonly target: string) {
    super();
  }

  protected override answer(request: IncomingMessage, response: ServerResponse): void {
    const kind = kindOf(request);
    const times = (this.counts.get(kind) ?? 0) + 1;
    this.counts.set(kind, times);
    const proxied = { method: request.method ?? '', url: request.url ?? '', kind, times };
    this.requests.push(proxied);
    const fate = this.decide(proxied);
    switch (fate) {
      case 'hang':
        return;
      case 'refuse-early':
        // Without reading the body, as S3 does when it is busy.
        response.writeHead(503, { connection: 'close' });
        response.end('<Error><Code>SlowDown</Code><Message>Reduce your rate.</Message></Error>');
        return;
      case 'expired-token':
      case 'no-upload':
      case 'bad-digest':
        request.resume();
        refuse(response, REFUSALS[fate]);
        return;
      default:
        this.forward(request, response, fate);
    }
  }

  private forward(request: IncomingMessage, response: ServerResponse, fate: Fate): void {
    const onward = send(
      new URL(request.url ?? '/', this.target),
      { method: request.method, headers: request.headers },
      answer => {
        if (fate === 'lose-answer') {
          answer.resume();
          answer.on('end', () => response.socket?.resetAndDestroy());
          return;
        }
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        if (fate === 'cut-answer' || fate === 'stall') {
          answer.once('data', (piece: Buffer) => {
            response.write(piece.subarray(0, piece.length >> 1), () => {
              if (fate === 'cut-answer') {
                response.socket?.resetAndDestroy();
              }
            });
          });
          return;
        }
        answer.pipe(response);
      }
    );
    onward.on('error', () => response.destroy());
    request.on('error', () => onward.destroy());
    request.pipe(onward);
  }
}

function kindOf(request: IncomingMessage): string {
  const url = new URL(request.url ?? '/', 'http://proxy');
  const has = (name: string): boolean => url.searchParams.has(name);
  const method = request.method ?? '';
  if (has('uploads')) {
    return method === 'POST' ? 'POST create' : 'GET uploads';
  }
  if (has('partNumber')) {
    return 'PUT part';
  }
  if (has('uploadId')) {
    return { POST: 'POST complete', DELETE: 'DELETE upload' }[method] ?? 'GET parts';
  }
  if (has('list-type')) {
    return 'GET list';
  }
  return request.headers['x-amz-copy-source'] === undefined ? method : 'PUT copy';
}
