/** The main job: from a model's name to an answering model, by mouse and again by keyboard. */
import { expect, test } from './fixtures';
import { form, jobs, start } from './form';
import { tabTo } from './keyboard';
import { PLUGIN } from './lab';

const MODEL = 'HuggingFaceTB/SmolLM2-135M-Instruct';
const QUESTION = 'What is the capital of France? Answer in one word.';

// The real model of 270 MB really answers; that takes its time on a busy machine.
test.setTimeout(180_000);

test('one click on Start brings the proposed model to an answer', async ({ panel, page }) => {
  await panel.open();
  await start(panel);
  const job = jobs(panel).getByRole('listitem').filter({ hasText: MODEL }).first();
  await expect(job).toContainText('Done', { timeout: 120_000 });

  const toast = page.locator('.jp-toastContainer, .Toastify').getByText(/^Done: Import/);
  await expect(toast).toBeVisible();

  await job.getByRole('button', { name: /^Details/ }).click();
  const tab = page.locator('.jp-BedrockImport-jobTab');
  await expect(tab).toContainText('arn:aws:bedrock:');
  await expect(tab).toContainText('Answer to the first question');
  await expect(tab.getByText('Paris').first()).toBeVisible();
  await expect(tab.getByRole('log')).toContainText('Copy and proof: done');
  await expect(tab.getByRole('table').getByText('proved')).toHaveCount(9);

  await tab.getByRole('button', { name: 'Ask a question' }).click();
  await page.getByRole('textbox', { name: 'Question', exact: true }).fill(QUESTION);
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(panel.dialog).toContainText('windows of 5 minutes');
  await panel.dialog.locator('button.jp-mod-accept').click();
  const turns = page.getByRole('list', { name: 'Questions and answers' });
  await expect(turns).toContainText('Paris', { timeout: 60_000 });
  await expect(page.getByRole('textbox', { name: 'Question', exact: true })).toBeFocused();

  const models = await panel.expand('Imported models');
  const model = models.getByRole('listitem').filter({ hasText: 'SmolLM2' }).first();
  await model.getByRole('button', { name: /^Delete/ }).click();
  await expect(panel.dialog).toContainText('arn:aws:bedrock:');
  await expect(panel.dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(panel.dialog).toHaveCount(0);
  await expect(model).toBeVisible();
  await model.getByRole('button', { name: /^Delete/ }).click();
  await panel.dialog.getByRole('button', { name: 'Delete the model' }).click();
  await expect(models.getByRole('listitem').filter({ hasText: 'SmolLM2' })).toHaveCount(0);
});

test.describe('by keyboard', () => {
  test.use({ settings: { [PLUGIN]: {} } });

  test('the same, without a mouse', async ({ panel, page, sandbox }) => {
    await panel.visit();
    await panel.settled();
    await panel.chooseFromPalette('Import a Model to Bedrock');
    await panel.ready();
    await expect(form(panel).getByRole('combobox', { name: 'Model' })).toBeFocused();
    await page.keyboard.type('smollm2');
    await expect(form(panel).getByRole('option', { name: MODEL })).toBeVisible();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect(form(panel).getByText('LlamaForCausalLM')).toBeVisible();

    await tabTo(page, form(panel).getByRole('combobox', { name: 'Bucket' }));
    await page.keyboard.type(sandbox.env.BEDROCK_IMPORT_SANDBOX_BUCKET ?? '');
    await tabTo(page, form(panel).getByRole('combobox', { name: 'Role' }));
    await page.keyboard.type('BedrockImportSandboxRole');
    await tabTo(page, form(panel).getByText('Prefix and name'));
    await page.keyboard.press('Enter');
    await tabTo(page, form(panel).getByRole('textbox', { name: 'Prefix' }));
    await page.keyboard.type('by-keyboard');
    const button = form(panel).getByRole('button', { name: 'Start' });
    await tabTo(page, button);
    await expect(button).toHaveAttribute('aria-disabled', 'false');
    await page.keyboard.press('Enter');
    await tabTo(page, form(panel).getByRole('button', { name: 'Show the job' }));
    await page.keyboard.press('Enter');

    const tab = page.locator('.jp-BedrockImport-jobTab');
    await expect(tab.getByRole('status').first()).toContainText('Done', { timeout: 120_000 });
    await tab.getByRole('log').focus();
    await tabTo(page, tab.getByRole('button', { name: 'Ask a question' }), 'Shift+Tab');
    await page.keyboard.press('Enter');
    const question = page.getByRole('textbox', { name: 'Question', exact: true });
    await expect(question).toBeFocused();
    await page.keyboard.type(QUESTION);
    await page.keyboard.press('Enter');
    await expect(panel.dialog).toContainText('windows of 5 minutes');
    await tabTo(page, panel.dialog.locator('button.jp-mod-accept'));
    await page.keyboard.press('Enter');
    await expect(page.getByRole('list', { name: 'Questions and answers' })).toContainText('Paris', {
      timeout: 60_000
    });
    await expect(question).toBeFocused();
  });
});
