import type { JupyterFrontEnd } from '@jupyterlab/application';
import { act } from '@testing-library/react';
import { StateDB } from '@jupyterlab/statedb';
import { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONValue } from '@lumino/coreutils';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { CommandIDs, PANEL_ID, SectionIDs } from '../commandIds';
import { FakeEngine } from '../testing/fakeEngine';
import type { IImportPanel } from '../tokens';
import type { ImportPanel } from './importPanel';
import { sidebarPlugin } from './plugin';

const STATE_ID = 'jupyterlab-bedrock-import:sidebar';
const { jobs, importedModels, machine } = SectionIDs;

const widgets: Widget[] = [];

async function pass(): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, 20));
  MessageLoop.flush();
}

/** A page with three sections. @param state what pages keep; without it, nothing is kept */
async function page(state: StateDB | null = null) {
  const activated = jest.fn();
  const restored = jest.fn();
  const items: string[] = [];
  const commands = new CommandRegistry();
  const shell = {
    add: (widget: Widget) => {
      widgets.push(widget);
      Widget.attach(widget, document.body);
    },
    activateById: activated
  };
  const app = {
    commands,
    shell,
    serviceManager: { serverSettings: { baseUrl: '/' } },
    restored: Promise.resolve()
  };
  let service: IImportPanel | undefined;
  await act(async () => {
    service = await sidebarPlugin.activate(
      app as unknown as JupyterFrontEnd,
      new FakeEngine(),
      null,
      { add: restored },
      state,
      { addItem: ({ command }: { command: string }) => items.push(command) }
    );
    [machine, jobs, importedModels].forEach((id, index) => {
      const section = new Widget();
      section.id = id;
      service?.addSection(section, index);
    });
    await pass();
  });
  const panel = widgets.at(-1) as ImportPanel;
  const collapsed = (): string[] =>
    panel.widgets.filter(({ isHidden }) => isHidden).map(({ id }) => id);
  return { activated, collapsed, commands, items, panel, restored, service };
}

function keep(state: StateDB, value: ReadonlyPartialJSONValue): Promise<void> {
  return state.save(STATE_ID, value);
}

afterEach(() => act(() => widgets.splice(0).forEach(widget => widget.dispose())));

describe('the plugin of the sidebar', () => {
  it('leaves the models closed until somebody opens them', async () => {
    const { collapsed, panel, restored } = await page();
    expect(collapsed()).toEqual([importedModels]);
    expect(restored).toHaveBeenCalledWith(panel, PANEL_ID);
  });

  it('opens the panel, and in it a section', async () => {
    const { activated, collapsed, commands, items, service } = await page();
    expect(items).toEqual([CommandIDs.openPanel]);
    await commands.execute(CommandIDs.openPanel);
    expect(activated).toHaveBeenLastCalledWith(PANEL_ID);
    expect(collapsed()).toEqual([importedModels]);
    service?.open(importedModels);
    expect(activated).toHaveBeenCalledTimes(2);
    expect(collapsed()).toEqual([]);
  });

  it('has its sections on the next page as they were on this one', async () => {
    const state = new StateDB();
    const first = await page(state);
    first.service?.open(importedModels);
    first.panel.openSection(jobs);
    await pass();
    expect((await page(state)).collapsed()).toEqual([]);
    await keep(state, { collapsed: [machine, jobs], sizes: [0, 0, 1] });
    expect((await page(state)).collapsed()).toEqual([machine, jobs]);
  });

  it.each([['a text'], [{}], [{ collapsed: 'all' }], [{ sizes: [1, 1, 1] }], [[importedModels]]])(
    'passes over %j, which no page of this extension keeps',
    async value => {
      const state = new StateDB();
      await keep(state, value);
      expect((await page(state)).collapsed()).toEqual([importedModels]);
    }
  );

  it('takes of what is kept what it understands', async () => {
    const state = new StateDB();
    await keep(state, { collapsed: [7, jobs, null], sizes: ['high', -1, 0.5] });
    expect((await page(state)).collapsed()).toEqual([jobs]);
  });

  it('stays usable when nothing can be read or kept', async () => {
    const state = new StateDB();
    jest.spyOn(state, 'fetch').mockRejectedValue(new Error('Denied'));
    jest.spyOn(state, 'save').mockRejectedValue(new Error('Denied'));
    const { collapsed, service } = await page(state);
    expect(collapsed()).toEqual([importedModels]);
    service?.open(importedModels);
    expect(collapsed()).toEqual([]);
    await pass();
  });
});
