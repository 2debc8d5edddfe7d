/**
 * `npm start`: sets up, starts the sandbox and runs the whole job on its real model. Then the
 * sandbox stays for trying out by hand; with `--once` it stops and the job's exit code is passed on.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { relative } from 'node:path';
import process from 'node:process';

import { duration, exitCodeOf, isWindows, root, venvProgram } from './processes.mjs';
import { isComplete, mergeEnvironment } from './sandboxEnvironment.mjs';
import { setUpOrExit } from './setup.mjs';
import { summaryLines } from './summary.mjs';

const QUESTION = 'What is the capital of France?';
const MODEL = 'HuggingFaceTB/SmolLM2-135M-Instruct';
const MEMORY_EVERY_MS = 100;

const command = venvProgram('bedrock-import');
const once = process.argv.slice(2).includes('--once');
const unknown = process.argv.slice(2).filter(argument => argument !== '--once');

function say(text = '') {
  process.stdout.write(`${text}\n`);
}

/** The environment that the sandbox prints when it is ready. */
async function startSandbox() {
  const child = spawn(command, ['sandbox', '--json', '--stop-with-stdin'], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
    // Out of the terminal's group: Ctrl-C is the job's first, the sandbox outlives it.
    detached: !isWindows
  });
  const ended = new Promise(resolve => {
    child.on('error', () => resolve(127));
    child.on('close', (code, signal) => resolve(exitCodeOf(code, signal)));
  });
  const ready = new Promise(resolve => {
    createInterface({ input: child.stdout }).once('line', line => resolve(JSON.parse(line).env));
  });
  const env = await Promise.race([ready, ended.then(() => undefined)]);
  if (env === undefined) {
    say(`The sandbox did not start (code ${await ended}); the reason stands above.`);
    process.exit(1);
  }
  return {
    env,
    ended,
    stop: async () => {
      child.stdin.end();
      await ended;
    }
  };
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

if (unknown.length > 0) {
  say(`Unknown: ${unknown.join(' ')}. Usage: npm start [-- --once]`);
  process.exit(2);
}

const begun = performance.now();
await setUpOrExit();
const sandbox = isComplete(process.env) ? undefined : await startSandbox();
const env = mergeEnvironment(process.env, sandbox?.env ?? {});
const missing = missingVariables(env);
if (missing.length > 0) {
  say(
    `AWS_ENDPOINT_URL is yours, so the bucket and the role must be yours too: set ${missing.join(' and ')}.`
  );
  await sandbox?.stop();
  process.exit(2);
}

const job = await runJob(env);
if (job.code === 0) {
  say();
  for (const line of summaryLines(JSON.parse(job.stdout), job)) {
    say(line);
  }
  say(`Everything  ${duration(performance.now() - begun)} with set-up and sandbox`);
} else {
  process.stdout.write(job.stdout);
  say(`\nThe job ended with code ${job.code}.`);
}

if (once || job.code !== 0 || sandbox === undefined) {
  await sandbox?.stop();
  process.exit(job.code);
}

say(`
The panel in JupyterLab comes with a later version. Until then the sandbox stays here for trying out
by hand. In another terminal:
`);
for (const [name, value] of Object.entries(sandbox.env)) {
  say(`  export ${name}='${value}'`);
}
say(`
  ${relative(process.cwd(), command)} --help
  ${relative(process.cwd(), command)} models list

Ctrl-C ends it.`);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    void sandbox.stop().then(() => process.exit(0));
  });
}
process.exit(await sandbox.ended);
