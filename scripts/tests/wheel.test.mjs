/**
 * The wheel as a user gets it: in an empty Python environment, with no Node on the PATH and with
 * proxies and registries that lead nowhere, so that a download while it runs would fail.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';

import { environmentOf, makeEnvironments, newestJupyterLab } from '../jupyterlabVersions.mjs';
import { exitCodeOf, root, run, venvProgram } from '../processes.mjs';

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const WHEEL = `jupyterlab_bedrock_import-${version}-py3-none-any.whl`;
const SDIST = `jupyterlab_bedrock_import-${version}.tar.gz`;
const NOWHERE = 'http://127.0.0.1:9';

const folder = mkdtempSync(join(tmpdir(), 'bedrock-import-wheel-'));
const environment = join(folder, 'environment');
const command = venvProgram('bedrock-import', environment);
const cache = join(folder, 'cache');
const python = venvProgram('python');

/** The PATH without Node and npm. */
const pathWithoutNode = (process.env.PATH ?? '')
  .split(delimiter)
  .filter(place => !['node', 'npm'].some(name => existsSync(join(place, name))))
  .join(delimiter);

const alone = {
  PATH: dirname(command),
  HOME: folder,
  XDG_CACHE_HOME: cache,
  HTTP_PROXY: NOWHERE,
  HTTPS_PROXY: NOWHERE,
  NPM_CONFIG_REGISTRY: NOWHERE,
  PIP_INDEX_URL: NOWHERE,
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_REGION: 'us-east-1'
};

async function mustRun(commandLine, options) {
  const result = await run(commandLine, { output: 'keep', ...options });
  assert.equal(result.code, 0, `${commandLine.join(' ')}\n${result.text}`);
  return result;
}

async function namesIn(archive) {
  const code =
    'import sys, tarfile, zipfile; p = sys.argv[1]; ' +
    'print("\\n".join(zipfile.ZipFile(p).namelist() if p.endswith(".whl") else tarfile.open(p).getnames()))';
  return (await mustRun([python, '-c', code, archive])).stdout.trim().split('\n');
}

before(async () => {
  const pip = ['-m', 'pip', '--disable-pip-version-check'];
  const wheel = [python, ...pip, 'wheel', '--no-deps', '--no-build-isolation', '--wheel-dir'];
  await mustRun([...wheel, folder, '.']);
  await mustRun([python, '-m', 'hatchling', 'build', '-t', 'sdist', '-d', folder]);
  await mustRun([...wheel, join(folder, 'from-sdist'), join(folder, SDIST)], {
    env: { ...process.env, PATH: pathWithoutNode }
  });
  await mustRun([python, '-m', 'venv', environment]);
  await mustRun([venvProgram('python', environment), ...pip, 'install', join(folder, WHEEL)]);
});

after(() => rmSync(folder, { recursive: true, force: true }));

test('pip wheel gives one wheel for all systems, and it holds the bundles', async () => {
  assert.deepEqual(
    readdirSync(folder).filter(name => name.endsWith('.whl')),
    [WHEEL]
  );
  const names = await namesIn(join(folder, WHEEL));
  const bundles = ['engine', 'kernel', 'notebook', 'sandbox'].map(name => `bundle/${name}.js`);
  for (const name of [...bundles, 'command.py', 'sandbox_model.py']) {
    assert.ok(names.includes(`jupyterlab_bedrock_import/${name}`), name);
  }
  // Declarations are for the language server of the kernel.
  const sources = names.filter(name => !name.startsWith('jupyterlab_bedrock_import/bundle/types/'));
  assert.deepEqual(
    sources.filter(name => /\/tests\/|\.map$|\.ts$|\/\.[^/]*$/.test(name)),
    []
  );
});

test('the wheel holds the extension of JupyterLab once, where JupyterLab looks for it', async () => {
  const data = `jupyterlab_bedrock_import-${version}.data/data`;
  const place = `${data}/share/jupyter/labextensions/jupyterlab-bedrock-import/`;
  const names = await namesIn(join(folder, WHEEL));
  const inside = names.filter(name => name.startsWith(place)).map(name => name.slice(place.length));
  for (const name of [
    'install.json',
    'package.json',
    'schemas/jupyterlab-bedrock-import/plugin.json',
    'static/style.js',
    'static/third-party-licenses.json'
  ]) {
    assert.ok(inside.includes(name), name);
  }
  assert.equal(inside.filter(name => /^static\/remoteEntry\.\w+\.js$/.test(name)).length, 1);
  assert.deepEqual(
    names.filter(name => name.includes('/labextension/')),
    []
  );
  assert.ok(
    names.includes(`${data}/etc/jupyter/jupyter_server_config.d/jupyterlab_bedrock_import.json`)
  );
});

test('the wheel holds the notebooks, and the kernel where Jupyter looks for it', async () => {
  const names = await namesIn(join(folder, WHEEL));
  const below = place =>
    names.filter(name => name.startsWith(place)).map(name => name.slice(place.length));
  const shipped = readdirSync(join(root, 'notebooks')).filter(name => name.endsWith('.ipynb'));
  assert.ok(shipped.length > 0);
  assert.deepEqual(below('jupyterlab_bedrock_import/notebooks/').sort(), shipped.sort());
  const data = `jupyterlab_bedrock_import-${version}.data/data`;
  assert.deepEqual(below(`${data}/share/jupyter/kernels/bedrock-import-deno/`).sort(), [
    'kernel.json',
    'logo-32x32.png',
    'logo-64x64.png',
    'logo-svg.svg'
  ]);
  assert.ok(names.includes('jupyterlab_bedrock_import/kernel/__main__.py'));
  assert.deepEqual(
    names.filter(name => name.includes('/kernelspec/')),
    []
  );
});

test('the sdist holds sources and what is built, and makes the same wheel without Node', async () => {
  const names = (await namesIn(join(folder, SDIST))).map(name =>
    name.split('/').slice(1).join('/')
  );
  for (const name of [
    'LICENSE',
    'package-lock.json',
    'scripts/bundle.mjs',
    'src/engine/main.ts',
    'jupyterlab_bedrock_import/bundle/engine.js',
    'jupyterlab_bedrock_import/labextension/package.json'
  ]) {
    assert.ok(names.includes(name), name);
  }
  const content = async path => (await namesIn(path)).sort();
  assert.deepEqual(
    await content(join(folder, 'from-sdist', WHEEL)),
    await content(join(folder, WHEEL))
  );
});

test('the wheel brings one dependency, Deno', async () => {
  const list = [venvProgram('python', environment), '-m', 'pip', 'list', '--format=json'];
  const packages = JSON.parse((await mustRun(list)).stdout).map(({ name }) => name.toLowerCase());
  assert.deepEqual(packages.filter(name => !['pip', 'setuptools', 'wheel'].includes(name)).sort(), [
    'deno',
    'jupyterlab-bedrock-import'
  ]);
});

test('bedrock-import --version and --help', async () => {
  const shown = await mustRun([command, '--version'], { env: alone });
  assert.match(shown.stdout, new RegExp(`^bedrock-import ${version.replaceAll('.', '\\.')} `));
  const help = await mustRun([command, '--help'], { env: alone });
  for (const name of ['doctor', 'inspect', 'disk', 'copy', 'import', 'models', 'ask', 'iam']) {
    assert.match(help.stdout, new RegExp(`^ +${name}\\b`, 'm'));
  }
});

test('bedrock-import disk --size 1GB --json', async () => {
  const { stdout } = await mustRun([command, 'disk', '--size', '1GB', '--json'], { env: alone });
  const plan = JSON.parse(stdout);
  assert.equal(plan.requiredBytes, 3.05e9);
  assert.equal(typeof plan.availableBytes, 'number');
  assert.equal(typeof plan.fits, 'boolean');
});

test('a wrong argument gives exit code 2', async () => {
  const { code } = await run([command, 'disk', '--size', 'huge'], { env: alone, output: 'keep' });
  assert.equal(code, 2);
});

test('bedrock-import sandbox --json serves a folder of models', async () => {
  const model = join(folder, 'models', 'org', 'tiny');
  mkdirSync(model, { recursive: true });
  writeFileSync(join(model, 'config.json'), '{"model_type":"llama"}\n');
  const child = spawn(command, ['sandbox', '--json', '--models', join(folder, 'models')], {
    env: alone,
    stdio: ['ignore', 'pipe', 'pipe']
  });
  let errors = '';
  child.stderr.on('data', data => {
    errors += data;
  });
  const ended = new Promise(resolve => {
    child.on('close', (code, signal) => resolve(exitCodeOf(code, signal)));
  });
  try {
    const line = await Promise.race([
      new Promise(resolve => createInterface({ input: child.stdout }).once('line', resolve)),
      ended.then(code => assert.fail(`ended with code ${code}: ${errors}`))
    ]);
    const { env } = JSON.parse(line);
    const answer = await fetch(`${env.HF_ENDPOINT}/api/models/org/tiny`);
    assert.equal(answer.status, 200);
    assert.equal((await answer.json()).id, 'org/tiny');
    const inspected = await run([command, 'inspect', 'org/tiny', '--json'], {
      env: { ...alone, ...env },
      output: 'keep'
    });
    // A model without weights is refused by a check, which means that the engine reached the hub.
    assert.equal(inspected.code, 3, inspected.text);
  } finally {
    child.kill('SIGINT');
  }
  assert.ok([0, 130].includes(await ended));
});

test('nothing was downloaded', () => {
  const kept = join(cache, 'jupyterlab-bedrock-import', 'deno');
  // Deno makes empty folders for packages; code that it fetched would be files in them.
  const files = readdirSync(kept, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath ?? entry.path, entry.name).slice(kept.length + 1));
  assert.ok(files.length > 0);
  assert.deepEqual(
    files.filter(file => /^(npm|remote|deps|registries|gen)\b/.test(file)),
    []
  );
});

test('beside JupyterLab, both halves of the panel are enabled and OK, and the kernel is known', async () => {
  const newest = newestJupyterLab();
  await makeEnvironments([newest]);
  const jupyter = venvProgram('jupyter', environmentOf(newest));
  const list = async args => (await mustRun([jupyter, ...args, 'list'])).text;
  const [extensions, servers, kernels] = await Promise.all([
    list(['labextension']),
    list(['server', 'extension']),
    list(['kernelspec'])
  ]);
  assert.match(extensions, /jupyterlab-bedrock-import v\S+ \S*enabled\S* \S*OK/);
  assert.match(servers, /jupyterlab_bedrock_import \S* ?\S*OK/);
  assert.match(kernels, /^ +bedrock-import-deno /m);
});
