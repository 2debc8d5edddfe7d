// Bundles the engine, what notebooks import, what runs their cells, and the sandbox, each to one file
// that needs no registry at run time.
// Usage: node scripts/bundle.mjs [engine] [notebook] [kernel] [sandbox] [--metafile FILE]
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { builtinModules } from 'node:module';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import { SELF_TYPES, writeNotebookTypes } from './notebookTypes.mjs';
import { bundledPackages, licenceText } from './thirdPartyLicences.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const outputFolder = join(root, 'jupyterlab_bedrock_import', 'bundle');
const entries = {
  engine: join(root, 'src', 'engine', 'main.ts'),
  notebook: join(root, 'src', 'notebook', 'index.ts'),
  kernel: join(root, 'src', 'kernel', 'main.ts'),
  sandbox: join(root, 'src', 'sandbox', 'main.ts')
};

// CommonJS dependencies call require() for Node's builtins, which an ES module does not have.
const withRequire = require =>
  `import { createRequire as __createRequire } from 'node:module'; const require = ${require};`;
const OWN_REQUIRE = '__createRequire(import.meta.url)';
const banner = withRequire(OWN_REQUIRE);

/**
 * A cell's `const URL = …` hides the global of that name from every module of the process, so that
 * what runs beside cells takes the globals for itself before.
 */
const OWN_GLOBALS = `const { ${[
  ...['globalThis', 'AbortController', 'AbortSignal', 'Array', 'ArrayBuffer', 'Atomics', 'BigInt'],
  ...['Blob', 'Boolean', 'Buffer', 'DOMException', 'DataView', 'Date', 'Error', 'Event'],
  ...['EventTarget', 'Function', 'Headers', 'Int32Array', 'Intl', 'JSON', 'Map', 'Math', 'Number'],
  ...['Object', 'Promise', 'Proxy', 'RangeError', 'ReadableStream', 'Reflect', 'RegExp', 'Request'],
  ...['Response', 'Set', 'SharedArrayBuffer', 'String', 'Symbol', 'SyntaxError', 'TextDecoder'],
  ...['TextEncoder', 'TransformStream', 'TypeError', 'URL', 'URLSearchParams', 'Uint8Array'],
  ...['WeakMap', 'WeakRef', 'WeakSet', 'Worker', 'WritableStream', 'atob', 'btoa', 'clearInterval'],
  ...['clearTimeout', 'console', 'crypto', 'fetch', 'isNaN', 'parseFloat', 'parseInt'],
  ...['performance', 'process', 'queueMicrotask', 'setImmediate', 'setInterval', 'setTimeout'],
  'structuredClone'
].join(', ')} } = self;`;

/** By bundle. */
const banners = {
  engine: banner,
  // Deno's createRequire needs the global URL, too; the kernel has made one before the first cell.
  notebook: [SELF_TYPES, withRequire(`self.$$require ?? ${OWN_REQUIRE}`), OWN_GLOBALS].join('\n'),
  kernel: `${banner}\n${OWN_GLOBALS}`,
  sandbox: banner
};

/** Deno knows Node's builtins by their prefix only. */
const prefixBuiltins = {
  name: 'prefix-builtins',
  setup(plugin) {
    const names = builtinModules.filter(name => !name.startsWith('_') && !name.startsWith('node:'));
    const filter = new RegExp(`^(${names.map(name => name.replace('/', '\\/')).join('|')})$`);
    plugin.onResolve({ filter }, args => ({ path: `node:${args.path}`, external: true }));
  }
};

async function bundle(name) {
  const entry = entries[name];
  const output = join(outputFolder, `${name}.js`);
  // Written beside and renamed, so that a process that starts meanwhile sees a whole file.
  const temporary = `${output}.${process.pid}.tmp.js`;
  try {
    const result = await build({
      entryPoints: [entry],
      outfile: temporary,
      bundle: true,
      format: 'esm',
      platform: 'node',
      // The kernel runs in the Deno that comes with it, and passes import attributes on.
      target: name === 'kernel' ? 'esnext' : 'es2022',
      // Without `browser`, so that the AWS SDK resolves to its Node build.
      mainFields: ['module', 'main'],
      conditions: ['module', 'import', 'node'],
      minify: true,
      keepNames: true,
      legalComments: 'eof',
      sourcemap: false,
      loader: { '.wasm': 'binary' },
      banner: { js: banners[name] },
      plugins: [prefixBuiltins],
      metafile: true,
      absWorkingDir: root,
      logLevel: 'warning'
    });
    await rename(temporary, output);
    const { size } = await stat(output);
    process.stderr.write(`bundle: ${name}.js ${(size / 1e3).toFixed(0)} kB\n`);
    await writeFile(
      join(outputFolder, `${name}.licences.txt`),
      licenceText(root, bundledPackages(result.metafile))
    );
    const at = process.argv.indexOf('--metafile');
    if (at > 0) {
      await writeFile(process.argv[at + 1], JSON.stringify(result.metafile));
    }
  } finally {
    await rm(temporary, { force: true });
  }
}

await mkdir(outputFolder, { recursive: true });
const named = process.argv.slice(2).filter(name => name in entries);
for (const name of named.length > 0 ? named : Object.keys(entries)) {
  if (name === 'sandbox') {
    // The sandbox runs models on a kernel that is compiled; this does nothing when it is fresh.
    execFileSync(process.execPath, [join(root, 'scripts', 'wasm.mjs')], { stdio: 'inherit' });
  }
  await bundle(name);
  if (name === 'notebook') {
    await writeNotebookTypes();
  }
}
