import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HubFile } from '../../hub';
import type { ModelInspection } from '../../model';
import { LoopbackServer } from '../../testing/loopbackServer';

export const MODEL_ID = 'org/model';
export const COMMIT = 'c0ffee'.repeat(6) + 'c0ff';

/** What the hub's storage does with one range request. */
export type Misbehaviour =
  | 'ok'
  | 'reset'
  | 'flip'
  | 'short'
  | 'ignore-range'
  | 'wrong-range'
  | 'forbidden'
  | 'unavailable'
  | 'gone';

export interface RangeRequest {
  path: string;
  start: number;
  end: number;
  /** How often this very range was asked for, this time included. */
  times: number;
  /** Changes with each address that the hub gave out for the file. */
  signature: string;
}

/** A hub in this process whose storage can be told to misbehave, request by request. */
export class ScriptedHub extends LoopbackServer {
  readonly requests: RangeRequest[] = [];
  readonly locates: string[] = [];
  misbehave: (request: RangeRequest) => Misbehaviour = () => 'ok';
  private readonly counts = new Map<string, number>();
  private signatures = 0;
  private readonly listed: HubFile[];

  constructor(private readonly files: Readonly<Record<string, Uint8Array>>) {
    super();
    this.listed = Object.entries(files).map(listedFile);
  }

  /** As the listing of the hub would say it; small files are kept in git. */
  listing(): HubFile[] {
    return this.listed;
  }

  inspection(texts: Record<string, string> = {}): ModelInspection {
    const taken = this.listing();
    return {
      model: {
        id: MODEL_ID,
        commitSha: COMMIT,
        files: taken,
        gated: false,
        private: false,
        endpoint: this.url
      },
      selection: {
        taken,
        leftOut: [],
        totalBytes: taken.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
      },
      weightsBytes: 0,
      checks: [],
      chatTemplate: { places: [], problems: [] },
      texts
    };
  }

  protected override answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', this.url);
    const resolve = `/${MODEL_ID}/resolve/${COMMIT}/`;
    const onHub = url.pathname.startsWith(resolve);
    const path = decodeURIComponent(
      onHub ? url.pathname.slice(resolve.length) : url.pathname.slice('/storage/'.length)
    );
    const bytes = this.files[path];
    const listed = this.listing().find(file => file.path === path);
    if (bytes === undefined || listed === undefined) {
      response.writeHead(404).end();
      return;
    }
    if (!onHub) {
      this.serve(request, response, path, bytes, url.searchParams.get('signature') ?? '');
      return;
    }
    const facts = { 'x-repo-commit': COMMIT, 'x-linked-size': String(bytes.length) };
    if (listed.sha256 === undefined) {
      response.writeHead(200, { ...facts, etag: `"${listed.gitOid}"` });
      response.end(request.method === 'HEAD' ? undefined : bytes);
      return;
    }
    this.locates.push(path);
    response.writeHead(302, {
      ...facts,
      'x-linked-etag': `"${listed.sha256}"`,
      location: `${this.url}/storage/${encodeURIComponent(path)}?signature=${++this.signatures}`
    });
    response.end();
  }

  private serve(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    bytes: Uint8Array,
    signature: string
  ): void {
    if (request.headers.range === undefined) {
      response.writeHead(200, { 'content-length': String(bytes.length) }).end(bytes);
      return;
    }
    const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range);
    const start = Number(match?.[1] ?? 0);
    const end = Number(match?.[2] ?? bytes.length - 1) + 1;
    const name = `${path} ${start}-${end}`;
    const times = (this.counts.get(name) ?? 0) + 1;
    this.counts.set(name, times);
    const asked = { path, start, end, times, signature };
    this.requests.push(asked);
    const behaviour = this.misbehave(asked);
    const range = { 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` };
    const body = Buffer.from(bytes.subarray(start, end));
    const length = { 'content-length': String(body.length) };
    switch (behaviour) {
      case 'forbidden':
        response.writeHead(403).end();
        return;
      case 'unavailable':
        response.writeHead(503, { 'retry-after': '0' }).end();
        return;
      case 'gone':
        response.writeHead(404).end();
        return;
      case 'ignore-range':
        response.writeHead(200, { 'content-length': String(bytes.length) }).end(bytes);
        return;
      case 'wrong-range':
        response
          .writeHead(206, {
            ...length,
            'content-range': `bytes 0-${body.length - 1}/${bytes.length}`
          })
          .end(body);
        return;
      case 'reset':
      case 'short':
        response.writeHead(206, { ...range, ...length });
        response.write(body.subarray(0, Math.floor(body.length / 2)), () => {
          if (behaviour === 'reset') {
            response.socket?.resetAndDestroy();
          } else {
            response.socket?.end();
          }
        });
        return;
      case 'flip':
        body[body.length >> 1] = (body[body.length >> 1] ?? 0) ^ 1;
        response.writeHead(206, { ...range, ...length }).end(body);
        return;
      case 'ok':
        response.writeHead(206, { ...range, ...length }).end(body);
    }
  }
}

function listedFile([path, bytes]: [string, Uint8Array]): HubFile {
  const gitOid = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const inGit = /\.(json|jinja|md)$/.test(path);
  return { path, sizeBytes: bytes.length, gitOid, ...(inGit ? {} : { sha256 }) };
}

/** Bytes that repeat nowhere, so that a misplaced part changes the hash. */
export function sampleBytes(length: number, seed: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = seed >>> 0 || 1;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}
