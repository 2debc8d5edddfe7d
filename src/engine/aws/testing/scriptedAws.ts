import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { crc32 } from 'node:zlib';

import { createAwsClients, type AwsClients, type Clock } from '..';

/** One request as it arrived. */
export interface Received {
  method: string;
  /** Path and query, as sent. */
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export type Script = (
  request: Received,
  response: ServerResponse,
  raw: IncomingMessage
) => void | Promise<void>;

export interface ScriptedAws {
  url: string;
  aws: AwsClients;
  env: Record<string, string>;
  requests: Received[];
  close(): Promise<void>;
}

/** A real HTTP server that answers as the script says, and clients whose endpoint it is. */
export async function startScriptedAws(script: Script): Promise<ScriptedAws> {
  const requests: Received[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) {
        chunks.push(Buffer.from(chunk));
      }
      const received: Received = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString()
      };
      requests.push(received);
      await script(received, response, request);
    })().catch(() => request.socket.destroy());
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('The server has no port.');
  }
  const url = `http://127.0.0.1:${address.port}`;
  const env = {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: 'AKIDSCRIPTED',
    AWS_SECRET_ACCESS_KEY: 'scripted-secret',
    AWS_REGION: 'us-east-1'
  };
  const aws = createAwsClients({ env });
  return {
    url,
    aws,
    env,
    requests,
    close: async () => {
      aws.destroy();
      server.closeAllConnections();
      await new Promise<void>(resolve => server.close(() => resolve()));
    }
  };
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {}
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** A refusal as Bedrock's REST protocol sends it. */
export function sendJsonError(
  response: ServerResponse,
  status: number,
  name: string,
  message: string
): void {
  sendJson(
    response,
    status,
    { message },
    { 'x-amzn-errortype': `${name}:http://internal.amazon.com/` }
  );
}

/** A refusal as IAM and STS send it. */
export function sendQueryError(
  response: ServerResponse,
  status: number,
  code: string,
  message: string
): void {
  response.writeHead(status, { 'content-type': 'text/xml' });
  response.end(
    `<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error><RequestId>0</RequestId></ErrorResponse>`
  );
}

/** A refusal as S3 sends it, except to HEAD, which has no body. */
export function sendS3Error(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {}
): void {
  response.writeHead(status, { 'content-type': 'application/xml', ...headers });
  response.end(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${escapeXml(message)}</Message><RequestId>0</RequestId><HostId>0</HostId></Error>`
  );
}

export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** One message of `application/vnd.amazon.eventstream`. */
export function eventMessage(headers: Record<string, string>, body: string): Buffer {
  const head = Buffer.concat(
    Object.entries(headers).map(([name, value]) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(Buffer.byteLength(value));
      return Buffer.concat([
        Buffer.from([Buffer.byteLength(name)]),
        Buffer.from(name),
        Buffer.from([7]),
        length,
        Buffer.from(value)
      ]);
    })
  );
  const message = Buffer.alloc(16 + head.length + Buffer.byteLength(body));
  message.writeUInt32BE(message.length, 0);
  message.writeUInt32BE(head.length, 4);
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8);
  head.copy(message, 12);
  message.write(body, 12 + head.length);
  message.writeUInt32BE(crc32(message.subarray(0, message.length - 4)), message.length - 4);
  return message;
}

export function streamEvent(type: string, body: unknown): Buffer {
  return eventMessage(
    { ':message-type': 'event', ':event-type': type, ':content-type': 'application/json' },
    JSON.stringify(body)
  );
}

export function streamException(type: string, message: string): Buffer {
  return eventMessage(
    { ':message-type': 'exception', ':exception-type': type, ':content-type': 'application/json' },
    JSON.stringify({ message })
  );
}

/** One piece of InvokeModelWithResponseStream, whatever the model sends in it. */
export function streamChunk(payload: unknown): Buffer {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  return streamEvent('chunk', { bytes: Buffer.from(text).toString('base64') });
}

export function beginStream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
}

export interface TestClock extends Clock {
  slept: number[];
}

/** A clock that moves only by being slept on, at once. */
export function createTestClock(): TestClock {
  let now = Date.parse('2026-11-22T14:00:00Z');
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    random: () => 0.5,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      slept.push(ms);
      now += ms;
    }
  };
}
