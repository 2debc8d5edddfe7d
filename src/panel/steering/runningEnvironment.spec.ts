import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { ServerConnection } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';

import { toFailure } from '../connection';
import { ServerEnvironment } from './runningEnvironment';
import { RUNNING } from './testing/steeringFacts';

const trans = nullTranslator.load('jupyterlab_bedrock_import');

let server: Server;
let requests: { url: string; authorization: string | undefined }[];
let status: number;
let body: string;

beforeEach(async () => {
  requests = [];
  status = 200;
  body = JSON.stringify(RUNNING);
  server = createServer((request, response) => {
    requests.push({ url: request.url ?? '', authorization: request.headers.authorization });
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => void server.close());

function environment(): ServerEnvironment {
  const { port } = server.address() as AddressInfo;
  const baseUrl = `http://127.0.0.1:${port}/jupyterlab/default/`;
  const settings = { baseUrl, token: 'a token', fetch, Request, Headers };
  return new ServerEnvironment(ServerConnection.makeSettings(settings), trans);
}

async function codeOf(reading: Promise<unknown>): Promise<string> {
  const { code, nextStep } = await reading.then(
    () => ({ code: 'none', nextStep: 'none' }),
    (error: unknown) => toFailure(error)
  );
  expect(nextStep).not.toBe('');
  return code;
}

describe('what the server half tells of kernels and terminals', () => {
  it('is asked of the Jupyter server under its address, with the login of the page', async () => {
    expect(await environment().read(new AbortController().signal)).toEqual(RUNNING);
    expect(requests).toEqual([
      {
        url: expect.stringMatching(
          /^\/jupyterlab\/default\/bedrock-import\/environment\?\d+$/
        ) as string,
        authorization: 'token a token'
      }
    ]);
  });

  it.each([
    [404, '{}', 'SERVER_HALF_OLD'],
    [500, '{}', 'ENVIRONMENT_UNKNOWN'],
    [200, 'no JSON', 'ENVIRONMENT_UNKNOWN'],
    [200, 'null', 'ENVIRONMENT_UNKNOWN'],
    [200, '{"server": {}, "kernels": []}', 'ENVIRONMENT_UNKNOWN'],
    [200, '{"server": null, "kernels": [], "terminals": []}', 'ENVIRONMENT_UNKNOWN']
  ])('is a failure with a next step where it answers %d %s', async (code, text, failure) => {
    [status, body] = [code, text];
    expect(await codeOf(environment().read(new AbortController().signal))).toBe(failure);
  });

  it('is a failure where nobody answers, and where it is given up', async () => {
    const asked = environment();
    const given = new AbortController();
    given.abort();
    expect(await codeOf(asked.read(given.signal))).toBe('SERVER_UNREACHABLE');
    server.closeAllConnections();
    server.close();
    expect(await codeOf(asked.read(new AbortController().signal))).toBe('SERVER_UNREACHABLE');
  });
});
