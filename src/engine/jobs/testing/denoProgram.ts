import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(__dirname, '..', '..', '..', '..');
const DENO = process.env['BEDROCK_IMPORT_DENO'] ?? join(ROOT, '.venv', 'bin', 'deno');

/** A program of a spec, run as the installed command is: in Deno, with no more permissions. */
export interface DenoProgram {
  start(args: readonly string[], options: StartOptions): StartedProgram;
  remove(): Promise<void>;
}

interface StartOptions {
  /** Folders that it may write in. */
  writable: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Kibibytes that a file of this process may have, as a disk that is full all of a sudden. */
  fileLimitKiB?: number;
}

export interface StartedProgram {
  child: ChildProcess;
  /** What it has written to standard output so far. */
  output(): string;
  /** Resolves when it has written a text that matches. */
  wrote(text: RegExp): Promise<RegExpExecArray>;
  /** Resolves when it has ended. */
  ended: Promise<{ code: number | null; stderr: string }>;
  kill(signal: NodeJS.Signals): void;
}

/** Bundles TypeScript that imports from `src/engine/jobs`. */
export async function denoProgram(contents: string): Promise<DenoProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'job-program-'));
  const program = join(folder, 'program.mjs');
  await build({
    stdin: { resolveDir: join(__dirname, '..'), loader: 'ts', contents },
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    external: ['node:*'],
    // Deno knows them by their prefix only.
    alias: Object.fromEntries(
      builtinModules.filter(name => !name.startsWith('_')).map(name => [name, `node:${name}`])
    ),
    mainFields: ['module', 'main'],
    conditions: ['module', 'import', 'node'],
    logLevel: 'error',
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);"
    }
  });
  const running = new Set<ChildProcess>();
  return {
    start: (args, options) => {
      const started = start(program, args, options);
      running.add(started.child);
      started.child.once('close', () => running.delete(started.child));
      return started;
    },
    remove: async () => {
      for (const child of running) {
        child.kill('SIGKILL');
      }
      await rm(folder, { recursive: true, force: true });
    }
  };
}

function start(program: string, args: readonly string[], options: StartOptions): StartedProgram {
  const command = [
    DENO,
    'run',
    ...['--quiet', '--no-prompt', '--no-config', '--no-lock', '--no-remote', '--no-npm'],
    ...['--allow-env', '--allow-read', '--allow-sys', '--allow-net'],
    `--allow-write=${options.writable.join(',')}`,
    program,
    ...args
  ];
  const limit = options.fileLimitKiB;
  const [file = DENO, ...rest] =
    limit === undefined
      ? command
      : ['/bin/bash', '-c', `trap '' XFSZ; ulimit -S -f ${limit}; exec "$@"`, 'bash', ...command];
  const child = spawn(file, rest, {
    env: { PATH: process.env['PATH'], HOME: tmpdir(), DENO_NO_UPDATE_CHECK: '1', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe']
  });
  let stdout = '';
  let stderr = '';
  let look = (): void => undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<{ code: number | null; stderr: string }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', code => {
      look();
      resolve({ code, stderr });
    });
  });
  return {
    child,
    output: () => stdout,
    ended,
    wrote: text =>
      new Promise((resolve, reject) => {
        const before = look;
        look = () => {
          before();
          const found = text.exec(stdout);
          if (found !== null) {
            resolve(found);
          }
        };
        void ended.then(() => reject(new Error(`It ended without ${text}: ${stdout}${stderr}`)));
        look();
      }),
    kill: signal => void child.kill(signal)
  };
}
