/** A job that is under way: reload, two tabs, crashes, pause, cancel. */
import type { Locator } from '@playwright/test';

import { expect, test } from './fixtures';
import { form, jobs, lookUp, start } from './form';
import { MODELS, MODELS_FOLDER } from './models';
import type { PanelPage } from './panel';

test.use({
  // 100 MB take some seconds.
  sandboxArgs: [
    ...['--models', MODELS_FOLDER, '--bandwidth', '3MB'],
    ...['--fault', 'import-seconds=1', '--fault', 'model-not-ready=0']
  ]
});
test.setTimeout(120_000);

/** Starts an import of its own. */
async function startOwn(panel: PanelPage, prefix: string): Promise<Locator> {
  await lookUp(panel, MODELS.slow);
  await form(panel).getByText('Prefix and name').click();
  await form(panel).getByRole('textbox', { name: 'Prefix' }).fill(prefix);
  await form(panel).getByRole('textbox', { name: 'Name in Bedrock' }).fill(prefix);
  await form(panel).getByRole('textbox', { name: 'First question' }).fill('');
  await start(panel);
  const job = jobOf(panel, prefix);
  await expect(job).toContainText('Copy and proof');
  await expect(job.getByRole('progressbar').first()).toBeVisible();
  return job;
}

function jobOf(panel: PanelPage, name: string): Locator {
  return jobs(panel)
    .getByRole('listitem')
    .filter({ hasText: `as ${name}` });
}

/** Bedrock takes few models of an account. */
test.afterEach(({ lab }) => {
  const { models } = JSON.parse(lab.command(['models', 'list', '--json'])) as {
    models: { modelArn: string }[];
  };
  for (const { modelArn } of models) {
    lab.command(['models', 'delete', modelArn, '--yes']);
  }
});

async function expectDone(job: Locator): Promise<void> {
  await expect(job).toContainText('Done', { timeout: 60_000 });
}

test('a reload finds the job where it is, in the panel, its tab and the status bar', async ({
  panel,
  page
}) => {
  await panel.open();
  const job = await startOwn(panel, 'reload');
  await job.getByRole('button', { name: /^Details/ }).click();
  await expect(page.locator('.jp-BedrockImport-jobTab')).toContainText('Copy and proof');
  await panel.layoutIsSaved();
  await panel.reload();
  await expect(job).toContainText('Running');
  await expect(page.locator('.jp-BedrockImport-jobTab')).toContainText('Running');
  await expect(page.getByRole('button', { name: /^Import trial\/slow as reload: / })).toBeVisible();
  await expectDone(job);
  await expect(page.locator('.jp-BedrockImport-jobTab').getByRole('log')).toContainText(
    'Checks: done'
  );
  await expect(page.locator('.jp-BedrockImport-status')).toBeHidden();
});

test('two tabs see the same job, and what one does the other shows', async ({
  panel,
  context,
  lab
}) => {
  await panel.open();
  const job = await startOwn(panel, 'two-tabs');
  const { PanelPage: Other } = await import('./panel');
  const other = new Other(await context.newPage(), lab);
  await other.open();
  const there = jobOf(other, 'two-tabs');
  await expect(there).toContainText('Running');
  await there.getByRole('button', { name: /^Pause/ }).click();
  await expect(there).toContainText('Paused');
  await expect(job).toContainText('Paused');
  await job.getByRole('button', { name: /^Resume/ }).click();
  await expect(there).toContainText('Running');
  await expectDone(there);
  await expectDone(job);
});

test('an engine that is killed is followed by one that goes on', async ({ panel, lab }) => {
  await lab.restart();
  await panel.open();
  const job = await startOwn(panel, 'engine-killed');
  await expect(job).toContainText(/[1-9]\d? %/);
  lab.killEngine();
  await expectDone(job);
});

test('after a restart of the server the job goes on by itself', async ({
  panel,
  lab,
  problems
}) => {
  problems.expectServerAway();
  await panel.closeConnectionDialogs();
  await panel.open();
  const job = await startOwn(panel, 'server-restarted');
  await expect(job).toContainText(/[1-9]\d? %/);
  await lab.stop();
  await lab.start();
  await panel.ready();
  await expectDone(job);
});

test('cancelling shows what it does, and cleans up', async ({ panel, page }) => {
  await panel.open();
  const job = await startOwn(panel, 'cancelled');
  await expect(job).toContainText(/[1-9]\d? %/);
  await job.getByRole('button', { name: /^Cancel/ }).click();
  await expect(panel.dialog).toContainText('It is stopped first.');
  await expect(panel.dialog).toContainText('unfinished upload');
  await expect(panel.dialog).toContainText('/cancelled/');
  await expect(panel.dialog.getByRole('button', { name: 'Keep it' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(job).toContainText('Running');
  await job.getByRole('button', { name: /^Cancel/ }).click();
  await panel.dialog.getByRole('button', { name: 'Cancel the job' }).click();
  await expect(job).toContainText('Cancelled', { timeout: 60_000 });
  await job.getByRole('button', { name: /^Remove/ }).click();
  await expect(panel.dialog).toContainText('Its record on this machine is deleted');
  // Nothing is left behind in the bucket.
  await expect(panel.dialog).not.toContainText('unfinished upload');
  await panel.dialog.getByRole('button', { name: 'Remove' }).click();
  await expect(job).toHaveCount(0);
});
