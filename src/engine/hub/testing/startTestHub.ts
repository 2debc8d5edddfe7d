import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers a request and says so with `true`, or leaves it to the well-behaved hub. */
export type Interception = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface TestHub {
  endpoint: string;
  /** The storage on another port, which is another origin. */
  storageOrigin: string;
  /** Every request in order, of hub and storage. */
  requests: Array<{ on: 'hub' | 'storage'; method: string; url: string; authorization?: string }>;
  /** Changes what the hub does. */
  onHub?: Interception;
  onStorage?: Interception;
  /** Replaces the listing. */
  listing?: unknown;
  /** Replaces single values of the model's facts. */
  facts: Record<string, unknown>;
  stop(): Promise<void>;
}

export const COMMIT = '0123456789abcdef0123456789abcdef01234567';
export const MODEL_ID = 'example-org/example-model';

export function gitOid(content: Uint8Array): string {
  return createHash('sha1').update(`blob ${content.byteLength}\0`).update(content).digest('hex');
}

export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** A listing's entry; files that end with `.safetensors` are LFS files. */
export function entryOf(path: string, content: Uint8Array): Record<string, unknown> {
  return {
    type: 'file',
    path,
    size: content.byteLength,
    oid: gitOid(content),
    ...(path.endsWith('.safetensors')
      ? { lfs: { oid: sha256(content), size: content.byteLength, pointerSize: 134 } }
      : {})
  };
}

/** A small hub with one model, and a storage with signed addresses on another port. */
export async function startTestHub(files: Record<string, Uint8Array>): Promise<TestHub> {
  const storage = createServer((request, response) => {
    record('storage', request);
    if (hub.onStorage?.(request, response)) {
      return;
    }
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname.slice(1));
    sendContent(request, response, files[path]);
  });
  const server = createServer((request, response) => {
    record('hub', request);
    if (!hub.onHub?.(request, response)) {
      answer(request, response);
    }
  });
  const hub: TestHub = {
    endpoint: await listen(server),
    storageOrigin: await listen(storage),
    requests: [],
    facts: {},
    stop: async () => {
      await Promise.all([close(server), close(storage)]);
    }
  };
  return hub;

  function record(on: 'hub' | 'storage', request: IncomingMessage): void {
    hub.requests.push({
      on,
      method: request.method ?? '',
      url: request.url ?? '',
      authorization: request.headers.authorization
    });
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? '/', hub.endpoint);
    if (pathname.startsWith(`/api/models/${MODEL_ID}/revision/`)) {
      sendJson(response, 200, {
        _id: '1',
        id: MODEL_ID,
        sha: COMMIT,
        private: false,
        gated: false,
        downloads: 1,
        likes: 1,
        pipeline_tag: 'text-generation',
        lastModified: '2026-01-02T03:04:05.000Z',
        cardData: { license: 'apache-2.0' },
        tags: ['license:apache-2.0'],
        ...hub.facts
      });
    } else if (pathname === `/api/models/${MODEL_ID}/tree/${COMMIT}`) {
      const entries = Object.entries(files).map(([path, content]) => entryOf(path, content));
      sendJson(response, 200, hub.listing ?? entries);
    } else if (pathname.startsWith(`/${MODEL_ID}/resolve/${COMMIT}/`)) {
      const path = decodeURIComponent(pathname.slice(`/${MODEL_ID}/resolve/${COMMIT}/`.length));
      resolve(request, response, path);
    } else {
      refuse(response, 401, 'RepoNotFound');
    }
  }

  function resolve(request: IncomingMessage, response: ServerResponse, path: string): void {
    const content = files[path];
    if (content === undefined) {
      refuse(response, 404, 'EntryNotFound');
      return;
    }
    response.setHeader('X-Repo-Commit', COMMIT);
    if (path.endsWith('.safetensors')) {
      response.setHeader('X-Linked-Size', content.byteLength);
      response.setHeader('X-Linked-ETag', `"${sha256(content)}"`);
      const expires = Math.floor(Date.now() / 1000) + 3600;
      const target = `${hub.storageOrigin}/${path.split('/').map(encodeURIComponent).join('/')}`;
      response.setHeader('Location', `${target}?Expires=${expires}&Signature=SIGNED-SECRET`);
      response.writeHead(302).end();
      return;
    }
    response.setHeader('ETag', `"${gitOid(content)}"`);
    sendContent(request, response, content);
  }
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(value));
}

export function refuse(
  response: ServerResponse,
  status: number,
  errorCode?: string,
  message = 'no'
): true {
  if (errorCode !== undefined) {
    response.setHeader('X-Error-Code', errorCode);
  }
  response.setHeader('X-Error-Message', message);
  sendJson(response, status, { error: message });
  return true;
}

export function sendContent(
  request: IncomingMessage,
  response: ServerResponse,
  content: Uint8Array | undefined
): void {
  if (content === undefined) {
    response.writeHead(404).end();
    return;
  }
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  if (range === null) {
    response.writeHead(200, { 'Content-Length': content.byteLength });
    response.end(request.method === 'HEAD' ? undefined : content);
    return;
  }
  const [start, end] = [Number(range[1]), Number(range[2])];
  response.writeHead(206, {
    'Content-Length': end - start + 1,
    'Content-Range': `bytes ${start}-${end}/${content.byteLength}`
  });
  response.end(content.subarray(start, end + 1));
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>(done => server.close(() => done()));
}
