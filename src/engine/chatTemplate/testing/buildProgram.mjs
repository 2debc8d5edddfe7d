// Bundles renderProgram.ts to the file that is named; used by the Python tests.
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

await build({
  entryPoints: [join(dirname(fileURLToPath(import.meta.url)), 'renderProgram.ts')],
  outfile: process.argv[2],
  bundle: true,
  format: 'esm',
  platform: 'node',
  external: ['node:*'],
  logLevel: 'warning'
});
