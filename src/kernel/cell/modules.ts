/** What `import` means in a cell: as in a module that lies in the notebook's folder. */
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Names that need no folder and no network, and the files that they are. */
export type OwnModules = Readonly<Record<string, string>>;

const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:/i;

/** @throws TypeError for a bare name that nobody has defined */
export function resolveModule(specifier: string, own: OwnModules): string {
  const known = own[specifier];
  if (known !== undefined) {
    return known;
  }
  if (HAS_SCHEME.test(specifier)) {
    return specifier;
  }
  if (/^\.{0,2}\//.test(specifier)) {
    return new URL(specifier, notebookUrl()).href;
  }
  if (isBuiltin(specifier)) {
    return `node:${specifier}`;
  }
  throw new TypeError(
    `"${specifier}" is no module that a notebook can import by its name alone. Write npm:${specifier} ` +
      `or jsr:${specifier} for a package, or ./${specifier} for a file beside the notebook.`
  );
}

/** A name in the folder in which the kernel runs: relative imports start there. */
export function notebookUrl(): string {
  return pathToFileURL(join(process.cwd(), 'notebook.ts')).href;
}

export function importMeta(own: OwnModules): object {
  const url = notebookUrl();
  return {
    url,
    main: true,
    dirname: process.cwd(),
    filename: join(process.cwd(), 'notebook.ts'),
    resolve: (specifier: string) => resolveModule(specifier, own)
  };
}
