/**
 * Caches and temporary files under the JupyterLab root: steered and undone, for real kernels and
 * terminals. The root is a disk of its own, so that the home is elsewhere.
 */
import { AxeBuilder } from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from './fixtures';
import { tabTo } from './keyboard';
import type { PanelPage, Theme } from './panel';
import { CAN_MOUNT, test } from './rootDisk';

test.use({ labEnv: { TRANSFORMERS_CACHE: '/tmp/transformers' } });
test.skip(!CAN_MOUNT, 'Nothing can be mounted here.');
test.setTimeout(120_000);

interface Places {
  home: string | null;
  transformers: string | null;
  temporary: string;
}

const ASK = `
import json, os, tempfile
print(json.dumps({"home": os.environ.get("HF_HOME"),
                  "transformers": os.environ.get("TRANSFORMERS_CACHE"),
                  "temporary": tempfile.gettempdir()}))
`;

/** As much of JupyterLab as a page of a test uses. */
interface App {
  serviceManager: {
    kernels: {
      startNew(options: { name: string }): Promise<Kernel>;
      shutdownAll(): Promise<void>;
    };
    terminals: { startNew(): Promise<{ name: string }>; shutdownAll(): Promise<void> };
  };
}

interface Kernel {
  requestExecute(content: { code: string }): {
    onIOPub: (message: { content: { text?: string } }) => void;
    done: Promise<unknown>;
  };
}

type Window = typeof globalThis & { jupyterapp: App; kernels?: Kernel[] };

/** Starts a kernel in the page. @returns its number, from 0 */
function startKernel(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const own = window as unknown as Window;
    const kernel = await own.jupyterapp.serviceManager.kernels.startNew({ name: 'python3' });
    own.kernels = [...(own.kernels ?? []), kernel];
    return own.kernels.length - 1;
  });
}

/** What a kernel prints. */
function run(page: Page, kernel: number, code: string): Promise<string> {
  return page.evaluate(
    async ([number, text]) => {
      const own = window as unknown as Window;
      const future = own.kernels?.[number]?.requestExecute({ code: text });
      let printed = '';
      if (future !== undefined) {
        future.onIOPub = ({ content }) => {
          printed += content.text ?? '';
        };
        await future.done;
      }
      return printed;
    },
    [kernel, code] as const
  );
}

async function placesOf(page: Page, kernel: number): Promise<Places> {
  return JSON.parse(await run(page, kernel, ASK)) as Places;
}

/** Of a kernel that is started now. */
async function newPlaces(page: Page): Promise<Places> {
  return placesOf(page, await startKernel(page));
}

function tab(page: Page): Locator {
  return page.locator('.jp-BedrockImport-steering');
}

function variable(page: Page, name: string): Locator {
  return tab(page).locator(`[data-variable="${name}"]`);
}

function running(page: Page, outdated: boolean): Locator {
  return tab(page)
    .getByRole('list', { name: 'Kernels and terminals' })
    .locator(`[data-outdated="${outdated}"]`);
}

async function openTab(panel: PanelPage): Promise<void> {
  await panel.title('This machine').hover();
  await panel
    .title('This machine')
    .getByRole('button', { name: 'Cache and temp folders …' })
    .click();
  await expect(variable(panel.page, 'HF_HOME')).toBeVisible();
}

test.beforeEach(({ lab }) => rmSync(join(lab.jobs, 'steering.json'), { force: true }));

test.afterEach(({ page }) =>
  page.evaluate(async () => {
    const { kernels, terminals } = (window as unknown as Window).jupyterapp.serviceManager;
    await Promise.all([kernels.shutdownAll(), terminals.shutdownAll()]);
  })
);

test('steers new kernels and terminals, and lists the old ones', async ({
  panel,
  page,
  lab,
  disk
}) => {
  const root = disk.folder;
  await panel.open();
  const old = await startKernel(page);
  await page.evaluate(() =>
    (window as unknown as Window).jupyterapp.serviceManager.terminals.startNew()
  );
  const before = await placesOf(page, old);
  expect(before).toMatchObject({
    home: lab.environment['HF_HOME'],
    transformers: '/tmp/transformers'
  });

  await openTab(panel);
  await expect(running(page, false)).toHaveCount(2);
  await expect(variable(page, 'HF_HOME')).toContainText('does not last');
  await tab(page)
    .getByRole('button', { name: `Keep under ${root} …` })
    .click();
  await expect(panel.dialog).toContainText(`HF_HOME=${root}/.cache/huggingface`);
  await expect(panel.dialog).toContainText('TRANSFORMERS_CACHE is unset');
  await panel.dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(panel.dialog).toHaveCount(0);
  expect(await newPlaces(page)).toEqual(before);

  await tab(page)
    .getByRole('button', { name: `Keep under ${root} …` })
    .click();
  await panel.dialog.getByRole('button', { name: 'Keep them there' }).click();
  await expect(tab(page)).toContainText('Done: new kernels and terminals');
  const after = {
    home: `${root}/.cache/huggingface`,
    transformers: null,
    temporary: `${root}/.tmp`
  };
  expect(await newPlaces(page)).toEqual(after);
  await expect(variable(page, 'HF_HOME')).not.toContainText('does not last');
  await expect(running(page, true)).toHaveCount(3);
  await page
    .getByRole('toolbar', { name: 'Cache and temp folders toolbar' })
    .getByRole('button', { name: 'Look again' })
    .click();
  await expect(running(page, false)).toHaveCount(1);

  // What the tab says to run in an old kernel gives it the new values.
  expect(await placesOf(page, old)).toEqual(before);
  const cell = await tab(page).locator('.jp-BedrockImport-lines pre').first().textContent();
  expect(await run(page, old, cell ?? '')).toBe('');
  expect(await placesOf(page, old)).toEqual(after);

  await panel.reload();
  await expect(tab(page)).toContainText('On: new kernels and terminals');
  await tab(page).getByRole('button', { name: 'Undo …' }).click();
  await expect(panel.dialog).toContainText('No file is deleted.');
  await panel.dialog.getByRole('button', { name: 'Undo it' }).click();
  await expect(tab(page)).toContainText('Undone: ');
  expect(await newPlaces(page)).toEqual(before);
});

test('is steered and undone by keyboard', async ({ panel, page, disk }) => {
  await panel.visit();
  await panel.settled();
  await panel.chooseFromPalette('Cache and Temp Folders');
  const keep = tab(page).getByRole('button', { name: `Keep under ${disk.folder} …` });
  await expect(keep).toBeVisible();
  await tabTo(page, keep);
  await page.keyboard.press('Enter');
  await expect(panel.dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(panel.dialog).toHaveCount(0);
  await expect(tab(page)).toContainText('Not set: ');

  await keep.focus();
  await page.keyboard.press('Enter');
  await expect(panel.dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(tab(page)).toContainText('Done: ');
  const undo = tab(page).getByRole('button', { name: 'Undo …' });
  await expect(undo).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(panel.dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(tab(page)).toContainText('Undone: ');
  await expect(keep).toBeFocused();
});

test('moves the cache that is there as a job, which the tab follows', async ({
  panel,
  page,
  lab,
  disk
}) => {
  const model = 'models--maker--model/snapshots/1/config.json';
  const old = join(lab.environment['HF_HOME'] ?? '', 'hub');
  mkdirSync(join(old, model, '..'), { recursive: true });
  writeFileSync(join(old, model), '{"a":1}');
  await panel.open();
  await openTab(panel);
  await tab(page).getByRole('button', { name: 'See what moving it does' }).click();
  const to = `${disk.folder}/.cache/huggingface/hub`;
  await expect(tab(page)).toContainText(to);
  await tab(page).getByRole('button', { name: 'Move the cache …' }).click();
  await expect(panel.dialog).toContainText(old);
  await panel.dialog.getByRole('button', { name: 'Move it' }).click();
  await expect(page.locator('.jp-BedrockImport-jobTab')).toContainText('Done', { timeout: 30_000 });
  expect(readFileSync(join(to, model), 'utf8')).toBe('{"a":1}');
  expect(existsSync(join(old, model))).toBe(false);
  await page.getByRole('tab', { name: 'Cache and Temp Folders' }).click();
  await expect(tab(page)).toContainText('The cache has been moved.');
  await expect(variable(page, 'HF_HUB_CACHE')).toContainText(to);
  await expect(tab(page).getByRole('button', { name: 'Undo …' })).toBeVisible();
});

for (const theme of ['JupyterLab Light', 'JupyterLab Dark'] as Theme[]) {
  test(`axe finds nothing in the tab, ${theme}`, async ({ panel, page }) => {
    await panel.open();
    await panel.setTheme(theme);
    await startKernel(page);
    await openTab(panel);
    await tab(page)
      .getByRole('button', { name: /^Keep under/ })
      .click();
    await panel.dialog.getByRole('button', { name: 'Keep them there' }).click();
    await expect(running(page, true)).toHaveCount(1);
    await running(page, true).locator('summary').click();
    const { violations } = await new AxeBuilder({ page })
      .include('.jp-BedrockImport-steering')
      .analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
  });
}
