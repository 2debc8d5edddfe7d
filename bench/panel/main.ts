/**
 * Measures the panel in a real JupyterLab and Chromium on the sandbox, and prints the figures.
 * Usage: npx tsx bench/panel/main.ts [--rounds N] [--idle-seconds N]
 */
import { chromium, type Browser, type Page } from '@playwright/test';
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';

import {
  removeLabFolder,
  startJupyterLab,
  type StartedJupyterLab
} from '../../scripts/jupyterlab.mjs';
import { startSandbox } from '../../scripts/sandbox.mjs';
import { spread, type Spread } from '../statistics';
import { childrenWith, processorMs, residentBytes } from './processorTime';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    'idle-seconds': { type: 'string', default: '60' },
    chromium: { type: 'string', default: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium' }
  }
});
const rounds = Number(values.rounds);
const idleSeconds = Number(values['idle-seconds']);
const STATIC = join('jupyterlab_bedrock_import', 'labextension', 'static');
const ROUND_TRIPS = 200;
const PANEL = '#bedrock-import-panel';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const ms = ({ median, least, most }: Spread): string =>
  `${median.toFixed(1)} ms (${least.toFixed(1)} to ${most.toFixed(1)})`;

function bundleSizes(): void {
  const files = readdirSync(STATIC).filter(name => name.endsWith('.js'));
  const contents = files.map(name => readFileSync(join(STATIC, name)));
  const all = files.reduce((sum, name) => sum + statSync(join(STATIC, name)).size, 0);
  const zipped = contents.reduce((sum, content) => sum + gzipSync(content).length, 0);
  say(
    `Static bundle: ${(all / 1e3).toFixed(0)} kB in ${files.length} files, ${(zipped / 1e3).toFixed(0)} kB gzipped`
  );
}

async function openPage(browser: Browser, lab: StartedJupyterLab): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
  // What tsx puts around functions, and pages do not have.
  await page.addInitScript('globalThis.__name = named => named');
  // When the engine has said its first word.
  await page.addInitScript(`
    const Plain = globalThis.WebSocket;
    globalThis.WebSocket = class extends Plain {
      constructor(url, protocols) {
        super(url, protocols);
        if (String(url).includes('/bedrock-import/engine')) {
          this.addEventListener('message', () => { globalThis.answeredAt ??= performance.now(); });
        }
      }
    };`);
  await page.goto(lab.url('lab?reset'));
  await page.locator('.jp-LauncherCard').first().waitFor();
  // What JupyterLab still does after its start is not the panel's.
  await page.waitForTimeout(3_000);
  return page;
}

interface Opening {
  /** The engine has answered. */
  readyMs: number;
  /** The machine's facts and the lists of the form are there. */
  usableMs: number;
}

/** From the click on the icon until the panel can be used. */
async function openPanel(page: Page): Promise<Opening> {
  return page.evaluate(async panel => {
    const begun = performance.now();
    const until = async (holds: () => boolean): Promise<number> => {
      while (!holds()) {
        await new Promise(resolve => requestAnimationFrame(resolve));
      }
      return performance.now() - begun;
    };
    const tab = document.querySelector<HTMLElement>(`[data-id="bedrock-import-panel"]`);
    // Lumino's tab bars listen to pointers.
    const { x, y } = tab?.getBoundingClientRect() ?? { x: 0, y: 0 };
    for (const type of ['pointerdown', 'pointerup']) {
      tab?.dispatchEvent(
        new PointerEvent(type, { bubbles: true, button: 0, clientX: x + 4, clientY: y + 4 })
      );
    }
    const answered = globalThis as { answeredAt?: number };
    await until(() => answered.answeredAt !== undefined);
    const readyMs = (answered.answeredAt ?? 0) - begun;
    const listed = (name: string): boolean =>
      [...document.querySelectorAll(`${panel} option`)].some(({ textContent }) =>
        textContent?.includes(name)
      );
    const usableMs = await until(
      () =>
        listed('bedrock-import-sandbox') &&
        listed('BedrockImportSandboxRole') &&
        document.querySelectorAll(`${panel} #bedrock-import-machine dd`).length > 0
    );
    return { readyMs, usableMs };
  }, PANEL);
}

/** Times of one small request after another over a connection of its own, in ms. */
async function roundTrips(page: Page, count: number): Promise<number[]> {
  return page.evaluate(async wanted => {
    const url = new URL('bedrock-import/engine', document.baseURI.replace(/\/lab.*/, '/'));
    url.protocol = 'ws:';
    const socket = new WebSocket(url);
    await new Promise(resolve => socket.addEventListener('open', resolve));
    let id = 0;
    const ask = (method: string, params?: object): Promise<void> =>
      new Promise(resolve => {
        const mine = ++id;
        const listen = ({ data }: MessageEvent<string>): void => {
          if ((JSON.parse(data) as { id?: number }).id === mine) {
            socket.removeEventListener('message', listen);
            resolve();
          }
        };
        socket.addEventListener('message', listen);
        socket.send(JSON.stringify({ jsonrpc: '2.0', id: mine, method, params }));
      });
    await ask('session/hello', { protocolVersion: 1 });
    const times: number[] = [];
    for (let index = 0; index < wanted; index += 1) {
      const begun = performance.now();
      await ask('jobs/list');
      times.push(performance.now() - begun);
    }
    socket.close();
    return times;
  }, count);
}

/** Processor time of an open page that nobody touches, of the engine, and of the server. */
async function idle(page: Page, lab: StartedJupyterLab, seconds: number): Promise<string> {
  const [engine = 0] = childrenWith(lab.pid, 'engine.js');
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const tasks = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000;
  };
  const look = async (): Promise<number[]> => [
    await tasks(),
    processorMs(engine),
    processorMs(lab.pid)
  ];
  const before = await look();
  await page.waitForTimeout(seconds * 1_000);
  const after = await look();
  const [inPage = 0, inEngine = 0, inServer = 0] = after.map(
    (value, index) => value - (before[index] ?? 0)
  );
  return `page ${inPage.toFixed(0)} ms, engine ${inEngine.toFixed(0)} ms, Jupyter server ${inServer.toFixed(0)} ms in ${seconds} s; engine ${(residentBytes(engine) / 2 ** 20).toFixed(0)} MiB`;
}

async function measure(browser: Browser, sandboxEnv: NodeJS.ProcessEnv): Promise<void> {
  const cold: Opening[] = [];
  const warm: Opening[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const folder = mkdtempSync(join(tmpdir(), 'panel-bench-'));
    const lab = await startJupyterLab({
      folder,
      env: { ...process.env, ...sandboxEnv, BEDROCK_IMPORT_STATE_DIR: join(folder, 'jobs') }
    });
    try {
      const first = await openPage(browser, lab);
      cold.push(await openPanel(first));
      const second = await openPage(browser, lab);
      warm.push(await openPanel(second));
      await second.close();
      if (round === rounds - 1) {
        say(`Round trip: ${ms(spread(await roundTrips(first, ROUND_TRIPS)))} over ${ROUND_TRIPS}`);
        await first.bringToFront();
        say(`Idle, panel open: ${await idle(first, lab, idleSeconds)}`);
        await first.locator(`[data-id="filebrowser"]`).click();
        say(`Idle, panel behind another: ${await idle(first, lab, idleSeconds)}`);
      }
      await first.close();
    } finally {
      await lab.stop();
      removeLabFolder(folder);
    }
  }
  for (const [name, openings] of [
    ['cold', cold],
    ['warm', warm]
  ] as const) {
    say(
      `Opening, engine ${name}: engine answered after ${ms(spread(openings.map(({ readyMs }) => readyMs)))}, usable ${ms(spread(openings.map(({ readyMs, usableMs }) => usableMs - readyMs)))} later, of ${openings.length}`
    );
  }
}

async function main(): Promise<void> {
  bundleSizes();
  const sandbox = await startSandbox({ quiet: true });
  const browser = await chromium.launch({
    executablePath: values.chromium,
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : []
  });
  try {
    await measure(browser, sandbox.env);
  } finally {
    await browser.close();
    await sandbox.stop();
  }
}

void main();
