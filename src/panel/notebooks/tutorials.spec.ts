import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { nullTranslator } from '@jupyterlab/translation';

import { CommandIDs } from '../commandIds';
import { FIRST_TUTORIAL, tutorials } from './tutorials';

interface MenuItem {
  command?: string;
  args?: { name?: string };
  items?: MenuItem[];
  submenu?: MenuItem;
}

const ROOT = join(__dirname, '..', '..', '..');
const FOLDER = join(ROOT, 'notebooks');
const known = tutorials(nullTranslator.load('jupyterlab_bedrock_import'));

/** The first heading of a notebook. */
function titleOf(name: string): string | undefined {
  const { cells } = JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as {
    cells: { cell_type: string; source: string | string[] }[];
  };
  return cells
    .filter(({ cell_type: type }) => type === 'markdown')
    .map(({ source }) => /^# (.*)$/m.exec([source].flat().join(''))?.[1])
    .find(title => title !== undefined);
}

function notebooksIn(items: readonly MenuItem[]): string[] {
  return items.flatMap(({ command, args, items: below = [], submenu }) => [
    ...(command === CommandIDs.openNotebook ? [args?.name ?? ''] : []),
    ...notebooksIn(below),
    ...(submenu === undefined ? [] : notebooksIn([submenu]))
  ]);
}

describe('the list of tutorials', () => {
  it('has every notebook that is shipped, in its order and with its title', () => {
    const shipped = readdirSync(FOLDER)
      .filter(name => name.endsWith('.ipynb'))
      .sort();
    expect(known).toEqual(shipped.map(name => ({ name, title: titleOf(name) })));
    expect(known[0]?.name).toBe(FIRST_TUTORIAL);
  });

  it('is also that of the menu', () => {
    const schema = JSON.parse(readFileSync(join(ROOT, 'schema', 'plugin.json'), 'utf8')) as {
      'jupyter.lab.menus': Record<string, MenuItem[]>;
    };
    const inMenus = notebooksIn(Object.values(schema['jupyter.lab.menus']).flat());
    expect(inMenus).toEqual(known.map(({ name }) => name));
  });
});
