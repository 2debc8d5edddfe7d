import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { PANEL_ID } from '../src/panel/commandIds';
import { expect, test } from './fixtures';
import { form, jobs, lookUp, start } from './form';
import { MODELS, MODELS_FOLDER } from './models';
import { SECTION_TITLES } from './panel';
import type { Theme } from './panel';

const THEMES: Theme[] = ['JupyterLab Light', 'JupyterLab Dark'];

test.use({
  sandboxArgs: ['--models', MODELS_FOLDER, '--fault', 'import-seconds=1']
});
test.setTimeout(120_000);

for (const theme of THEMES) {
  test(`axe finds nothing in the panel and its tabs, ${theme}`, async ({ page, panel }) => {
    await panel.open();
    await panel.setTheme(theme);
    for (const section of SECTION_TITLES) {
      await panel.expand(section);
    }
    await lookUp(panel, MODELS.small);
    await expect(form(panel).getByText('What will happen')).toBeVisible();
    await form(panel).getByText('files taken').click();
    expect(await violations(page, `#${PANEL_ID}`)).toEqual([]);

    await panel.run('bedrock-import:open-review');
    expect(await violations(page, '#bedrock-import-review')).toEqual([]);

    await start(panel);
    const job = jobs(panel).getByRole('listitem').filter({ hasText: MODELS.small });
    await expect(job).toContainText('Done', { timeout: 60_000 });
    await job.getByRole('button', { name: /^Details/ }).click();
    const tab = page.locator('.jp-BedrockImport-jobTab');
    await expect(tab).toContainText('proved');
    expect(await violations(page, '.jp-BedrockImport-jobTab')).toEqual([]);
    await tab.getByRole('button', { name: 'Ask a question' }).click();
    await expect(page.getByRole('textbox', { name: 'Question', exact: true })).toBeVisible();
    expect(await violations(page, '.jp-BedrockImport-ask')).toEqual([]);

    const models = panel.section('Imported models');
    await models.getByText('Details').first().click();
    await expect(models.getByText('Units', { exact: true })).toBeVisible();
    expect(await violations(page, `#${PANEL_ID}`)).toEqual([]);
  });
}

/** What axe finds, one line for each rule with the elements. */
async function violations(page: Page, selector: string): Promise<string[]> {
  const { violations: all } = await new AxeBuilder({ page }).include(selector).analyze();
  return all
    .map(({ id, nodes }) => ({
      id,
      nodes: nodes.filter(({ html }) => !isOfJupyterLab(id, html))
    }))
    .filter(({ nodes }) => nodes.length > 0)
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('\n  ')}`);
}

/** JupyterLab's own toolbar button says that it is not pressed on an element without a role. */
function isOfJupyterLab(rule: string, html: string): boolean {
  return rule === 'aria-allowed-attr' && html.startsWith('<jp-button ');
}
