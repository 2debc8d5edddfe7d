import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '..', '..', '..', '..', '..');
const PYTHON = join(ROOT, '.venv', 'bin', 'python');

/** A file as Python's tarfile reads it from an archive. */
export interface FileByPython {
  sha256: string;
  sizeBytes: number;
}

/** Archives made by Python's tarfile and by the system's tar, in a temporary folder. */
export interface Archives {
  /** By the archive's name, the regular files in it by their name in the archive. */
  expected: Record<string, Record<string, FileByPython>>;
  read(name: string): Promise<Buffer>;
  remove(): Promise<void>;
}

export async function makeArchives(): Promise<Archives> {
  const folder = await mkdtemp(join(tmpdir(), 'archives-'));
  const stdout = await runPython('make_archives.py', [folder]);
  return {
    expected: JSON.parse(stdout) as Archives['expected'],
    read: name => readFile(join(folder, name)),
    remove: () => rm(folder, { recursive: true, force: true })
  };
}

/** Runs a script of this folder and gives back what it prints. */
export async function runPython(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {}
): Promise<string> {
  const { stdout } = await promisify(execFile)(PYTHON, [join(__dirname, script), ...args], {
    env: { ...process.env, ...env },
    maxBuffer: 64 * 2 ** 20
  });
  return stdout;
}

/** What the archives of models have in common, spelled as the paths of the copy. */
export function pathsBelowRoot(names: readonly string[], root = ''): string[] {
  return names
    .map(name => name.split('/').filter(part => part !== '' && part !== '.'))
    .map(parts => parts.join('/'))
    .filter(path => path.startsWith(root))
    .map(path => path.slice(root.length));
}
