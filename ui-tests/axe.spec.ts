import { AxeBuilder } from '@axe-core/playwright';

import { PANEL_ID } from '../src/panel/commandIds';
import { expect, test } from './fixtures';
import { SECTION_TITLES } from './panel';
import type { Theme } from './panel';

const THEMES: Theme[] = ['JupyterLab Light', 'JupyterLab Dark'];

for (const theme of THEMES) {
  test(`axe finds nothing in the panel, ${theme}`, async ({ page, panel }) => {
    await panel.open();
    await panel.setTheme(theme);
    for (const section of SECTION_TITLES) {
      await panel.expand(section);
    }
    const { violations: all } = await new AxeBuilder({ page }).include(`#${PANEL_ID}`).analyze();
    const violations = all
      .map(({ id, nodes }) => ({
        id,
        nodes: nodes.filter(({ html }) => !isOfJupyterLab(id, html))
      }))
      .filter(({ nodes }) => nodes.length > 0);
    expect(
      violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('\n  ')}`)
    ).toEqual([]);
  });
}

/** JupyterLab's own toolbar button says that it is not pressed on an element without a role. */
function isOfJupyterLab(rule: string, html: string): boolean {
  return rule === 'aria-allowed-attr' && html.startsWith('<jp-button ');
}
