/**
 * Builds the prebuilt extension of JupyterLab from src/index.ts, src/panel and src/protocol.
 * Usage: node scripts/labextension.mjs [--development]
 */
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

import { root } from './processes.mjs';
import { listFiles } from './stamps.mjs';

const lib = join(root, 'lib');
const output = join(root, 'jupyterlab_bedrock_import', 'labextension');
const builder = join(
  root,
  'node_modules',
  '@jupyterlab',
  'builder',
  'lib',
  'build-labextension.js'
);

/** Packages that JupyterLab shares, in the versions of the oldest one that the panel works with. */
const oldest = join(root, 'scripts', 'oldest-jupyterlab');

function sources(folder) {
  return listFiles(folder).filter(
    path => /\.tsx?$/.test(path) && !/\.(spec\.tsx?|d\.ts)$|[\\/]testing[\\/]/.test(path)
  );
}

function sizeOf(folder) {
  return listFiles(folder).reduce((sum, path) => sum + statSync(path).size, 0);
}

rmSync(lib, { recursive: true, force: true });
await build({
  entryPoints: [
    join(root, 'src', 'index.ts'),
    ...['panel', 'protocol'].flatMap(name => sources(join(root, 'src', name)))
  ],
  outbase: join(root, 'src'),
  outdir: lib,
  bundle: false,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  logLevel: 'warning'
});

rmSync(output, { recursive: true, force: true });
try {
  execFileSync(process.execPath, [builder, '--core-path', oldest, ...process.argv.slice(2), root], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe']
  });
} catch (error) {
  process.stderr.write(`${error.stdout ?? ''}${error.stderr ?? ''}`);
  process.exit(1);
}
if (!existsSync(join(output, 'package.json'))) {
  process.stderr.write('labextension: the builder wrote nothing\n');
  process.exit(1);
}
cpSync(join(root, 'install.json'), join(output, 'install.json'));
process.stderr.write(`labextension: ${(sizeOf(join(output, 'static')) / 1e3).toFixed(0)} kB\n`);
