/** Takes the picture of the first tutorial, run on the sandbox: part of `npm run pictures`. */
import { join } from 'node:path';

import { expect, test } from './fixtures';
import { openNotebook, runAll } from './notebook';

const FILE = join(import.meta.dirname, '..', 'docs', 'notebook-light.png');

test.use({ viewport: { width: 1280, height: 1100 } });
test.setTimeout(240_000);

test('picture of the first tutorial', async ({ page, panel }) => {
  await panel.visit();
  await panel.settled();
  await panel.setTheme('JupyterLab Light');
  await panel.run('bedrock-import:open-notebook');
  const notebook = await openNotebook(page, 'Start here');
  await panel.run('application:toggle-left-area');
  await runAll(panel);
  // The last cell is in sight now. What is drawn on the way up moves the rest.
  const heading = notebook.getByRole('heading', { name: '5. Import' });
  await expect(async () => {
    await heading.evaluate(element =>
      element.scrollIntoView({ block: 'start', behavior: 'instant' })
    );
    expect((await heading.boundingBox())?.y).toBeLessThan(160);
  }).toPass();
  await expect(notebook.getByText('Paris').first()).toBeVisible();
  await page.screenshot({ path: FILE });
});
