/**
 * `npm start`: sets up, starts the sandbox, and JupyterLab on it with the panel open and filled in.
 * `--open` shows it in the browser. With `--once` there is no JupyterLab: the whole job runs on the
 * sandbox's real model in this terminal, and its exit code is passed on.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

import { openInSidebar, removeLabFolder, startJupyterLab } from './jupyterlab.mjs';
import { duration, exitCodeOf, isWindows, root, venvProgram } from './processes.mjs';
import { startSandbox } from './sandbox.mjs';
import { isComplete, mergeEnvironment } from './sandboxEnvironment.mjs';
import { setUpOrExit } from './setup.mjs';
import { summaryLines } from './summary.mjs';

const QUESTION = 'What is the capital of France?';
const MODEL = 'HuggingFaceTB/SmolLM2-135M-Instruct';
const MEMORY_EVERY_MS = 100;

/** Names of the panel and of its settings (src/panel/commandIds.ts, schema/plugin.json). */
const PANEL_ID = 'bedrock-import-panel';
const PLUGIN_ID = 'jupyterlab-bedrock-import:plugin';

const command = venvProgram('bedrock-import');
const given = process.argv.slice(2);
const once = given.includes('--once');
const open = given.includes('--open');
const unknown = given.filter(argument => !['--once', '--open'].includes(argument));

function say(text = '') {
  process.stdout.write(`${text}\n`);
}

/** Peak memory of a running process in bytes, where the system tells it (Linux). */
function peakMemoryOf(pid) {
  try {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return line === null ? undefined : Number(line[1]) * 1024;
  } catch {
    return undefined;
  }
}

/** Runs the main job; its progress goes to the terminal, its result comes back. */
async function runJob(env) {
  const args = [
    'import',
    env.BEDROCK_IMPORT_SANDBOX_MODEL ?? MODEL,
    '--bucket',
    env.BEDROCK_IMPORT_SANDBOX_BUCKET,
    '--role',
    env.BEDROCK_IMPORT_SANDBOX_ROLE_ARN,
    '--ask',
    QUESTION,
    '--yes',
    '--json'
  ];
  say(
    `\n$ bedrock-import ${args.map(text => (/[ ?]/.test(text) ? `"${text}"` : text)).join(' ')}\n`
  );
  const started = performance.now();
  const child = spawn(command, args, { cwd: root, env, stdio: ['inherit', 'pipe', 'inherit'] });
  let peakMemoryBytes;
  const watch = setInterval(() => {
    peakMemoryBytes = peakMemoryOf(child.pid) ?? peakMemoryBytes;
  }, MEMORY_EVERY_MS);
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', text => {
    stdout += text;
  });
  // The job stops cleanly on Ctrl-C and says how to go on; it is waited for.
  const ignore = () => undefined;
  process.on('SIGINT', ignore);
  const code = await new Promise(resolve => {
    child.on('error', () => resolve(127));
    child.on('close', (exitCode, signal) => resolve(exitCodeOf(exitCode, signal)));
  });
  process.off('SIGINT', ignore);
  clearInterval(watch);
  return { code, stdout, seconds: (performance.now() - started) / 1000, peakMemoryBytes };
}

function missingVariables(env) {
  return ['BEDROCK_IMPORT_SANDBOX_BUCKET', 'BEDROCK_IMPORT_SANDBOX_ROLE_ARN'].filter(
    name => !env[name]
  );
}

/** The job in the terminal. Resolves with its exit code. */
async function runOnce(env, begun) {
  const job = await runJob(env);
  if (job.code !== 0) {
    process.stdout.write(job.stdout);
    say(`\nThe job ended with code ${job.code}.`);
    return job.code;
  }
  say();
  for (const line of summaryLines(JSON.parse(job.stdout), job)) {
    say(line);
  }
  say(`Everything  ${duration(performance.now() - begun)} with set-up and sandbox`);
  return 0;
}

/** What the form of the panel is filled with, so that a newcomer only has to press Start. */
function panelSettings(env) {
  return {
    model: env.BEDROCK_IMPORT_SANDBOX_MODEL ?? MODEL,
    bucket: env.BEDROCK_IMPORT_SANDBOX_BUCKET,
    roleArn: env.BEDROCK_IMPORT_SANDBOX_ROLE_ARN,
    firstQuestion: QUESTION
  };
}

/** Downloads from the sandbox's hub do not belong in the user's cache. */
function labEnvironment(env, folder) {
  const cache = join(folder, 'huggingface');
  return process.env.HF_ENDPOINT
    ? env
    : { ...env, HF_HOME: cache, HF_HUB_CACHE: join(cache, 'hub') };
}

function showInBrowser(url) {
  const [program, ...args] = isWindows
    ? ['cmd.exe', '/d', '/s', '/c', `start "" "${url}"`]
    : process.platform === 'darwin'
      ? ['open', url]
      : ['xdg-open', url];
  // Where there is no browser, the address that was printed is enough.
  spawn(program, args, { stdio: 'ignore', detached: true, windowsVerbatimArguments: true })
    .on('error', () => undefined)
    .unref();
}

/** JupyterLab until it is stopped. Resolves with the exit code. */
async function runLab(env, sandbox, begun) {
  const folder = mkdtempSync(join(tmpdir(), 'bedrock-import-start-'));
  const stop = new AbortController();
  const stopped = new Promise(resolve => {
    stop.signal.addEventListener('abort', () => resolve(0));
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => stop.abort());
  }
  let lab;
  try {
    lab = await startJupyterLab({
      folder,
      env: labEnvironment(env, folder),
      settings: { [PLUGIN_ID]: panelSettings(env) },
      signal: stop.signal
    });
    await openInSidebar(lab, PANEL_ID);
    say(`
JupyterLab is ready after ${duration(performance.now() - begun)}. Open it, look at the form on the left, and press Start:

  ${lab.url()}

${sandbox ? 'All is on the sandbox: nothing leaves this machine, and nothing costs anything. ' : ''}In a terminal of
JupyterLab, the command bedrock-import works on the same. Ctrl-C here ends it and deletes everything.`);
    if (open) {
      showInBrowser(lab.url());
    }
    const first = await Promise.race([
      stopped,
      lab.ended.then(code => ({ name: 'JupyterLab', code })),
      ...(sandbox ? [sandbox.ended.then(code => ({ name: 'The sandbox', code }))] : [])
    ]);
    if (first === 0) {
      return 0;
    }
    say(`${first.name} has ended by itself (code ${first.code}).\n${lab.log()}`);
    return 1;
  } catch (error) {
    if (stop.signal.aborted) {
      return 0;
    }
    say(error.message);
    return 1;
  } finally {
    await lab?.stop();
    removeLabFolder(folder);
  }
}

if (unknown.length > 0) {
  say(`Unknown: ${unknown.join(' ')}. Usage: npm start [-- --once | --open]`);
  process.exit(2);
}

const begun = performance.now();
await setUpOrExit();
let sandbox;
if (!isComplete(process.env)) {
  try {
    sandbox = await startSandbox();
  } catch (error) {
    say(`${error.message} The reason stands above.`);
    process.exit(1);
  }
}
const env = mergeEnvironment(process.env, sandbox?.env ?? {});
const missing = missingVariables(env);
if (missing.length > 0) {
  say(
    `AWS_ENDPOINT_URL is yours, so the bucket and the role must be yours too: set ${missing.join(' and ')}.`
  );
  await sandbox?.stop();
  process.exit(2);
}
const code = await (once ? runOnce(env, begun) : runLab(env, sandbox, begun));
await sandbox?.stop();
process.exit(code);
