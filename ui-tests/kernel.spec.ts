/** The kernel under JupyterLab's own client: many cells by "run all", ■, updates, questions. */
import type { Page } from '@playwright/test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from './fixtures';
import type { Lab } from './lab';
import { codeCells, endKernels, kernelIsReady, runAll } from './notebook';
import type { PanelPage } from './panel';

const NAME = 'cells.ipynb';

function writeNotebook(lab: Lab, sources: readonly string[]): string {
  const file = join(lab.root, NAME);
  writeFileSync(
    file,
    JSON.stringify({
      cells: sources.map((source, index) => ({
        cell_type: 'code',
        id: `cell-${index}`,
        execution_count: null,
        metadata: {},
        outputs: [],
        source
      })),
      metadata: {
        kernelspec: {
          name: 'bedrock-import-deno',
          display_name: 'TypeScript (Deno)',
          language: 'typescript'
        }
      },
      nbformat: 4,
      nbformat_minor: 5
    })
  );
  return file;
}

async function open(page: Page, panel: PanelPage): Promise<void> {
  await panel.visit();
  await panel.run('docmanager:open', { path: NAME });
  await kernelIsReady(page);
}

/** Its end is not waited for. */
async function runCell(page: Page, cell: number): Promise<void> {
  await page.locator('.jp-CodeCell').nth(cell).locator('.cm-content').click();
  await page.keyboard.press('ControlOrMeta+Enter');
}

function outputOf(page: Page, cell: number) {
  return page.locator('.jp-CodeCell').nth(cell).locator('.jp-OutputArea');
}

/** Kernels of a test would stay until the server ends. */
test.afterEach(({ page, lab }) => endKernels(page, lab));

test('500 cells have all their outputs after "run all"', async ({ page, panel, lab }) => {
  test.setTimeout(240_000);
  const file = writeNotebook(
    lab,
    Array.from(
      { length: 500 },
      (_, n) =>
        `console.log('<${n}: a>'); await 1; console.error('<${n}: b>');\n` +
        `await Deno.jupyter.display({ 'text/plain': '<${n}: c>' }, { raw: true });\n'<${n}: d>'`
    )
  );
  await open(page, panel);
  await runAll(panel);
  await panel.run('docmanager:save');
  const wrong = codeCells(file).filter((cell, n) => {
    const text = cell.outputs.map(output => JSON.stringify(output.text ?? output.data)).join('');
    const found = [...text.matchAll(/<\d+: \w>/g)].map(([match]) => match);
    return found.join('') !== ['a', 'b', 'c', 'd'].map(part => `<${n}: ${part}>`).join('');
  });
  expect(wrong).toEqual([]);
});

test('■ stops a cell, and the variables are there', async ({ page, panel, lab }) => {
  writeNotebook(lab, [
    "const kept = 42;\nconsole.log('begun');\nawait new Promise(() => {});",
    'kept'
  ]);
  await open(page, panel);
  await runCell(page, 0);
  await expect(outputOf(page, 0)).toContainText('begun');
  await panel.run('notebook:interrupt-kernel');
  await expect(outputOf(page, 0)).toContainText('The cell was interrupted');
  await runCell(page, 1);
  await expect(outputOf(page, 1)).toContainText('42');
});

test('a display is updated in place, and late output finds its cell', async ({
  page,
  panel,
  lab
}) => {
  writeNotebook(lab, [
    "let go; const gone = new Promise(r => { go = r; }); void gone.then(() => console.log('late'));",
    `const show = (text: string, update: boolean) =>
  Deno.jupyter.display({ 'text/plain': text }, { raw: true, display_id: 'bar', update });
await show('0 %', false);
go();
await new Promise(r => setTimeout(r, 50));
await show('100 %', true);`
  ]);
  await open(page, panel);
  await runAll(panel);
  await expect(outputOf(page, 0)).toContainText('late');
  await expect(outputOf(page, 1)).toContainText('100 %');
  await expect(outputOf(page, 1)).not.toContainText('late');
  await expect(outputOf(page, 1).locator('.jp-OutputArea-child')).toHaveCount(1);
});

test('a question is asked below the cell', async ({ page, panel, lab }) => {
  writeNotebook(lab, ["const name = prompt('Your name?');\n`Hello ${name}`"]);
  await open(page, panel);
  await runCell(page, 0);
  const input = page.locator('.jp-Stdin-input');
  await expect(page.locator('.jp-Stdin')).toContainText('Your name?');
  await input.fill('Ada');
  await input.press('Enter');
  await expect(outputOf(page, 0)).toContainText('Hello Ada');
});
