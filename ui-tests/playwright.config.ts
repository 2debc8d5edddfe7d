/**
 * Browser tests: real Chromium, real JupyterLab in several versions, the wheel with its server half
 * and engine, and the sandbox. After `npm run setup`:
 *
 *     npx playwright test -c ui-tests                         all
 *     npx playwright test -c ui-tests axe --project newest    one file, one version
 *     npx playwright test -c ui-tests connection --project newest --headed
 *
 * What specs share is in `fixtures.ts` (sandbox, JupyterLab, what the page complains of) and
 * `panel.ts` (the panel as a user handles it).
 */
import { defineConfig } from '@playwright/test';

import { newestJupyterLab } from '../scripts/jupyterlabVersions.mjs';
import { findChromium } from './chromium';
import type { WorkerOptions } from './fixtures';

/** Every version loads the panel; the oldest and the newest do everything. */
const LOAD = '**/*.load.spec.ts';

export default defineConfig<object, WorkerOptions>({
  testDir: '.',
  outputDir: '../.cache/ui-tests',
  globalSetup: './globalSetup.ts',
  // Two cores: one for the page and one for what is behind it.
  workers: 2,
  // A second try, with a trace, on machines that share their cores with others: `npm test` names each
  // test that needed it. By hand there is none, so that a race shows.
  retries: process.env.CI ? 1 : 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: process.env.BROWSER_TEST_REPORT
    ? [['list'], ['json', { outputFile: process.env.BROWSER_TEST_REPORT }]]
    : [['list']],
  use: {
    viewport: { width: 1280, height: 900 },
    actionTimeout: 15_000,
    // Below .cache/ui-tests, with what the page held. `--trace on` records much more, and takes longer.
    screenshot: 'only-on-failure',
    trace: 'on-first-retry',
    launchOptions: {
      executablePath: findChromium(),
      // Chromium's own sandbox does not work for root, nor in most containers.
      args: ['--no-sandbox', '--disable-dev-shm-usage']
    }
  },
  projects: [
    { name: 'oldest', use: { jupyterlab: '4.2.7' } },
    { name: '4.4', testMatch: LOAD, use: { jupyterlab: '4.4.10' } },
    { name: '4.5', testMatch: LOAD, use: { jupyterlab: '4.5.10' } },
    { name: 'newest', use: { jupyterlab: newestJupyterLab() } },
    // Writes into docs/, so only when it is asked to.
    ...(process.env.PICTURES === undefined
      ? []
      : [
          {
            name: 'pictures',
            testMatch: '**/*.pictures.ts',
            use: { jupyterlab: newestJupyterLab() }
          }
        ])
  ]
});
