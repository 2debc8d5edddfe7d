import { ChildProcess, ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '..', '..', '..', '..');
const DENO = process.env['BEDROCK_IMPORT_DENO'] ?? join(ROOT, '.venv', 'bin', 'deno');
const BUNDLE = join(ROOT, 'jupyterlab_bedrock_import', 'bundle', 'engine.js');

/** As the installed command starts it: nothing run, nothing fetched. */
const FLAGS = (
  'run --quiet --no-prompt --no-config --no-lock --no-remote --no-npm ' +
  '--allow-env --allow-read --allow-sys --allow-net'
).split(' ');

/** As the launcher grants it, for a home folder of the test's own. */
function writeFlag(args: readonly string[], env: RunOptions['env']): string {
  const named = args.flatMap((arg, index) => (arg === '--cache-dir' ? [args[index + 1]] : []));
  const folders = [env.BEDROCK_IMPORT_STATE_DIR, env.HF_HUB_CACHE, ...named];
  return `--allow-write=${folders.filter(folder => folder).join(',')}`;
}

export interface CommandRun {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /** The whole environment but for PATH and HOME. */
  env: Readonly<Record<string, string | undefined>>;
  stdin?: string;
  /** Called with each piece of stderr, for tests that act while the command runs. */
  onStderr?: (text: string, child: ChildProcess) => void;
  /** The folder that it is started in. @default this process's */
  cwd?: string;
}

/** Bundles the engine anew. */
export async function bundleEngine(): Promise<void> {
  await promisify(execFile)(process.execPath, ['scripts/bundle.mjs', 'engine'], { cwd: ROOT });
}

/** Starts the bundle in Deno as a program of its own, whose standard input stays open. */
export function startBundle(
  args: readonly string[],
  options: Pick<RunOptions, 'env' | 'cwd'>
): ChildProcessWithoutNullStreams {
  return spawn(DENO, [...FLAGS, writeFlag(args, options.env), BUNDLE, ...args], {
    cwd: options.cwd,
    env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', DENO_NO_UPDATE_CHECK: '1', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe']
  });
}

/** Runs the bundle to its end. */
export function runBundle(args: readonly string[], options: RunOptions): Promise<CommandRun> {
  const child = startBundle(args, options);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    options.onStderr?.(text, child);
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.stdin ?? '');
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', code => resolve({ code, stdout, stderr }));
  });
}
