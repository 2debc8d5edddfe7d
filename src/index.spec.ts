import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { act } from '@testing-library/react';
import { ServerConnection } from '@jupyterlab/services';
import { CommandRegistry } from '@lumino/commands';
import type { Token } from '@lumino/coreutils';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import plugins from '.';
import { PANEL_ID, SectionIDs } from './panel/commandIds';

interface Schema {
  'jupyter.lab.menus': Record<string, MenuItem[]>;
  'jupyter.lab.shortcuts': { command: string; keys: string[]; selector: string }[];
}

interface MenuItem {
  command?: string;
  items?: MenuItem[];
}

const schema = JSON.parse(readFileSync(join(__dirname, '../schema/plugin.json'), 'utf8')) as Schema;

/** As much of JupyterLab as the plugins need. */
function standIn() {
  const fetch = jest.fn(() => Promise.reject(new Error('Nothing is to be fetched.')));
  const added: { widget: Widget; area: string }[] = [];
  const app = {
    commands: new CommandRegistry(),
    shell: {
      add: (widget: Widget, area: string) => void added.push({ widget, area }),
      activateById: jest.fn(),
      currentWidget: null
    },
    serviceManager: {
      serverSettings: ServerConnection.makeSettings({ baseUrl: 'http://127.0.0.1:9/', fetch }),
      contents: { localPath: (path: string) => path }
    },
    restored: Promise.resolve()
  };
  return { app, added, fetch };
}

/** Activates all plugins, as JupyterLab does: whatever is provided is given to those that ask. */
async function activate({ optional }: { optional: 'null' | 'own' }) {
  const { app, added, fetch } = standIn();
  const provided = new Map<Token<unknown>, unknown>();
  for (const plugin of inOrder()) {
    const required = (plugin.requires ?? []).map(token => provided.get(token));
    const others = (plugin.optional ?? []).map(token =>
      optional === 'own' ? (provided.get(token) ?? null) : null
    );
    const service: unknown = await plugin.activate(
      app as unknown as JupyterFrontEnd,
      ...required,
      ...others
    );
    if (plugin.provides) {
      provided.set(plugin.provides, service);
    }
  }
  await new Promise(resolve => setTimeout(resolve, 50));
  MessageLoop.flush();
  return { commands: app.commands, added, fetch };
}

/** Each after those that it needs. */
function inOrder(): JupyterFrontEndPlugin<unknown>[] {
  const ordered: JupyterFrontEndPlugin<unknown>[] = [];
  const visit = (plugin: JupyterFrontEndPlugin<unknown>): void => {
    const needed = [...(plugin.requires ?? []), ...(plugin.optional ?? [])];
    plugins
      .filter(other => other !== plugin && other.provides && needed.includes(other.provides))
      .forEach(visit);
    if (!ordered.includes(plugin)) {
      ordered.push(plugin);
    }
  };
  plugins.forEach(visit);
  return ordered;
}

function commandsOf(items: MenuItem[]): string[] {
  return items.flatMap(({ command, items: below = [] }) => [
    ...(command === undefined ? [] : [command]),
    ...commandsOf(below)
  ]);
}

describe.each(['null', 'own'] as const)('all plugins, with optional tokens %s', optional => {
  let given: Awaited<ReturnType<typeof activate>>;

  beforeEach(async () => {
    given = await act(() => activate({ optional }));
  });

  afterEach(() => act(() => given.added.forEach(({ widget }) => widget.dispose())));

  it('put one panel with every section into the sidebar', () => {
    expect(given.added.map(({ widget, area }) => [widget.id, area])).toEqual([[PANEL_ID, 'left']]);
    const [{ widget: panel } = { widget: new Widget() }] = given.added;
    const sections = Object.values(SectionIDs).map(id => panel.node.querySelector(`#${id}`));
    expect(sections).not.toContain(null);
  });

  it('send nothing', () => {
    expect(given.fetch).not.toHaveBeenCalled();
  });

  it('have commands with names and descriptions of their arguments', async () => {
    const { commands } = given;
    const ids = commands.listCommands();
    expect(ids).not.toHaveLength(0);
    for (const id of ids) {
      expect(id).toMatch(/^bedrock-import:[a-z]+(-[a-z]+)*$/);
      expect([id, commands.label(id)]).toEqual([id, expect.stringMatching(/\S/)]);
      const { args } = await commands.describedBy(id);
      expect([id, args]).toEqual([id, expect.objectContaining({ type: 'object' })]);
    }
  });

  it('have every command that the settings put into menus or give keys', () => {
    const named = [
      ...Object.values(schema['jupyter.lab.menus']).flatMap(commandsOf),
      ...schema['jupyter.lab.shortcuts'].map(({ command }) => command)
    ];
    expect(named).not.toHaveLength(0);
    for (const command of named) {
      expect([command, given.commands.hasCommand(command)]).toEqual([command, true]);
    }
  });
});

describe('the list of plugins', () => {
  it('has ids of this extension, each once, and says what each is for', () => {
    const ids = plugins.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, description, autoStart } of plugins) {
      expect(id).toMatch(/^jupyterlab-bedrock-import:[a-z]+(-[a-z]+)*$/);
      expect([id, description]).toEqual([id, expect.stringMatching(/\.$/)]);
      expect([id, autoStart]).toEqual([id, true]);
    }
  });

  it('needs only what the plugins themselves provide', () => {
    const provided = plugins.map(({ provides }) => provides);
    for (const { id, requires = [] } of plugins) {
      expect([id, requires.filter(token => !provided.includes(token))]).toEqual([id, []]);
    }
  });

  it('has the plugin that the settings belong to', () => {
    expect(plugins.map(({ id }) => id)).toContain('jupyterlab-bedrock-import:plugin');
  });
});
