/** The licence texts of the packages that a bundle carries: their licences ask for them to come along. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Folders of the packages whose files went into a bundle, from esbuild's metafile. */
export function bundledPackages(metafile) {
  const folders = Object.keys(metafile.inputs).flatMap(
    path => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []
  );
  return [...new Set(folders)].sort();
}

/** One text: each package with its licence, each licence text once. */
export function licenceText(root, folders) {
  const byText = new Map();
  for (const folder of folders) {
    const { name, version, license } = JSON.parse(
      readFileSync(join(root, folder, 'package.json'), 'utf8')
    );
    const file = readdirSync(join(root, folder)).find(entry =>
      /^(licen[cs]e|copying)/i.test(entry)
    );
    const text = file === undefined ? '' : readFileSync(join(root, folder, file), 'utf8').trim();
    const names = byText.get(text) ?? [];
    names.push(`${name} ${version} (${license ?? 'see below'})`);
    byText.set(text, names);
  }
  return [...byText]
    .map(([text, names]) => `${names.join('\n')}\n\n${text || 'No licence file is published.'}\n`)
    .join(`\n${'-'.repeat(80)}\n\n`);
}
