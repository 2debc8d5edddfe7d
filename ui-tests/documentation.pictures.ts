/**
 * Takes the pictures in docs/: `npm run pictures`. They show a real import of the sandbox's model, in
 * the newest JupyterLab.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { expect, QUESTION, test } from './fixtures';
import { form, jobs, start } from './form';
import type { SectionTitle, Theme } from './panel';

const FOLDER = join(import.meta.dirname, '..', 'docs');
const THEMES: [string, Theme][] = [
  ['light', 'JupyterLab Light'],
  ['dark', 'JupyterLab Dark']
];

test.use({ sandboxArgs: ['--bandwidth', '3MB'], viewport: { width: 1280, height: 900 } });
test.setTimeout(180_000);

for (const [name, theme] of THEMES) {
  test(`pictures, ${name}`, async ({ panel, page, lab }) => {
    mkdirSync(FOLDER, { recursive: true });
    const file = (what: string): { path: string } => ({
      path: join(FOLDER, `${what}-${name}.png`)
    });
    for (const { modelArn } of (
      JSON.parse(lab.command(['models', 'list', '--json'])) as { models: { modelArn: string }[] }
    ).models) {
      lab.command(['models', 'delete', modelArn, '--yes']);
    }
    await panel.visit();
    await panel.settled();
    await panel.setTheme(theme);
    await panel.show();
    await panel.ready();
    await panel.setWidth(360);
    /** One section alone, as high as it wants to be. */
    const picture = async (title: SectionTitle, what: string, height: number): Promise<void> => {
      await page.setViewportSize({ width: 1280, height });
      const titles: SectionTitle[] = ['This machine', 'Import a model', 'Jobs', 'Imported models'];
      for (const other of titles) {
        const isOpen = (await panel.title(other).getAttribute('aria-expanded')) === 'true';
        if (isOpen !== (other === title)) {
          await panel.title(other).locator('.lm-AccordionPanel-titleLabel').click();
        }
      }
      await page.mouse.move(700, height - 60);
      await panel.root.screenshot(file(what));
    };

    await expect(form(panel).getByText('What will happen')).toBeVisible();
    await picture('This machine', 'machine', 640);
    await picture('Import a model', 'import', 1400);
    await page.setViewportSize({ width: 1280, height: 900 });
    // Another prefix makes another job for each theme.
    await form(panel).getByText('Prefix and name').click();
    await form(panel).getByRole('textbox', { name: 'Prefix' }).fill(`models/smollm2-${name}`);
    await panel.run('bedrock-import:open-review');
    await expect(page.locator('.jp-BedrockImport-tab')).toContainText('What will happen');
    await start(panel);
    await panel.expand('Jobs');
    const job = jobs(panel).getByRole('listitem').filter({ hasText: 'Running' }).first();
    await expect(job).toContainText(/[3-9]\d %/);
    await page.screenshot(file('review'));
    await job.getByRole('button', { name: /^Details/ }).click();
    await expect(page.locator('.jp-BedrockImport-jobTab')).toContainText('Stages');
    await page.screenshot(file('job'));
    await picture('Jobs', 'jobs', 520);
    await page.setViewportSize({ width: 1280, height: 900 });
    const tab = page.locator('.jp-BedrockImport-jobTab');
    await expect(tab.getByRole('button', { name: 'Ask a question' })).toBeVisible({
      timeout: 90_000
    });
    await tab.getByRole('button', { name: 'Ask a question' }).click();
    await page.getByRole('textbox', { name: 'Question', exact: true }).fill(QUESTION);
    await page.keyboard.press('Enter');
    await panel.dialog.locator('button.jp-mod-accept').click();
    await expect(page.getByRole('list', { name: 'Questions and answers' })).toContainText(
      /tokens in/,
      { timeout: 60_000 }
    );
    await panel.expand('Imported models');
    await page.screenshot(file('ask'));
    const models = panel.section('Imported models');
    await models.getByText('Details').first().click();
    await expect(models.getByText('Units', { exact: true })).toBeVisible();
    await picture('Imported models', 'models', 760);
  });
}
