import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';

/** The code cells of a notebook, in their order: its file's name, and id and source of each. */
export async function cellsOf(path) {
  const { cells } = JSON.parse(await readFile(path, 'utf8'));
  return {
    notebook: basename(path),
    cells: cells
      .filter(cell => cell.cell_type === 'code')
      .map(({ id, source }) => ({ id, source: [source].flat().join('') }))
  };
}
