/**
 * Cells that are not as prettier writes them with this repository's settings, as JSON:
 * `[{ notebook, cell, formatted }]`.
 * Usage: node notebooks/checks/cellFormat.mjs NOTEBOOK…
 */
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

import { cellsOf } from './cellsOf.mjs';

const settings = await resolveConfig(fileURLToPath(import.meta.url));

async function formatted(source) {
  try {
    // Cells end without a newline.
    return (await format(source, { ...settings, parser: 'typescript' })).replace(/\n$/, '');
  } catch (error) {
    return `cannot be read: ${error.message}`;
  }
}

const found = [];
for (const path of process.argv.slice(2)) {
  const { notebook, cells } = await cellsOf(path);
  for (const { id, source } of cells) {
    const right = await formatted(source);
    if (right !== source) {
      found.push({ notebook, cell: id, formatted: right });
    }
  }
}
process.stdout.write(JSON.stringify(found));
