import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

import { allText, HUB_TOKEN, requireNoSecrets } from '../../../engine/jobs/testing/jobTrial';
import { tinyModel } from '../../../engine/cli/testing/tinyModel';
import { startSandbox } from '../../../sandbox/testing';
import type { StartedSandbox, StartSandboxOptions } from '../../../sandbox/testing';
import {
  recordJupyter,
  requireBothForms,
  requireOwnMarkup
} from '../../display/testing/recordedJupyter';
import type { RecordedJupyter } from '../../display/testing/recordedJupyter';

export const MODEL = 'trial/tiny';

/** Cells in this process, beside a sandbox. */
export interface NotebookTrial {
  sandbox: StartedSandbox;
  jupyter: RecordedJupyter;
  /** The variables of a kernel: what a host always has, and the given ones. */
  setVariables(variables: Readonly<Record<string, string>>): void;
  /** As a restart does: what cells had made is gone, what is on disk stays. */
  restartKernel(): void;
  /** Ends all, and looks through everything that was shown or kept. */
  stop(): Promise<void>;
}

const HOST = ['PATH', 'TMPDIR', 'LANG'];
const KEYS = ['bedrock-import.notebook.session', 'bedrock-import.notebook.jobs'];

export async function startNotebookTrial(
  options: StartSandboxOptions = {}
): Promise<NotebookTrial> {
  const before = { ...process.env };
  const home = await mkdtemp(join(tmpdir(), 'notebook-'));
  const sandbox = await startSandbox({
    ...options,
    models: { [MODEL]: tinyModel(), ...options.models }
  });
  const jupyter = recordJupyter();
  const setVariables = (variables: Readonly<Record<string, string>>): void => {
    for (const name of Object.keys(process.env)) {
      if (!HOST.includes(name)) {
        delete process.env[name];
      }
    }
    Object.assign(process.env, {
      HOME: home,
      AWS_CONFIG_FILE: join(home, 'none'),
      AWS_SHARED_CREDENTIALS_FILE: join(home, 'none'),
      AWS_EC2_METADATA_DISABLED: 'true',
      ...variables,
      BEDROCK_IMPORT_STATE_DIR: join(home, 'state')
    });
  };
  const restartKernel = (): void => {
    const place = globalThis as Record<symbol, unknown>;
    KEYS.forEach(key => delete place[Symbol.for(key)]);
  };
  setVariables({ ...sandbox.env, HF_TOKEN: HUB_TOKEN });
  return {
    sandbox,
    jupyter,
    setVariables,
    restartKernel,
    stop: async () => {
      restartKernel();
      jupyter.remove();
      await sandbox.stop();
      const secrets = { ...sandbox.env, HF_TOKEN: HUB_TOKEN };
      requireBothForms(jupyter.sent);
      jupyter.sent.forEach(bundle => requireOwnMarkup(String(bundle['text/html'])));
      requireNoSecrets(JSON.stringify(jupyter.sent), secrets);
      requireNoSecrets(await allText(home), secrets);
      for (const name of Object.keys(process.env)) {
        delete process.env[name];
      }
      Object.assign(process.env, before);
      await rm(home, { recursive: true, force: true });
    }
  };
}
