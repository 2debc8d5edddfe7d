import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { ServerConnection } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';

import { toFailure } from '../connection';
import { ServerNotebooks } from './notebookCopies';

const trans = nullTranslator.load('jupyterlab_bedrock_import');
const FACT = { name: '1-a.ipynb', title: 'A', description: 'About a.' };

let server: Server;
let requests: { line: string; authorization: string | undefined; body: string }[];
let status: number;
let body: string;

beforeEach(async () => {
  requests = [];
  status = 200;
  body = '{}';
  server = createServer((request, response) => {
    void text(request).then(sent => {
      const { authorization } = request.headers;
      requests.push({ line: `${request.method} ${request.url}`, authorization, body: sent });
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => void server.close());

function copies(): ServerNotebooks {
  const { port } = server.address() as AddressInfo;
  const baseUrl = `http://127.0.0.1:${port}/jupyterlab/default/`;
  const settings = { baseUrl, token: 'a token', fetch, Request, Headers };
  return new ServerNotebooks(ServerConnection.makeSettings(settings), trans);
}

async function failureOf(asking: Promise<unknown>): Promise<{ code: string; message: string }> {
  const failure = await asking.then(
    () => ({ code: 'none', message: 'none', nextStep: 'none' }),
    (error: unknown) => toFailure(error)
  );
  expect(failure.nextStep).not.toBe('');
  return failure;
}

describe('the notebooks of the server half', () => {
  it('are listed under the address of the Jupyter server, with the login of the page', async () => {
    body = JSON.stringify({ notebooks: [FACT] });
    expect(await copies().list(new AbortController().signal)).toEqual([FACT]);
    expect(requests).toEqual([
      {
        line: expect.stringMatching(
          /^GET \/jupyterlab\/default\/bedrock-import\/notebooks\?\d+$/
        ) as string,
        authorization: 'token a token',
        body: ''
      }
    ]);
  });

  it('are copied by name', async () => {
    [status, body] = [201, '{"path": "bedrock-import-notebooks/1-a.ipynb"}'];
    expect(await copies().copy('1-a.ipynb')).toBe('bedrock-import-notebooks/1-a.ipynb');
    expect(requests).toEqual([
      {
        line: expect.stringMatching(
          /^POST \/jupyterlab\/default\/bedrock-import\/notebooks/
        ) as string,
        authorization: 'token a token',
        body: '{"name":"1-a.ipynb"}'
      }
    ]);
  });

  it.each([
    [404, '{"code": "NOTEBOOK_UNKNOWN", "message": "None."}', 'NOTEBOOK_UNKNOWN'],
    [507, '{"code": "NO_ROOM", "message": "None."}', 'NO_ROOM'],
    [403, '{"code": "NOT_WRITABLE", "message": "None."}', 'NOT_WRITABLE'],
    [409, '{"code": "FOLDER_IS_FILE", "message": "None."}', 'FOLDER_IS_FILE'],
    // A server half without notebooks has no such address.
    [404, '{"message": "Not Found"}', 'SERVER_HALF_OLD'],
    [404, '<html>', 'SERVER_HALF_OLD'],
    [200, 'no JSON', 'NOTEBOOKS_FAILED'],
    [200, 'null', 'NOTEBOOKS_FAILED'],
    [200, '{"path": 1}', 'NOTEBOOKS_FAILED'],
    [403, '{"message": "Forbidden"}', 'NOTEBOOKS_FAILED']
  ])('give a failure with a next step for %d %s', async (code, answer, expected) => {
    [status, body] = [code, answer];
    expect((await failureOf(copies().copy('1-a.ipynb'))).code).toBe(expected);
  });

  it.each(['null', '{"notebooks": {}}', '{"notebooks": [{"name": "1-a.ipynb"}]}'])(
    'are not listed from %s',
    async answer => {
      body = answer;
      const asking = copies().list(new AbortController().signal);
      expect((await failureOf(asking)).code).toBe('NOTEBOOKS_FAILED');
    }
  );

  it('say what the server said where nobody foresaw it', async () => {
    [status, body] = [500, '{"code": "COPY_FAILED", "message": "The store is away."}'];
    expect((await failureOf(copies().copy('1-a.ipynb'))).message).toContain('The store is away.');
    [status, body] = [502, '<html>'];
    expect((await failureOf(copies().copy('1-a.ipynb'))).message).toContain('502');
  });

  it('are a failure where nobody answers', async () => {
    const asked = copies();
    server.close();
    await once(server, 'close');
    expect((await failureOf(asked.copy('1-a.ipynb'))).code).toBe('SERVER_UNREACHABLE');
  });
});
