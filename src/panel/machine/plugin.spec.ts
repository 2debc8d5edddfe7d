import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { PanelWithToolbar } from '@jupyterlab/ui-components';
import { act } from '@testing-library/react';
import { CommandRegistry } from '@lumino/commands';

import { CommandIDs, SectionIDs } from '../commandIds';
import { FakeEngine } from '../testing/fakeEngine';
import { machinePlugin } from './plugin';

async function activate(...ids: string[]) {
  const commands = new CommandRegistry();
  const ran: string[] = [];
  ids.forEach(id => commands.addCommand(id, { execute: () => void ran.push(id) }));
  const sections: PanelWithToolbar[] = [];
  const engine = new FakeEngine();
  await act(async () => {
    await machinePlugin.activate(
      { commands, restored: Promise.resolve() } as unknown as JupyterFrontEnd,
      engine,
      {
        addSection: (section: PanelWithToolbar) => sections.push(section),
        open: () => undefined
      },
      null
    );
    await Promise.resolve();
  });
  return { section: sections[0]!, ran, engine, commands };
}

describe('the plugin of the machine', () => {
  it('has tools that open the tabs about the disk, and asks nothing by itself', async () => {
    const { section, engine } = await activate(CommandIDs.openStorage, CommandIDs.openSteering);
    expect(section.id).toBe(SectionIDs.machine);
    expect([...section.toolbar.names()]).toEqual([
      'bedrock-import-open-storage',
      'bedrock-import-open-steering',
      'refresh'
    ]);
    expect(engine.sent).toEqual([]);
    act(() => section.dispose());
  });

  it('can be told that something was changed', async () => {
    const { section, engine, commands } = await activate();
    await commands.execute(CommandIDs.refreshMachine);
    expect(engine.sent).toEqual([]);
    act(() => section.dispose());
  });

  it('has none for a feature that is switched off', async () => {
    const { section } = await activate(CommandIDs.openSteering);
    expect([...section.toolbar.names()]).toEqual(['bedrock-import-open-steering', 'refresh']);
    act(() => section.dispose());
  });
});
