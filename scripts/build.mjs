/**
 * `npm run build`: the bundles of engine, notebooks, kernel and sandbox, and JupyterLab's extension; each only when
 * something that it is made from has changed. `--force` builds all.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

import { root } from './processes.mjs';
import { hashOf, stamp } from './stamps.mjs';
import { orExit, step } from './steps.mjs';

const PACKAGES = ['package.json', 'package-lock.json', 'tsconfig.json'];
const bundle = name => join('jupyterlab_bedrock_import', 'bundle', name);

/** A change in the panel does not build the engine again, and the other way round. */
const PARTS = [
  {
    name: 'bundles',
    scripts: ['wasm', 'bundle'],
    inputs: [
      'scripts/wasm.mjs',
      'scripts/bundle.mjs',
      'scripts/notebookTypes.mjs',
      'scripts/thirdPartyLicences.mjs',
      'src/engine',
      'src/kernel',
      'src/notebook',
      'src/protocol',
      'src/sandbox'
    ],
    outputs: [
      'engine.js',
      'notebook.js',
      join('types', 'notebook', 'index.d.ts'),
      'kernel.js',
      'sandbox.js'
    ].map(bundle)
  },
  {
    name: 'labextension',
    scripts: ['labextension'],
    inputs: [
      'scripts/labextension.mjs',
      'scripts/stamps.mjs',
      'scripts/oldest-jupyterlab',
      'src/index.ts',
      'src/panel',
      'src/protocol',
      'style',
      'schema',
      'install.json'
    ],
    outputs: [join('jupyterlab_bedrock_import', 'labextension', 'package.json')]
  }
];

/** Everything that the built files are made from. */
export const BUILD_INPUTS = [...new Set([...PARTS.flatMap(part => part.inputs), ...PACKAGES])];

/** Builds whatever is not there or not new. Throws SetupError. */
export async function buildAll({ force = false } = {}) {
  for (const { name, scripts, inputs, outputs } of PARTS) {
    const all = [...inputs, ...PACKAGES];
    const done = stamp('node_modules', name);
    const isThere = outputs.every(path => existsSync(join(root, path)));
    if (!force && isThere && done.holds(hashOf(all))) {
      continue;
    }
    for (const script of scripts) {
      const path = join('scripts', `${script}.mjs`);
      await step(`node ${path}`, [process.execPath, path]);
    }
    // Building may write generated sources; they belong to what was built.
    done.write(hashOf(all));
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  void orExit(() => buildAll({ force: process.argv.includes('--force') }));
}
