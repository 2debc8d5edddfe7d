// Bundles downloadProgram.ts to the file that is named; used by the specs and by the Python tests.
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

await build({
  entryPoints: [join(dirname(fileURLToPath(import.meta.url)), 'downloadProgram.ts')],
  outfile: process.argv[2],
  bundle: true,
  format: 'esm',
  platform: 'node',
  external: ['node:*'],
  mainFields: ['module', 'main'],
  logLevel: 'warning',
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"
  }
});
