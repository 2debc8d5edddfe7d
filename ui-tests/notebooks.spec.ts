/** Tutorials: notebooks that are shipped with the wheel, opened as copies under JupyterLab's root. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { SectionIDs } from '../src/panel/commandIds';
import { expect, test } from './fixtures';
import type { Lab } from './lab';
import { codeCells, endKernels, openNotebook, runAll } from './notebook';

const FOLDER = 'bedrock-import-notebooks';
const FIRST = '1-start-here.ipynb';
const SECOND = '2-your-machine.ipynb';
const THIRD = '3-permissions.ipynb';

function copyOf(lab: Lab, name: string): string {
  return join(lab.root, FOLDER, name);
}

/** Each test begins without copies, as a new user does. */
test.beforeEach(({ lab }) => rmSync(join(lab.root, FOLDER), { recursive: true, force: true }));

/** Kernels of a test would stay until the server ends. */
test.afterEach(({ page, lab }) => endKernels(page, lab));

test('the launcher opens a copy of the first tutorial with the kernel for it', async ({
  page,
  panel,
  lab
}) => {
  await panel.visit();
  await page.locator('.jp-LauncherCard', { hasText: 'Bedrock Tutorial' }).click();
  await openNotebook(page, 'Start here');
  await expect(page.getByRole('tab', { name: FIRST })).toBeVisible();
  expect(existsSync(copyOf(lab, FIRST))).toBe(true);
});

test('the first tutorial runs from top to bottom, with an ARN and an answer', async ({
  page,
  panel,
  lab
}) => {
  test.setTimeout(240_000);
  await panel.visit();
  await panel.run('bedrock-import:open-notebook');
  await openNotebook(page, 'Start here');
  // Ends with the last cell.
  await runAll(panel);
  await panel.run('docmanager:save');
  const cells = codeCells(copyOf(lab, FIRST));
  expect(cells.map(cell => cell.execution_count)).toEqual(cells.map((_, index) => index + 1));
  const outputs = cells.flatMap(cell => cell.outputs);
  expect(outputs.filter(({ output_type: type }) => type === 'error')).toEqual([]);
  const shown = JSON.stringify(outputs);
  expect(shown).toMatch(/arn:aws:bedrock:[\w-]+:\d{12}:imported-model\/\w+/);
  expect(shown).toContain('Paris');
});

test('the command palette has each tutorial, and opens a copy that is open', async ({
  page,
  panel
}) => {
  await panel.visit();
  await panel.settled();
  await panel.chooseFromPalette('Tutorial: Start here');
  await openNotebook(page, 'Start here');
  await panel.chooseFromPalette('Tutorial: Your machine');
  await openNotebook(page, 'Your machine');
  await panel.chooseFromPalette('Tutorial: Start here');
  await openNotebook(page, 'Start here');
  await expect(page.getByRole('tab', { name: FIRST })).toHaveCount(1);
  await expect(page.getByRole('tab', { name: SECOND })).toHaveCount(1);
});

test('the menu has them, too', async ({ page, panel }) => {
  await panel.visit();
  await page.getByRole('menuitem', { name: 'Bedrock', exact: true }).click();
  await page.locator('.lm-Menu-item', { hasText: 'Tutorials' }).click();
  await page.locator('.lm-Menu-item', { hasText: 'Permissions' }).click();
  await openNotebook(page, 'Permissions');
  await expect(page.getByRole('tab', { name: THIRD })).toBeVisible();
});

test('the panel says what each is about, and opens a changed copy as it is', async ({
  page,
  panel,
  lab
}) => {
  await panel.open();
  const title = panel.root.locator('.lm-AccordionPanel-title', { hasText: 'Tutorials' });
  if ((await title.getAttribute('aria-expanded')) !== 'true') {
    await title.locator('.lm-AccordionPanel-titleLabel').click();
  }
  const section = panel.root.locator(`#${SectionIDs.notebooks}`);
  const entry = section.getByRole('button', { name: /^Your machine/ });
  await expect(entry).toContainText(/^Your machine.+[.!?]$/);
  await entry.click();
  const notebook = await openNotebook(page, 'Your machine');
  await notebook.locator('.jp-CodeCell .cm-content').first().click();
  await page.keyboard.type('// mine\n');
  const tab = page.locator('#jp-main-dock-panel').getByRole('tab', { name: SECOND });
  await expect(async () => {
    await panel.run('docmanager:save');
    await expect(tab).not.toHaveClass(/jp-mod-dirty/, { timeout: 1_000 });
  }).toPass();
  expect(readFileSync(copyOf(lab, SECOND), 'utf8')).toContain('// mine');
  await panel.run('application:close-all');
  await entry.click();
  await expect(await openNotebook(page, 'Your machine')).toContainText('// mine');
  expect(existsSync(copyOf(lab, SECOND.replace('.ipynb', '-2.ipynb')))).toBe(false);
});
