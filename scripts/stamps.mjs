/** What was made is made again only when something of what it was made from has changed. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

import { root } from './processes.mjs';

/** All files below a folder in a stable order; undefined when it is a file. */
export function listFiles(path) {
  let entries;
  try {
    entries = readdirSync(path, { recursive: true, withFileTypes: true });
  } catch {
    return undefined;
  }
  return entries
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** SHA-256 over the names and contents of files and of all files in folders, specs left out. */
export function hashOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    const full = join(root, path);
    if (!existsSync(full)) {
      continue;
    }
    for (const file of listFiles(full) ?? [full]) {
      if (/\.spec\.tsx?$|[\\/]__pycache__[\\/]/.test(file)) {
        continue;
      }
      hash.update(`${relative(root, file)}\0`);
      hash.update(readFileSync(file));
    }
  }
  return hash.digest('hex');
}

/** Remembers beside a result of which inputs it was made, so that it is thrown away with it. */
export function stamp(folder, name) {
  const file = join(root, folder, `.set-up-${name}`);
  return {
    holds: value => existsSync(file) && readFileSync(file, 'utf8') === value,
    write: value => {
      mkdirSync(join(root, folder), { recursive: true });
      writeFileSync(file, value);
    }
  };
}
