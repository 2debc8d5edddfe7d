import { request as httpRequest } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LoopbackServer } from '../../../testing/loopbackServer';

/** Stands before a hub and counts what goes through; all requests can be made slow. */
export class CountedHub extends LoopbackServer {
  /** Bytes of the bodies of files. */
  dataBytes = 0;
  readonly dataRequests: string[] = [];
  /** Bytes a second of each connection; 0 is as fast as can be. */
  bytesPerSecond = 0;

  constructor(private readonly hubUrl: string) {
    super();
  }

  reset(): void {
    this.dataBytes = 0;
    this.dataRequests.length = 0;
  }

  protected override answer(request: IncomingMessage, response: ServerResponse): void {
    const headers = { ...request.headers, host: new URL(this.hubUrl).host };
    const outgoing = httpRequest(
      this.hubUrl + (request.url ?? '/'),
      { method: request.method, headers },
      answer => {
        const location = answer.headers.location?.replace(/^http:\/\/[^/]+/, this.url);
        const isData =
          request.method === 'GET' &&
          /^\/cdn\/|\/resolve\//.test(request.url ?? '') &&
          (answer.statusCode ?? 0) < 300;
        if (isData) {
          this.dataRequests.push(request.url?.replace(/\?.*$/, '') ?? '');
        }
        response.writeHead(answer.statusCode ?? 500, {
          ...answer.headers,
          ...(location === undefined ? {} : { location })
        });
        answer.on('data', (chunk: Buffer) => {
          this.dataBytes += isData ? chunk.length : 0;
          response.write(chunk);
          if (this.bytesPerSecond > 0) {
            answer.pause();
            setTimeout(() => answer.resume(), (chunk.length / this.bytesPerSecond) * 1000);
          }
        });
        answer.on('end', () => response.end());
        answer.on('error', () => response.destroy());
        answer.on('aborted', () => response.destroy());
      }
    );
    outgoing.on('error', () => response.destroy());
    response.on('close', () => outgoing.destroy());
    request.pipe(outgoing);
  }
}
