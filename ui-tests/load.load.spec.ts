import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { environmentOf } from '../scripts/jupyterlabVersions.mjs';
import { expect, test } from './fixtures';
import { SECTION_TITLES } from './panel';

async function jupyter(version: string, args: readonly string[]): Promise<string> {
  const program = join(environmentOf(version), 'bin', 'jupyter');
  const { stdout, stderr } = await promisify(execFile)(program, args);
  return stdout + stderr;
}

test('the wheel is enough: both halves are enabled and OK', async ({ jupyterlab }) => {
  const [labextensions, serverExtensions] = await Promise.all([
    jupyter(jupyterlab, ['labextension', 'list']),
    jupyter(jupyterlab, ['server', 'extension', 'list'])
  ]);
  expect(labextensions).toContain(`JupyterLab v${jupyterlab}`);
  expect(labextensions).toMatch(/jupyterlab-bedrock-import v\S+ \S*enabled\S* \S*OK/);
  expect(serverExtensions).toMatch(/jupyterlab_bedrock_import \S* ?\S*OK/);
});

test('nothing is sent before the panel is opened, which connects and shows its sections', async ({
  page,
  panel,
  lab
}) => {
  const sent: string[] = [];
  page.on('request', request => sent.push(new URL(request.url()).pathname));
  page.on('websocket', socket => sent.push(new URL(socket.url()).pathname));
  const ours = (): string[] => sent.filter(path => path.includes('/bedrock-import/'));

  await panel.visit();
  await expect(panel.tab).toBeVisible();
  await page.waitForLoadState('networkidle');
  expect(ours()).toEqual([]);

  await panel.show();
  await panel.ready();
  expect(ours()).toEqual(['/bedrock-import/status', '/bedrock-import/engine']);
  for (const title of SECTION_TITLES) {
    await expect(panel.title(title)).toBeVisible();
  }
  expect(lab.enginePids()).toHaveLength(1);
});

test('the panel comes back as it was after a reload', async ({ panel }) => {
  await panel.open();
  await panel.expand('This machine');
  await panel.toggle('This machine');
  await panel.layoutIsSaved();
  await panel.reload();
  await expect(panel.root).toBeVisible();
  await panel.ready();
  await expect(panel.title('This machine')).toHaveAttribute('aria-expanded', 'false');
  await expect(panel.title('Import a model')).toHaveAttribute('aria-expanded', 'true');
});
