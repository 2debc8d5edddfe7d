/** An open notebook as a user handles it. */
import { readFileSync } from 'node:fs';
import { expect } from '@playwright/test';
import type { Locator, Page } from '@playwright/test';

import type { Lab } from './lab';
import type { PanelPage } from './panel';

export const KERNEL = 'TypeScript (Deno)';

export interface CodeCell {
  cell_type: string;
  execution_count: number | null;
  outputs: { output_type: string; text?: string | string[]; data?: object }[];
}

/** The notebook in sight, with its kernel ready for cells. */
export async function openNotebook(page: Page, heading: string): Promise<Locator> {
  const notebook = page.locator('.jp-NotebookPanel:visible');
  await expect(notebook.getByRole('heading', { name: heading, level: 1 })).toBeVisible();
  await kernelIsReady(page);
  return notebook;
}

/** Until the notebook in sight can run cells. */
export async function kernelIsReady(page: Page): Promise<void> {
  const notebook = page.locator('.jp-NotebookPanel:visible');
  await expect(notebook.locator('.jp-Toolbar-kernelName')).toContainText(KERNEL);
  await expect(notebook.locator('.jp-Notebook-ExecutionIndicator')).toHaveAttribute(
    'data-status',
    'idle'
  );
  // JupyterLab shows it as idle some time before it sends all cells; a user comes later.
  await page.evaluate(async () => {
    const { jupyterapp } = window as unknown as {
      jupyterapp: {
        shell: {
          currentWidget: {
            revealed: Promise<void>;
            sessionContext: {
              ready: Promise<void>;
              session: { kernel: { info: Promise<object> } };
            };
          };
        };
      };
    };
    const { revealed, sessionContext } = jupyterapp.shell.currentWidget;
    await Promise.all([revealed, sessionContext.ready]);
    await sessionContext.session.kernel.info;
  });
}

/** Runs the notebook in sight from top to bottom. */
export async function runAll(panel: PanelPage): Promise<void> {
  await panel.run('notebook:run-all-cells');
}

/** As they were saved. JupyterLab draws only those that are in sight. */
export function codeCells(file: string): CodeCell[] {
  const { cells } = JSON.parse(readFileSync(file, 'utf8')) as { cells: CodeCell[] };
  return cells.filter(({ cell_type: type }) => type === 'code');
}

/** Ends what a test has started. */
export async function endKernels(page: Page, lab: Lab): Promise<void> {
  // It would complain that its kernel goes.
  await page.goto('about:blank');
  const headers = { Authorization: `token ${lab.token}` };
  const sessions = (await (await fetch(`${lab.address}api/sessions`, { headers })).json()) as {
    id: string;
  }[];
  await Promise.all(
    sessions.map(({ id }) =>
      fetch(`${lab.address}api/sessions/${id}`, { method: 'DELETE', headers })
    )
  );
}
