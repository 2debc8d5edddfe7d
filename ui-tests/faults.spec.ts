/** What services refuse is said in words that help. */
import { expect, test } from './fixtures';
import { form, jobs, lookUp, start } from './form';
import { MODELS, MODELS_FOLDER } from './models';

const REASON =
  'The model’s architecture is not what <img src=x onerror=window.markupRan=1> expects';

test.use({
  sandboxArgs: [
    ...['--models', MODELS_FOLDER],
    ...['--fault', `import-failure=${REASON}`, '--fault', 'import-seconds=1'],
    ...['--fault', 's3-503=0.2']
  ],
  labEnv: { HF_TOKEN: 'hf_aTokenThatTheHubDoesNotKnow' }
});

test('an import that fails says why and what to do, in the list, the tab and a toast', async ({
  panel,
  page
}) => {
  await panel.open();
  await lookUp(panel, MODELS.small);
  await start(panel);
  const job = jobs(panel).getByRole('listitem').filter({ hasText: MODELS.small });
  await expect(job).toContainText('Failed', { timeout: 45_000 });
  await expect(job.getByRole('alert')).toContainText(REASON);
  await expect(page.getByText(/^Failed: Import/)).toBeVisible();
  await job.getByRole('button', { name: /^Details/ }).click();
  const tab = page.locator('.jp-BedrockImport-jobTab');
  await expect(tab.getByRole('alert')).toContainText(REASON);
  await expect(tab.getByRole('log')).toContainText('Failed');
  expect(await page.evaluate(() => 'markupRan' in window)).toBe(false);
});

test('a bucket that may only be read is found out before anything is sent', async ({ panel }) => {
  await panel.open();
  await lookUp(panel, MODELS.small);
  await form(panel).getByRole('combobox', { name: 'Bucket' }).selectOption('read-only-bucket');
  await start(panel);
  const job = jobs(panel)
    .getByRole('listitem')
    .filter({ hasText: MODELS.small })
    .filter({ hasText: 'Failed' })
    .filter({ hasText: 's3:PutObject' });
  await expect(job).toBeVisible({ timeout: 45_000 });
});

test('a token that the hub does not know is named as the cause', async ({ panel }) => {
  await panel.open();
  await lookUp(panel, MODELS.gated);
  await expect(form(panel).getByRole('alert')).toContainText(/token|HF_TOKEN/i);
  await expect(panel.root).not.toContainText('hf_aTokenThatTheHubDoesNotKnow');
});
