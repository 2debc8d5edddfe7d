import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

import { ROOT, sandboxBundle } from './bundleFile';

export interface StartSandboxOptions {
  /** More arguments, such as `['--fault', 's3-503=0.1', '--seed', '7']`. */
  args?: readonly string[];
  /** Files of the models to serve, by `org/name` and path. */
  models?: Readonly<Record<string, Readonly<Record<string, string | Uint8Array>>>>;
  /** A folder of models that exists already; `models` are written into it. */
  modelsDirectory?: string;
  /** Keeps its state here, after the end too; default: a temporary folder. */
  dataDirectory?: string;
  /** Over the environment of this process; undefined takes a variable out. */
  env?: Readonly<Record<string, string | undefined>>;
}

export interface StartedSandbox {
  /** What a client's environment must hold. */
  env: Record<string, string>;
  hubUrl: string;
  awsUrl: string;
  modelsDirectory: string;
  dataDirectory: string;
  pid: number;
  /** What the sandbox has written to standard error so far. */
  log(): string;
  /** Ends the sandbox and removes its temporary folders. */
  stop(): Promise<void>;
}

const START_BUDGET_MS = 20_000;
const STOP_BUDGET_MS = 2000;

/**
 * Starts the bundled sandbox in Deno and waits until it is ready. It also ends when this process
 * does, because then its standard input closes.
 *
 * @throws Error with what the sandbox wrote to standard error when it does not get ready.
 */
export async function startSandbox(options: StartSandboxOptions = {}): Promise<StartedSandbox> {
  const [program, ...first] = await denoCommand();
  const temporary = await mkdtemp(join(tmpdir(), 'sandbox-test-'));
  const modelsDirectory = options.modelsDirectory ?? join(temporary, 'models');
  const dataDirectory = options.dataDirectory ?? join(temporary, 'data');
  await mkdir(modelsDirectory, { recursive: true });
  await writeModels(modelsDirectory, options.models ?? {});
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn(
    program,
    [
      ...first,
      ...['--json', '--stop-with-stdin', '--models', modelsDirectory, '--data', dataDirectory],
      ...(options.args ?? [])
    ],
    { stdio: ['pipe', 'pipe', 'pipe'], env: cleanEnvironment(options.env) }
  );
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  // A sandbox that has ended already cannot be written to, and that is fine.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()));
  const stop = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_BUDGET_MS);
    await ended;
    clearTimeout(timer);
    await rm(temporary, { recursive: true, force: true });
  };
  try {
    const env = await readEnvironment(child, () => errors);
    return {
      env,
      hubUrl: env['HF_ENDPOINT'] ?? '',
      awsUrl: env['AWS_ENDPOINT_URL'] ?? '',
      modelsDirectory,
      dataDirectory,
      pid: child.pid ?? 0,
      log: () => errors,
      stop
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Program and first arguments that run the bundled sandbox. */
export async function denoCommand(): Promise<[string, ...string[]]> {
  const deno = process.env['BEDROCK_IMPORT_DENO'] ?? join(ROOT, '.venv', 'bin', 'deno');
  const bundle = await sandboxBundle();
  return [deno, 'run', '--no-config', '--no-lock', '--no-prompt', '--allow-all', bundle];
}

/** Writes models into a folder that a sandbox serves. */
export async function writeModels(
  modelsDirectory: string,
  models: NonNullable<StartSandboxOptions['models']>
): Promise<void> {
  for (const [id, files] of Object.entries(models)) {
    for (const [path, content] of Object.entries(files)) {
      const file = join(modelsDirectory, id, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    }
  }
}

/** Endpoints of the surrounding shell would win over the sandbox's, so they are taken out. */
function cleanEnvironment(changes: StartSandboxOptions['env'] = {}): NodeJS.ProcessEnv {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(HF_ENDPOINT|AWS_ENDPOINT_URL)/.test(name))
  );
  return { ...env, DENO_NO_UPDATE_CHECK: '1', ...changes };
}

function readEnvironment(
  child: ChildProcessByStdio<Writable, Readable, Readable>,
  errors: () => string
): Promise<Record<string, string>> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => reject(new Error(`The sandbox ${reason}.\n${errors()}`));
    const timer = setTimeout(() => fail('did not get ready in time'), START_BUDGET_MS);
    child.once('error', error => fail(`could not be started: ${error.message}`));
    child.once('close', code => fail(`ended with exit code ${code}`));
    createInterface({ input: child.stdout }).once('line', line => {
      try {
        resolve((JSON.parse(line) as { env: Record<string, string> }).env);
      } catch {
        fail(`did not print one line of JSON but: ${line.slice(0, 200)}`);
      }
    });
    child.stdout.once('data', () => clearTimeout(timer));
    child.once('close', () => clearTimeout(timer));
  });
}
