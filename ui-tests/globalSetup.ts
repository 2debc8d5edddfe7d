import type { FullConfig } from '@playwright/test';

import { makeEnvironments } from '../scripts/jupyterlabVersions.mjs';
import type { WorkerOptions } from './fixtures';
import { writeModels } from './models';

/** One wheel of this checkout, and a Python environment with it for each version that is tested. */
export default async function globalSetup(
  config: FullConfig<object, WorkerOptions>
): Promise<void> {
  writeModels();
  const named = projectsNamed(process.argv);
  const versions = config.projects
    .filter(({ name }) => named.length === 0 || named.includes(name))
    .map(({ use }) => use.jupyterlab);
  await makeEnvironments(versions.filter(version => version !== undefined));
}

/** The values of `--project`, which takes several. Playwright tells its set-up of all projects. */
function projectsNamed(args: readonly string[]): string[] {
  const named: string[] = [];
  let isValue = false;
  for (const argument of args) {
    if (argument.startsWith('-')) {
      const [name, value] = argument.split('=');
      isValue = name === '--project' && value === undefined;
      if (name === '--project' && value !== undefined) {
        named.push(value);
      }
    } else if (isValue) {
      named.push(argument);
    }
  }
  return named;
}
