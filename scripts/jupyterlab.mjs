/** Starts JupyterLab in folders of its own, so that nothing of the user's is read or written. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { exitCodeOf, isWindows, venv, venvProgram } from './processes.mjs';

const START_BUDGET_MS = 60_000;
const STOP_BUDGET_MS = 15_000;
const LOOK_EVERY_MS = 50;
const KEPT_LOG_CHARACTERS = 200_000;

/** Settings of JupyterLab that keep it from asking, and from looking into the internet. */
const QUIET = {
  '@jupyterlab/apputils-extension:notification': { fetchNews: 'false', checkForUpdates: false }
};

/** Where JupyterLab keeps what belongs to a user, all below one folder. */
export function labFolders(folder) {
  const below = name => join(folder, name);
  return {
    root: below('root'),
    config: below('config'),
    data: below('data'),
    runtime: below('runtime'),
    settings: below('settings'),
    workspaces: below('workspaces')
  };
}

/** A user's settings, by plugin, as JupyterLab keeps them on disk. */
export function writeSettings(folder, settings) {
  const base = labFolders(folder).settings;
  for (const [plugin, values] of Object.entries({ ...QUIET, ...settings })) {
    const [extension, name] = plugin.split(':');
    mkdirSync(join(base, extension), { recursive: true });
    writeFileSync(
      join(base, extension, `${name}.jupyterlab-settings`),
      `${JSON.stringify(values, null, 2)}\n`
    );
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function environmentFor(env, folder, program, token) {
  const folders = labFolders(folder);
  return {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => !/^(JUPYTER|JPY_)/.test(name))),
    PATH: [dirname(program), env.PATH ?? ''].join(delimiter),
    // Not as an argument, which everybody on this machine could read.
    JUPYTER_TOKEN: token,
    JUPYTER_CONFIG_DIR: folders.config,
    JUPYTER_DATA_DIR: folders.data,
    JUPYTER_RUNTIME_DIR: folders.runtime,
    JUPYTERLAB_SETTINGS_DIR: folders.settings,
    JUPYTERLAB_WORKSPACES_DIR: folders.workspaces,
    JUPYTER_PREFER_ENV_PATH: '1'
  };
}

/**
 * Starts JupyterLab on 127.0.0.1 and waits until it answers. `folder` belongs to the caller and is
 * kept; with the same folder, port and token a server that was stopped is there again.
 *
 * @throws Error with the server's log when it does not answer.
 */
export async function startJupyterLab({
  folder,
  environment = venv,
  env = process.env,
  settings = {},
  baseUrl = '/',
  port,
  token = randomBytes(24).toString('hex'),
  args = [],
  signal
}) {
  const folders = labFolders(folder);
  for (const path of Object.values(folders)) {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  }
  writeSettings(folder, settings);
  const usedPort = port ?? (await freePort());
  const program = venvProgram('jupyter-lab', environment);
  const child = spawn(
    program,
    [
      '--no-browser',
      '--ServerApp.ip=127.0.0.1',
      `--ServerApp.port=${usedPort}`,
      '--ServerApp.port_retries=0',
      `--ServerApp.base_url=${baseUrl}`,
      `--ServerApp.root_dir=${folders.root}`,
      '--LabApp.extension_manager=readonly',
      ...(process.getuid?.() === 0 ? ['--allow-root'] : []),
      ...args
    ],
    {
      cwd: folders.root,
      env: environmentFor(env, folder, program, token),
      stdio: ['ignore', 'pipe', 'pipe'],
      // Out of the terminal's group: at Ctrl-C it would ask whether to end.
      detached: !isWindows
    }
  );
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', text => {
      log = (log + text).slice(-KEPT_LOG_CHARACTERS);
    });
  }
  let code;
  const ended = new Promise(resolve => {
    const end = value => {
      code = value;
      resolve(value);
    };
    child.on('error', () => end(127));
    child.on('exit', (exitCode, signal) => end(exitCodeOf(exitCode, signal)));
  });
  const address = `http://127.0.0.1:${usedPort}${baseUrl}`;
  const lab = {
    port: usedPort,
    token,
    baseUrl,
    pid: child.pid,
    ended,
    log: () => log,
    /** An address of this server that logs in. */
    url: (path = 'lab') => `${address}${path}${path.includes('?') ? '&' : '?'}token=${token}`,
    stop: async () => {
      child.kill('SIGTERM');
      if (await Promise.race([ended.then(() => false), sleep(STOP_BUDGET_MS, true)])) {
        killGroup(child);
      }
      await ended;
    },
    kill: async () => {
      killGroup(child);
      await ended;
    }
  };
  const until = Date.now() + START_BUDGET_MS;
  while (!(await answers(`${address}api`))) {
    if (code !== undefined || signal?.aborted || Date.now() > until) {
      killGroup(child);
      await ended;
      throw new Error(`JupyterLab did not start (code ${code ?? 'none'}):\n${log}`);
    }
    await sleep(LOOK_EVERY_MS);
  }
  return lab;
}

async function answers(url) {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

function killGroup(child) {
  try {
    process.kill(isWindows ? child.pid : -child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Makes the layout that the page starts with: a widget of the left sidebar is open. */
export async function openInSidebar(lab, widgetId, { relativeSizes = [0.3, 0.7, 0] } = {}) {
  const layout = {
    main: null,
    down: { size: 0, widgets: [] },
    left: { collapsed: false, visible: true, current: widgetId, widgets: [widgetId] },
    right: { collapsed: true, visible: true, widgets: [] },
    relativeSizes,
    top: { simpleVisibility: true }
  };
  const answer = await fetch(lab.url('lab/api/workspaces/default'), {
    method: 'PUT',
    headers: { Authorization: `token ${lab.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      data: { 'layout-restorer:data': layout },
      metadata: { id: 'default' }
    })
  });
  if (!answer.ok) {
    throw new Error(`JupyterLab did not take the layout (${answer.status}).`);
  }
}

/** Deletes what a server left, with what it kept of a user. */
export function removeLabFolder(folder) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}
