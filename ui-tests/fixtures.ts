/**
 * What every browser test starts with. Use `test` and `expect` from here:
 *
 *     import { expect, test } from './fixtures';
 *
 *     test.use({ sandboxArgs: ['--bandwidth', '2MB', '--fault', 's3-503=0.1'] });   // of a whole file
 *
 *     test('…', async ({ page, lab, sandbox, problems, panel }) => {
 *       await panel.open();
 *     });
 *
 * - `sandbox`, `lab`: one of each for all tests of a worker with the same options (`WorkerOptions`), as
 *   starting them takes seconds. So jobs and imported models of tests before may be there. A test that
 *   needs a clean beginning, or leaves a mess, uses options of its own or `lab.restart()`.
 * - Before each test the server runs, its layout is that of a first visit, and the user's settings are
 *   `settings` (by default the sandbox's model, bucket, role and a first question).
 * - `page` is not at JupyterLab yet: `panel.visit()` goes there, `panel.open()` also opens the panel.
 * - `problems`: errors and warnings of all pages of the test, and requests that failed. Anything that
 *   was not expected with `problems.expect(pattern, why)` fails the test.
 */
import { test as base } from '@playwright/test';

import { startSandbox } from '../scripts/sandbox.mjs';
import type { Sandbox } from '../scripts/sandbox.mjs';
import { Lab, PLUGIN } from './lab';
import { PanelPage } from './panel';
import { Problems } from './problems';

export { expect } from '@playwright/test';

/** Tests with different ones have servers of their own. */
export interface WorkerOptions {
  /** Version; of the project. */
  jupyterlab: string;
  /** More arguments of `bedrock-import sandbox`. */
  sandboxArgs: readonly string[];
  /** Begins and ends with a slash. */
  labBaseUrl: string;
  /** More arguments of the Jupyter server. */
  labArgs: readonly string[];
  /** More variables of the Jupyter server, over the sandbox's. */
  labEnv: Record<string, string>;
}

interface TestFixtures {
  /** The user's settings, by plugin, that a test begins with, in place of the sandbox's. */
  settings: Record<string, Record<string, unknown>> | undefined;
  problems: Problems;
  panel: PanelPage;
  /** One more tab of the same user. */
  openTab: () => Promise<PanelPage>;
}

interface WorkerFixtures {
  sandbox: Sandbox;
  runningLab: Lab;
}

export const QUESTION = 'What is the capital of France?';

/** What the form is filled with when nothing else is said: the sandbox's. */
export function sandboxSettings(sandbox: Sandbox): Record<string, unknown> {
  return {
    model: sandbox.env.BEDROCK_IMPORT_SANDBOX_MODEL,
    bucket: sandbox.env.BEDROCK_IMPORT_SANDBOX_BUCKET,
    roleArn: sandbox.env.BEDROCK_IMPORT_SANDBOX_ROLE_ARN,
    firstQuestion: QUESTION
  };
}

export const test = base.extend<TestFixtures & { lab: Lab }, WorkerOptions & WorkerFixtures>({
  jupyterlab: ['', { option: true, scope: 'worker' }],
  sandboxArgs: [[], { option: true, scope: 'worker' }],
  labBaseUrl: ['/', { option: true, scope: 'worker' }],
  labArgs: [[], { option: true, scope: 'worker' }],
  labEnv: [{}, { option: true, scope: 'worker' }],
  settings: [undefined, { option: true }],

  sandbox: [
    async ({ sandboxArgs }, use) => {
      const sandbox = await startSandbox({ args: sandboxArgs, quiet: true });
      await use(sandbox);
      await sandbox.stop();
    },
    { scope: 'worker', timeout: 120_000 }
  ],

  runningLab: [
    async ({ jupyterlab, labBaseUrl, labArgs, labEnv, sandbox }, use) => {
      const lab = new Lab({
        jupyterlab,
        baseUrl: labBaseUrl,
        args: labArgs,
        env: { ...sandbox.env, ...labEnv }
      });
      await lab.start();
      await use(lab);
      await lab.remove();
    },
    { scope: 'worker', timeout: 120_000 }
  ],

  lab: async ({ runningLab, sandbox, settings }, use, testInfo) => {
    runningLab.forgetLayout();
    runningLab.writeSettings(settings ?? { [PLUGIN]: sandboxSettings(sandbox) });
    await runningLab.startAsAtFirst();
    await use(runningLab);
    if (testInfo.status !== testInfo.expectedStatus) {
      await testInfo.attach('jupyterlab.log', { body: runningLab.log() });
      await testInfo.attach('sandbox.log', { body: sandbox.log() });
    }
  },

  problems: [
    async ({ context }, use) => {
      const problems = new Problems(context);
      await use(problems);
      base.expect(problems.unexpected(), 'complaints of the page').toEqual([]);
    },
    { auto: true }
  ],

  panel: async ({ page, lab }, use) => {
    await use(new PanelPage(page, lab));
  },

  openTab: async ({ context, lab }, use) => {
    await use(async () => new PanelPage(await context.newPage(), lab));
  }
});
