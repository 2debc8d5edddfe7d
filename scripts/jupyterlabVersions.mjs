/**
 * Python environments with the wheel, as a user installs it, beside different versions of JupyterLab.
 * `node scripts/jupyterlabVersions.mjs [4.2.7 …]` makes those that are missing; the browser tests do
 * so themselves.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

import { BUILD_INPUTS, buildAll } from './build.mjs';
import { root, venvProgram } from './processes.mjs';
import { hashOf, stamp } from './stamps.mjs';
import { orExit, SetupError, step } from './steps.mjs';

const CACHE = '.cache';
const WHEELS = join(CACHE, 'wheel');
const REQUIREMENTS = join('scripts', 'requirements.txt');

/** How many environments are made at the same time: pip is busy with one processor. */
const AT_A_TIME = 2;

const PACKAGE = 'jupyterlab_bedrock_import';

/** What the wheel is made from, without what is built. */
function wheelInputs() {
  const modules = readdirSync(join(root, PACKAGE)).filter(name => name.endsWith('.py'));
  return [
    ...BUILD_INPUTS,
    ...modules.map(name => join(PACKAGE, name)),
    join(PACKAGE, 'server'),
    join(PACKAGE, 'kernel'),
    'jupyter-config',
    'notebooks',
    'pyproject.toml',
    'README.md'
  ];
}

function requirements() {
  return readFileSync(join(root, REQUIREMENTS), 'utf8').split('\n');
}

/** The version of the set-up, which is the newest that the panel is tried with. */
export function newestJupyterLab() {
  const line = requirements().find(text => text.startsWith('jupyterlab=='));
  return line.slice('jupyterlab=='.length).trim();
}

/** SageMaker's images have the two in the middle. */
export const VERSIONS = ['4.2.7', '4.4.10', '4.5.10', newestJupyterLab()];

export function environmentOf(version) {
  return join(root, CACHE, `jupyterlab-${version}`);
}

/** The wheel of this checkout, built when something in it has changed. Throws SetupError. */
async function buildWheel() {
  await buildAll();
  const done = stamp(WHEELS, 'wheel');
  const value = hashOf(wheelInputs());
  const find = () =>
    existsSync(join(root, WHEELS))
      ? readdirSync(join(root, WHEELS)).find(name => name.endsWith('.whl'))
      : undefined;
  if (!done.holds(value) || find() === undefined) {
    rmSync(join(root, WHEELS), { recursive: true, force: true });
    await step(
      'The wheel',
      [venvProgram('python'), '-m', 'hatchling', 'build', '-t', 'wheel', '-d', WHEELS],
      { env: { ...process.env, HATCH_JUPYTER_BUILDER_SKIP_NPM: '1' } }
    );
    done.write(value);
  }
  const name = find();
  if (name === undefined) {
    throw new SetupError('The wheel was not built.');
  }
  return { file: join(root, WHEELS, name), value };
}

async function makeEnvironment(version, wheel) {
  const folder = join(CACHE, `jupyterlab-${version}`);
  const python = venvProgram('python', join(root, folder));
  const pip = [python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  const base = stamp(folder, 'jupyterlab');
  const baseValue = hashOf([REQUIREMENTS]);
  if (!base.holds(baseValue) || !existsSync(python)) {
    rmSync(join(root, folder), { recursive: true, force: true });
    await step(`Python environment for JupyterLab ${version}`, [
      venvProgram('python'),
      '-m',
      'venv',
      join(root, folder)
    ]);
    // All else is as in the set-up, so that a new release of another package breaks no test.
    const constraints = join(root, folder, 'constraints.txt');
    mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(
      constraints,
      requirements()
        .filter(line => !line.startsWith('jupyterlab=='))
        .join('\n')
    );
    const deno = requirements().find(line => line.startsWith('deno=='));
    await step(`JupyterLab ${version}`, [
      ...pip,
      '--constraint',
      constraints,
      `jupyterlab==${version}`,
      deno
    ]);
    base.write(baseValue);
  }
  const installed = stamp(folder, 'wheel');
  if (!installed.holds(wheel.value)) {
    await step(`The wheel beside JupyterLab ${version}`, [
      ...pip,
      '--no-index',
      '--no-deps',
      '--force-reinstall',
      wheel.file
    ]);
    installed.write(wheel.value);
  }
}

/** Makes what is missing. Throws SetupError. */
export async function makeEnvironments(versions = VERSIONS) {
  const wheel = await buildWheel();
  const waiting = [...versions];
  await Promise.all(
    Array.from({ length: AT_A_TIME }, async () => {
      for (let version = waiting.shift(); version !== undefined; version = waiting.shift()) {
        await makeEnvironment(version, wheel);
      }
    })
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const named = process.argv.slice(2);
  void orExit(() => makeEnvironments(named.length > 0 ? named : VERSIONS));
}
