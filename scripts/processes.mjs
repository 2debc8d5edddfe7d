/** What the scripts share: where things are, and how they run other programs. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const isWindows = process.platform === 'win32';
export const venv = join(root, '.venv');

/** A program of a Python environment, such as `pip` or `bedrock-import`. */
export function venvProgram(name, environment = venv) {
  return isWindows ? join(environment, 'Scripts', `${name}.exe`) : join(environment, 'bin', name);
}

/** A command-line program of an npm package, to be run with this Node and without a shell. */
export function nodeProgram(packagePath) {
  return [process.execPath, join(root, 'node_modules', packagePath)];
}

/** npm as a program and its first arguments; npm says itself where it is when it runs a script. */
export function npmProgram() {
  const script = process.env.npm_execpath;
  if (script !== undefined && /npm-cli\.js$/.test(script) && existsSync(script)) {
    return [process.execPath, script];
  }
  return isWindows ? ['cmd.exe', '/d', '/s', '/c', 'npm'] : ['npm'];
}

/** The signal's number by the shell's rule: a program that a signal ended has the code 128 + n. */
export function exitCodeOf(code, signal) {
  return code ?? (signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : 1);
}

/**
 * Runs a program to its end.
 *
 * `output: 'show'` passes what it prints on; `'keep'` collects it and returns it, so that a step
 * that works stays quiet and a step that fails can show everything.
 */
export function run(command, options = {}) {
  const [program, ...args] = command;
  const keep = options.output === 'keep';
  return new Promise(resolve => {
    const child = spawn(program, args, {
      cwd: options.cwd ?? root,
      env: options.env ?? process.env,
      stdio: ['ignore', keep ? 'pipe' : 'inherit', keep ? 'pipe' : 'inherit']
    });
    const stdout = [];
    const all = [];
    child.stdout?.on('data', data => {
      stdout.push(data);
      all.push(data);
    });
    child.stderr?.on('data', data => all.push(data));
    child.on('error', error => {
      resolve({ code: 127, stdout: '', text: `${program}: ${error.message}\n` });
    });
    child.on('close', (code, signal) => {
      resolve({
        code: exitCodeOf(code, signal),
        stdout: Buffer.concat(stdout).toString('utf8'),
        text: Buffer.concat(all).toString('utf8')
      });
    });
  });
}

/** PATH with folders before the rest. */
export function pathWith(...folders) {
  return [...folders, process.env.PATH ?? ''].join(delimiter);
}

/** `1.2 s`, `2 min 5 s`. */
export function duration(ms) {
  const seconds = ms / 1000;
  if (seconds < 60) {
    return `${seconds.toFixed(1)} s`;
  }
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
