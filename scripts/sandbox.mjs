/** Starts the sandbox of a Python environment and waits until it is ready. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { exitCodeOf, isWindows, root, venvProgram } from './processes.mjs';

/**
 * What it writes to standard error is passed on, or collected with `quiet`. It ends when `stop` is
 * called or this process ends.
 *
 * @throws Error with its exit code when it does not get ready.
 */
export async function startSandbox({ args = [], env = process.env, quiet = false } = {}) {
  const child = spawn(
    venvProgram('bedrock-import'),
    ['sandbox', '--json', '--stop-with-stdin', ...args],
    {
      cwd: root,
      env,
      stdio: ['pipe', 'pipe', quiet ? 'pipe' : 'inherit'],
      // Out of the terminal's group: Ctrl-C is for those who use it, which it outlives.
      detached: !isWindows
    }
  );
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', text => {
    log += text;
  });
  const ended = new Promise(resolve => {
    child.on('error', () => resolve(127));
    child.on('close', (code, signal) => resolve(exitCodeOf(code, signal)));
  });
  const ready = new Promise(resolve => {
    createInterface({ input: child.stdout }).once('line', line => resolve(JSON.parse(line).env));
  });
  const printed = await Promise.race([ready, ended.then(() => undefined)]);
  if (printed === undefined) {
    throw new Error(`The sandbox did not start (code ${await ended}). ${log}`.trim());
  }
  return {
    /** The variables that point clients to it. */
    env: printed,
    ended,
    log: () => log,
    stop: async () => {
      child.stdin.end();
      await ended;
    }
  };
}
