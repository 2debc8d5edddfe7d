/** What the form says of models, good ones and others, before anything is copied. */
import { expect, test } from './fixtures';
import { chooseDestination, form, lookUp } from './form';
import { PLUGIN } from './lab';
import { LONG_NAME, MARKUP, MODELS, MODELS_FOLDER } from './models';

test.use({ sandboxArgs: ['--models', MODELS_FOLDER], settings: { [PLUGIN]: {} } });

test('finds models while one types, and says what they are', async ({ panel, page }) => {
  await panel.visit();
  await panel.settled();
  await panel.show();
  await panel.ready();
  const section = panel.section('Import a model');
  await section.getByRole('combobox', { name: 'Model' }).click();
  await page.keyboard.type('trial/sm');
  await expect(section.getByRole('option', { name: MODELS.small })).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(section.getByRole('combobox', { name: 'Model' })).toBeFocused();
  await expect(section.getByText('LlamaForCausalLM')).toBeVisible();
  await expect(section.getByText('apache-2.0')).toBeVisible();
  await expect(section.getByText('Open to all')).toBeVisible();
  await expect(section.getByText('checks passed')).toBeVisible();
  await section.getByText('files taken').click();
  await expect(
    section.getByRole('list', { name: 'Files that are taken' }).getByText('model.safetensors')
  ).toBeVisible();
});

test('says how much of the disk a download would lack, and does not start it', async ({
  panel,
  sandbox
}) => {
  await panel.open();
  await lookUp(panel, MODELS.huge);
  const section = panel.section('Import a model');
  await expect(section.getByText('needs no disk')).toBeVisible();
  await expect(section.getByText(/needs 42\.00 TB, .* available, .* TB missing/)).toBeVisible();
  await section.getByRole('radio', { name: /^Download/ }).check();
  await chooseDestination(panel, {
    bucket: sandbox.env.BEDROCK_IMPORT_SANDBOX_BUCKET ?? '',
    role: 'BedrockImportSandboxRole'
  });
  await expect(section.locator('[data-check="download-fits"]')).toContainText('Blocker');
  await expect(section.getByText(/^2 checks block it/)).toBeVisible();
  await expect(
    section.getByText(/40\.00 TB with 5 % and 2 GB to spare need 42\.00 TB/).first()
  ).toBeVisible();
});

test('stays usable with 5,000 files', async ({ panel }) => {
  await panel.open();
  await lookUp(panel, MODELS.many);
  const section = panel.section('Import a model');
  await section.getByText('files left out').click();
  const files = section.getByRole('list', { name: 'Files that are left out' });
  await expect(files.getByRole('listitem')).toHaveCount(100);
  await section.getByRole('button', { name: 'Show 100 more' }).click();
  await expect(files.getByRole('listitem')).toHaveCount(200);
});

test('shows markup and long names as text, within the panel', async ({ panel, page }) => {
  await panel.open();
  await panel.setWidth(280);
  await lookUp(panel, MODELS.strange);
  const section = panel.section('Import a model');
  await section.getByText('files left out').click();
  await expect(section.getByText(MARKUP, { exact: true }).first()).toBeVisible();
  await expect(section.getByTitle(LONG_NAME)).toBeVisible();
  const { scrollWidth, clientWidth } = await panel.root.evaluate(node => {
    const view = node.querySelector('#bedrock-import-model .jp-BedrockImport-view') ?? node;
    return { scrollWidth: view.scrollWidth, clientWidth: view.clientWidth };
  });
  expect(scrollWidth).toBeLessThanOrEqual(clientWidth);
  expect(await page.evaluate(() => 'markupRan' in window)).toBe(false);
});

test('says what to do about a model that is not there, and one that is not open', async ({
  panel
}) => {
  await panel.open();
  const section = panel.section('Import a model');
  await lookUp(panel, 'trial/nothing');
  await expect(section.getByRole('alert')).toContainText('The hub shows no model trial/nothing');
  await lookUp(panel, MODELS.gated);
  await expect(section.getByRole('alert')).toContainText('Accept the licence at');
  await lookUp(panel, MODELS.small);
  await expect(section.getByRole('alert')).toHaveCount(0);
});

test('takes a folder from the file browser', async ({ panel, lab, page }) => {
  lab.writeFile('mine/config.json', '{"architectures":["LlamaForCausalLM"],"model_type":"llama"}');
  await panel.visit();
  await page.locator('.jp-DirListing-item', { hasText: 'mine' }).click({ button: 'right' });
  await page.getByText('Import this Model to Bedrock …').click();
  const section = panel.section('Import a model');
  await expect(section.getByRole('combobox', { name: 'Model' })).toHaveValue(`${lab.root}/mine`);
  await expect(section.getByText('The model has no weights.')).toBeVisible();
});

test('keeps what was entered over a reload', async ({ panel }) => {
  await panel.open();
  await lookUp(panel, MODELS.small);
  const section = panel.section('Import a model');
  await section.getByRole('textbox', { name: 'First question' }).fill('Who are you?');
  await panel.layoutIsSaved();
  await panel.reload();
  await expect(section.getByRole('combobox', { name: 'Model' })).toHaveValue(MODELS.small);
  await expect(section.getByRole('textbox', { name: 'First question' })).toHaveValue(
    'Who are you?'
  );
  await expect(section.getByText('LlamaForCausalLM')).toBeVisible();
});

test('creates a bucket', async ({ panel }) => {
  await panel.open();
  const section = panel.section('Import a model');
  await section.getByRole('combobox', { name: 'Bucket' }).selectOption('Create a bucket …');
  await panel.dialog.getByRole('textbox').fill('Not A Bucket');
  await panel.dialog.getByRole('button', { name: 'Create' }).click();
  await expect(panel.dialog).toContainText('The bucket was not created');
  await panel.dialog.getByRole('button', { name: 'Close' }).click();
  await section.getByRole('combobox', { name: 'Bucket' }).selectOption('Create a bucket …');
  const name = `made-in-the-panel-${Date.now()}`;
  await panel.dialog.getByRole('textbox').fill(name);
  await panel.dialog.getByRole('button', { name: 'Create' }).click();
  await expect(section.getByRole('combobox', { name: 'Bucket' })).toHaveValue(name);
});

test('is in the launcher, the menu and the command palette', async ({ panel, page }) => {
  await panel.visit();
  await panel.settled();
  await page.locator('.jp-LauncherCard', { hasText: 'Bedrock Import' }).click();
  await panel.ready();
  await expect(form(panel).getByRole('combobox', { name: 'Model' })).toBeFocused();
  await page.getByRole('menuitem', { name: 'Bedrock', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Show the Jobs of Bedrock Import' }).click();
  await expect(panel.section('Jobs')).toBeVisible();
});
