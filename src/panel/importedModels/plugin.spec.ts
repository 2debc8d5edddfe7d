import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { act, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { CommandRegistry } from '@lumino/commands';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { getImportedModel } from '../../protocol';
import { CommandIDs, SectionIDs } from '../commandIds';
import type { FakeEngine } from '../testing/fakeEngine';
import type { AskWidget } from './askWidget';
import { importedModelsPlugin } from './plugin';
import { details, listedModel, modelsEngine } from './testing/modelFacts';

type AskTab = MainAreaWidget<AskWidget>;

interface Restoring {
  command: string;
  args: (tab: AskTab) => unknown;
  name: (tab: AskTab) => string;
}

const { arn: ONE } = listedModel('one');
const { arn: TWO } = listedModel('two');

let engine: FakeEngine;
let commands: CommandRegistry;
let tabs: AskTab[];
let sections: Widget[];
let restoring: Restoring;
const opened = jest.fn();
const activated = jest.fn();

beforeEach(async () => {
  engine = modelsEngine('one');
  commands = new CommandRegistry();
  tabs = [];
  sections = [];
  opened.mockReset();
  activated.mockReset();
  const app = {
    commands,
    shell: {
      add: (tab: AskTab) => {
        tabs.push(tab);
        Widget.attach(tab, document.body);
      },
      activateById: activated
    }
  };
  await act(async () => {
    await importedModelsPlugin.activate(
      app as unknown as JupyterFrontEnd,
      engine,
      { addSection: (section: Widget) => sections.push(section), open: opened },
      null,
      null,
      {
        restore: (_: WidgetTracker<AskTab>, options: Restoring) => {
          restoring = options;
          return Promise.resolve();
        }
      },
      null
    );
    // The toolbar of the section is drawn a moment later.
    await pass();
  });
});

afterEach(() => act(() => [...tabs, ...sections].forEach(widget => widget.dispose())));

async function pass(): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, 20));
  MessageLoop.flush();
}

async function ask(args: Record<string, string>): Promise<void> {
  await act(async () => {
    await commands.execute(CommandIDs.askModel, args);
    await pass();
  });
}

describe('the plugin of imported models', () => {
  it('opens the section', async () => {
    expect(sections.map(({ id }) => id)).toEqual([SectionIDs.importedModels]);
    await commands.execute(CommandIDs.openModels);
    expect(opened).toHaveBeenCalledWith(SectionIDs.importedModels);
  });

  it('opens one tab for each model', async () => {
    await ask({ arn: ONE, name: 'one' });
    await ask({ arn: TWO });
    await ask({ arn: ONE });
    expect(tabs.map(({ title }) => title.label)).toEqual(['Ask one', `Ask ${TWO}`]);
    expect(activated).toHaveBeenLastCalledWith(tabs[0]?.id);
    expect(tabs[0]?.id).not.toBe(tabs[1]?.id);
  });

  it('opens another tab when that of the model was closed', async () => {
    await ask({ arn: ONE });
    act(() => tabs[0]?.dispose());
    await ask({ arn: ONE });
    expect(tabs).toHaveLength(2);
  });

  it('shows the models where no model is named', async () => {
    await ask({});
    expect(tabs).toEqual([]);
    expect(opened).toHaveBeenCalledWith(SectionIDs.importedModels);
  });

  it('has its tabs restored as they were', async () => {
    await ask({ arn: ONE, name: 'one' });
    const [tab] = tabs;
    expect(restoring.command).toBe(CommandIDs.askModel);
    expect(restoring.args(tab!)).toEqual({ arn: ONE, name: 'one' });
    expect(restoring.name(tab!)).toBe(ONE);
  });

  it('opens one dialog before a deletion, however often its button is pressed', async () => {
    let answer = (): void => undefined;
    engine.on(
      getImportedModel,
      ({ model }) => new Promise(resolve => (answer = () => resolve(details(model))))
    );
    await act(async () => {
      Widget.attach(sections[0]!, document.body);
      engine.becomeReady();
      await pass();
    });
    const button = await screen.findByRole('button', { name: 'Delete one …' });
    await userEvent.click(button);
    await act(pass);
    expect(button.getAttribute('aria-disabled')).toBe('true');
    await userEvent.click(button);
    answer();
    const dialog = await screen.findByRole('dialog', { hidden: true });
    await userEvent.click(within(dialog).getByText('Cancel'));
    await act(pass);
    expect(screen.queryByRole('dialog', { hidden: true })).toBeNull();
    expect(engine.sent.map(({ method }) => method)).toEqual([
      'importedModels/list',
      'importedModels/get'
    ]);
    expect(button.getAttribute('aria-disabled')).toBe('false');
  });

  it('asks for nothing after its section has gone', () => {
    act(() => sections[0]?.dispose());
    engine.becomeReady();
    expect(engine.sent).toEqual([]);
  });
});
