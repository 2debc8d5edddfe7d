/** The page, the server half and the engine: what breaks off comes back, and what is bad does no harm. */
import type { Page } from '@playwright/test';

import { expect, test } from './fixtures';
import type { Lab } from './lab';

/** Where the form shows that the engine answers. */
const ANSWERED = 'LlamaForCausalLM';

interface Closed {
  code: number;
  reason: string;
}

/** Sends frames over a WebSocket of the page, so with its origin, and says how it was closed. */
function socketFromPage(
  page: Page,
  url: string,
  frames: (string | number)[] = []
): Promise<Closed> {
  return page.evaluate(
    ([address, texts]) =>
      new Promise<Closed>(resolve => {
        const socket = new WebSocket(address);
        socket.onopen = () => {
          for (const text of texts) {
            // A number is a frame of so many bytes.
            socket.send(typeof text === 'number' ? 'x'.repeat(text) : text);
          }
        };
        socket.onclose = ({ code, reason }) => resolve({ code, reason });
      }),
    [url, frames] as const
  );
}

/** The first answer to one JSON-RPC message. */
function answerTo(page: Page, url: string, message: object): Promise<unknown> {
  return page.evaluate(
    ([address, text]) =>
      new Promise<unknown>((resolve, reject) => {
        const socket = new WebSocket(address);
        socket.onopen = () => socket.send(text);
        socket.onmessage = ({ data }: MessageEvent<string>) => {
          socket.close();
          resolve(JSON.parse(data));
        };
        socket.onclose = ({ code }) => reject(new Error(`closed with ${code}`));
      }),
    [url, JSON.stringify(message)] as const
  );
}

function engineAddress(lab: Lab, token?: string): string {
  const address = `${lab.address.replace(/^http/, 'ws')}bedrock-import/engine`;
  return token === undefined ? address : `${address}?token=${token}`;
}

test('an engine that was killed is followed by another, and the panel goes on', async ({
  panel,
  lab
}) => {
  await panel.open();
  await expect(panel.section('Import a model').getByText(ANSWERED)).toBeVisible();
  const first = lab.killEngine();
  await expect.poll(() => lab.enginePids().filter(pid => pid !== first)).toHaveLength(1);
  await panel.ready();
  await expect(panel.section('Import a model').getByText(ANSWERED)).toBeVisible();
});

test('after a restart of the server the panel is connected again by itself', async ({
  page,
  panel,
  lab,
  problems
}) => {
  problems.expectServerAway();
  await panel.closeConnectionDialogs();
  await panel.open();
  const before = lab.enginePids();
  await lab.stop();
  await expect(panel.connection).not.toBeEmpty();
  await expect(panel.connection.getByText('The Jupyter server does not answer.')).toBeVisible();
  await lab.start();
  // The reason stays in sight until it is tried again; nobody has to wait for that.
  await panel.connection.getByRole('button', { name: 'Try now' }).click();
  await panel.ready();
  await expect.poll(() => lab.enginePids()).toHaveLength(1);
  expect(lab.enginePids()).not.toEqual(before);
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('without the server half the panel says what to type, and finds it once it is there', async ({
  panel,
  lab,
  problems
}) => {
  problems.expectServerAway();
  problems.expect(/404.*bedrock-import\/status|status of 404/, 'the server half is missing');
  await lab.restart(['--ServerApp.jpserver_extensions={"jupyterlab_bedrock_import": False}']);
  await panel.visit();
  await panel.show();
  const hint = panel.root.getByRole('alert');
  await expect(hint).toContainText('The Jupyter server has not loaded this extension yet.');
  await expect(hint.locator('code')).toHaveText(['jupyter lab', 'jupyter server extension list']);
  await lab.startAsAtFirst();
  await panel.connection.getByRole('button', { name: 'Look again' }).click();
  await panel.ready();
});

test('a page without token or of another origin is refused', async ({
  browser,
  panel,
  lab,
  problems
}) => {
  problems.expect(/WebSocket connection to .* failed|403/, 'it is refused');
  await panel.visit();
  const before = lab.enginePids();
  // No cookie and no token.
  const stranger = await browser.newContext();
  const page = await stranger.newPage();
  await page.goto(`${lab.address}login`);
  expect(await socketFromPage(page, engineAddress(lab))).toEqual({ code: 1006, reason: '' });
  expect(await socketFromPage(page, engineAddress(lab, 'wrong'))).toEqual({
    code: 1006,
    reason: ''
  });
  await stranger.close();

  // With the user's cookie, but from a page that is not the server's.
  await panel.page.route('http://other.example/', route =>
    route.fulfill({ contentType: 'text/html', body: '<title>other</title>' })
  );
  await panel.page.goto('http://other.example/');
  expect(await socketFromPage(panel.page, engineAddress(lab))).toEqual({ code: 1006, reason: '' });
  expect(lab.enginePids()).toEqual(before);
});

test('an unknown method and a frame of 100 MB end neither the engine nor the server', async ({
  page,
  panel,
  lab
}) => {
  await panel.open();
  const before = lab.enginePids();
  const address = engineAddress(lab, lab.token);
  expect(
    await answerTo(page, address, { jsonrpc: '2.0', id: 1, method: 'no/such', params: [] })
  ).toMatchObject({ id: 1, error: {} });
  // 1009, message too big; or cut off in the middle of it.
  expect([1009, 1006]).toContain((await socketFromPage(page, address, [100e6])).code);
  expect(lab.enginePids()).toEqual(before);
  await panel.reload();
  await panel.show();
  await panel.ready();
  expect(lab.enginePids()).toEqual(before);
});

test('two tabs have one engine, and the second stays when the first is closed', async ({
  context,
  panel,
  lab,
  openTab
}) => {
  await panel.open();
  const other = await openTab();
  await other.open();
  expect(lab.enginePids()).toHaveLength(1);
  await panel.page.close();
  await expect(other.section('Import a model').getByText(ANSWERED)).toBeVisible();
  await other.ready();
  expect(context.pages()).toHaveLength(1);
});
