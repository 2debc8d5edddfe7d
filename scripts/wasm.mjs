// Compiles the sandbox's inference kernel from AssemblyScript to WebAssembly, into a TypeScript
// module that holds the bytes, so that the bundle and the tests load it in the same way.
// Usage: node scripts/wasm.mjs
import asc from 'assemblyscript/asc';
import { mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = join(root, 'src', 'sandbox', 'inference', 'kernel');
const output = join(folder, 'kernelWasm.ts');

const changed = path =>
  stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0
  );
const sources = [join(folder, 'kernel.as.ts'), fileURLToPath(import.meta.url)];
const newest = Math.max(...(await Promise.all(sources.map(changed))));
if ((await changed(output)) > newest) {
  process.exit();
}

const temporary = await mkdtemp(join(tmpdir(), 'kernel-'));
try {
  const { error, stderr } = await asc.main([
    'kernel.as.ts',
    '--baseDir',
    folder,
    '--outFile',
    relative(folder, join(temporary, 'kernel.wasm')),
    '-O3',
    '--noAssert',
    '--runtime',
    'stub',
    '--importMemory',
    '--initialMemory',
    '1',
    '--maximumMemory',
    '65536',
    '--enable',
    'simd'
  ]);
  process.stderr.write(stderr.toString());
  if (error) {
    throw error;
  }
  const bytes = await readFile(join(temporary, 'kernel.wasm'));
  const source =
    '// Written by scripts/wasm.mjs from kernel.as.ts.\n' +
    `export const KERNEL_WASM_BASE64 =\n  '${bytes.toString('base64')}';\n`;
  // Written beside and renamed, so that a process that starts meanwhile reads a whole file.
  const beside = `${output}.${process.pid}.tmp`;
  await writeFile(beside, source);
  await rename(beside, output);
  process.stderr.write(`wasm: inference kernel ${(bytes.length / 1e3).toFixed(1)} kB\n`);
} finally {
  await rm(temporary, { recursive: true, force: true });
}
