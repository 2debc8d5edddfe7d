/**
 * Declarations of what notebooks import, beside its bundle, so that cells can be type-checked and the
 * language server knows what it completes. They stand alone: relative imports name whole files, as Deno
 * wants them, and the types of packages, which no host has, are `any`.
 * Usage: node scripts/notebookTypes.mjs
 */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const source = join(root, 'src');
const entry = join(source, 'notebook', 'index.ts');
const bundleFolder = join(root, 'jupyterlab_bedrock_import', 'bundle');

/** Of the bundle: Deno finds the types by it. */
export const SELF_TYPES = '// @ts-self-types="./types/notebook/index.d.ts"';

const SPECIFIER = /(\bfrom\s*|\bimport\s*\(\s*|^import\s+)(['"])([^'"\n]+)\2/gm;
const PACKAGE_IMPORT = /^import\s+(?:type\s+)?\{([^}]*)\}\s+from\s+(['"])([^'".\n][^'"\n]*)\2;?/gm;

/** Every declaration that the entry reaches, by its path under src. */
function emit() {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), path => ts.sys.readFile(path));
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const program = ts.createProgram([entry], {
    ...options,
    rootDir: source,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    noEmitOnError: false,
    types: ['node']
  });
  const texts = new Map();
  program.emit(undefined, (path, text) => {
    // With an outDir of its own, a declaration lies where its source does.
    texts.set(relative(source, path), text);
  });
  return texts;
}

/** `./x` as the file that it stands for. */
function wholeName(from, specifier, texts) {
  const path = join(dirname(from), specifier);
  const found = [`${path}.d.ts`, join(path, 'index.d.ts')].find(name => texts.has(name));
  if (found === undefined) {
    throw new Error(`${from} imports ${specifier}, which has no declaration.`);
  }
  const way = relative(dirname(from), found);
  return way.startsWith('.') ? way : `./${way}`;
}

/** The names that are imported from a package, as `any`; Node's own modules Deno knows. */
function standIn(whole, names, _quote, specifier) {
  if (specifier.startsWith('node:')) {
    return whole;
  }
  return names
    .split(',')
    .map(name => name.trim().replace(/^type\s+/, ''))
    .filter(Boolean)
    .map(name => `type ${name.split(/\s+as\s+/).at(-1)} = any;`)
    .join('\n');
}

function rewritten(path, text, texts) {
  return text
    .replace(PACKAGE_IMPORT, standIn)
    .replace(SPECIFIER, (whole, before, quote, specifier) => {
      if (specifier.startsWith('node:')) {
        return whole;
      }
      if (!specifier.startsWith('.')) {
        throw new Error(`${path} imports ${specifier} in a way that has no stand-in here.`);
      }
      return `${before}${quote}${wholeName(path, specifier, texts)}${quote}`;
    });
}

/** What the entry reaches; declarations of what is only used inside are not there. */
function reached(texts, first) {
  const found = new Map([[first, '']]);
  for (const path of found.keys()) {
    const text = rewritten(path, texts.get(path) ?? '', texts);
    found.set(path, text);
    for (const [, , , specifier] of text.matchAll(SPECIFIER)) {
      const next = join(dirname(path), specifier);
      if (specifier.startsWith('.') && !found.has(next)) {
        found.set(next, '');
      }
    }
  }
  return found;
}

/** Writes the declarations; whoever reads them meanwhile sees the old ones or the new ones. */
export async function writeNotebookTypes() {
  const texts = emit();
  const output = join(bundleFolder, 'types');
  const temporary = `${output}.${process.pid}.tmp`;
  try {
    for (const [path, text] of reached(texts, join('notebook', 'index.d.ts'))) {
      const file = join(temporary, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
    await rm(output, { recursive: true, force: true });
    await rename(temporary, output);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await writeNotebookTypes();
}
