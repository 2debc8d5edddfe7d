import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The repository's root. */
export const ROOT = join(__dirname, '..', '..', '..');

const BUNDLE = join(ROOT, 'jupyterlab_bedrock_import', 'bundle', 'sandbox.js');
const SOURCES = [join(ROOT, 'src', 'sandbox'), join(ROOT, 'scripts', 'bundle.mjs')];

/** The sandbox's bundle, made anew when a source is younger. */
export async function sandboxBundle(): Promise<string> {
  const builtAt = (await stat(BUNDLE).catch(() => undefined))?.mtimeMs ?? 0;
  if (builtAt < (await youngest(SOURCES))) {
    await promisify(execFile)(process.execPath, ['scripts/bundle.mjs', 'sandbox'], { cwd: ROOT });
  }
  return BUNDLE;
}

async function youngest(paths: readonly string[]): Promise<number> {
  let latest = 0;
  for (const path of paths) {
    const stats = await stat(path);
    if (stats.isDirectory()) {
      const inside = (await readdir(path)).map(name => join(path, name));
      latest = Math.max(latest, await youngest(inside));
    } else if (!/\.spec\.ts$|\.py$|\.pyc$/.test(path)) {
      latest = Math.max(latest, stats.mtimeMs);
    }
  }
  return latest;
}
