import { AxeBuilder } from '@axe-core/playwright';

import { PANEL_ID } from '../src/panel/commandIds';
import { expect, test } from './fixtures';
import type { SectionTitle, Theme } from './panel';

const THEMES: Theme[] = ['JupyterLab Light', 'JupyterLab Dark'];
const SECTIONS: SectionTitle[] = ['This machine', 'Import a model', 'Jobs', 'Imported models'];

for (const theme of THEMES) {
  test(`axe finds nothing in the panel, ${theme}`, async ({ page, panel }) => {
    await panel.open();
    await panel.setTheme(theme);
    for (const section of SECTIONS) {
      await panel.expand(section);
    }
    const { violations } = await new AxeBuilder({ page }).include(`#${PANEL_ID}`).analyze();
    expect(
      violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('\n  ')}`)
    ).toEqual([]);
  });
}
