import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { ServerConnection } from '@jupyterlab/services';
import { act, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { CommandRegistry } from '@lumino/commands';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { CommandIDs } from '../commandIds';
import type { FakeEngine } from '../testing/fakeEngine';
import { steeringPlugin } from './plugin';
import { MOVE, ON, RUNNING, steeringEngine } from './testing/steeringFacts';

interface Restoring {
  command: string;
  name: (tab: Widget) => string;
}

let engine: FakeEngine;
let commands: CommandRegistry;
let tabs: MainAreaWidget[];
let palette: string[];
let restoring: Restoring | undefined;
let fetched: string[];
const activated = jest.fn();
const openedJob = jest.fn();
const refreshed = jest.fn();

async function settle(): Promise<void> {
  await act(async () => {
    await new Promise(resolve => setTimeout(resolve, 60));
    MessageLoop.flush();
  });
}

async function activate(optional: 'null' | 'given' = 'given'): Promise<void> {
  const app = {
    commands,
    serviceManager: {
      serverSettings: ServerConnection.makeSettings({
        baseUrl: 'http://127.0.0.1:9/',
        Request: class {
          headers = new Headers();
          constructor(readonly url: string) {}
        } as unknown as typeof Request,
        fetch: request => {
          fetched.push(typeof request === 'string' ? request : request.url);
          return Promise.resolve({ ok: true, status: 200, json: async () => RUNNING } as Response);
        }
      })
    },
    shell: {
      add: (tab: MainAreaWidget) => {
        tabs.push(tab);
        Widget.attach(tab, document.body);
      },
      activateById: activated
    }
  } as unknown as JupyterFrontEnd;
  const restorer = {
    restore: (_: WidgetTracker<MainAreaWidget>, options: Restoring) => {
      restoring = options;
      return Promise.resolve();
    }
  };
  const given = { addItem: ({ command }: { command: string }) => palette.push(command) };
  await steeringPlugin.activate(
    app,
    engine,
    null,
    optional === 'given' ? restorer : null,
    optional === 'given' ? given : null
  );
}

async function open(): Promise<void> {
  await act(() => commands.execute(CommandIDs.openSteering));
  act(() => engine.becomeReady());
  await settle();
}

async function press(name: string | RegExp): Promise<void> {
  await userEvent.click(screen.getByRole('button', { name }));
  await settle();
}

function dialog(): HTMLElement {
  return screen.getByRole('dialog', { hidden: true });
}

function sent(): string[] {
  return engine.sent.map(({ method }) => method);
}

beforeEach(() => {
  engine = steeringEngine();
  commands = new CommandRegistry();
  commands.addCommand(CommandIDs.openJob, { execute: args => void openedJob(args) });
  commands.addCommand(CommandIDs.refreshMachine, { execute: () => void refreshed() });
  [tabs, palette, fetched] = [[], [], []];
  restoring = undefined;
  [activated, openedJob, refreshed].forEach(mock => mock.mockReset());
});

afterEach(() => act(() => tabs.forEach(tab => tab.dispose())));

describe('the plugin of steering', () => {
  it.each(['given', 'null'] as const)('sends nothing by itself, with tokens %s', async optional => {
    await activate(optional);
    await settle();
    expect([engine.connects, engine.sent, fetched]).toEqual([0, [], []]);
    expect(palette).toEqual(optional === 'given' ? [CommandIDs.openSteering] : []);
    await open();
    expect(tabs).toHaveLength(1);
  });

  it('opens one tab, which is restored', async () => {
    await activate();
    await open();
    await open();
    expect(tabs.map(({ title }) => title.label)).toEqual(['Cache and Temp Folders']);
    expect(activated).toHaveBeenCalledTimes(2);
    expect(restoring?.command).toBe(CommandIDs.openSteering);
    expect(restoring?.name(tabs[0]!)).toBe('steering');
    expect(fetched[0]).toMatch(/^http:\/\/127\.0\.0\.1:9\/bedrock-import\/environment/);
    act(() => tabs[0]?.dispose());
    await open();
    expect(tabs).toHaveLength(2);
  });

  it('steers only after it has shown exactly what changes, by default not', async () => {
    await activate();
    await open();
    await press(/^Keep under/);
    const { textContent } = dialog();
    expect(textContent).toContain('HF_HOME=/home/ec2-user/SageMaker/.cache/huggingface');
    expect(textContent).toContain('TRANSFORMERS_CACHE is unset');
    expect(textContent).toContain('/home/ec2-user/SageMaker/.bedrock-import/steering.json');
    expect(document.activeElement?.textContent).toBe('Cancel');
    await userEvent.keyboard('{Enter}');
    await settle();
    expect(sent()).not.toContain('steering/steer');
    await press(/^Keep under/);
    await userEvent.click(within(dialog()).getByText('Keep them there'));
    await settle();
    expect(sent()).toContain('steering/steer');
    expect(refreshed).toHaveBeenCalled();
    expect(screen.getByText(/^Done: /)).toBeTruthy();
  });

  it('undoes it only after it has said what that means', async () => {
    engine = steeringEngine(ON);
    await activate();
    await open();
    await press('Undo …');
    expect(dialog().textContent).toContain('No file is deleted.');
    await userEvent.click(within(dialog()).getByText('Cancel'));
    await settle();
    expect(sent()).not.toContain('steering/unsteer');
    await press('Undo …');
    await userEvent.click(within(dialog()).getByText('Undo it'));
    await settle();
    expect(sent()).toContain('steering/unsteer');
  });

  it('moves the cache as a job only after it was confirmed, and opens the job', async () => {
    await activate();
    await open();
    await press('See what moving it does');
    await press('Move the cache …');
    expect(dialog().textContent).toContain('1,234 files (12.00 GB) are moved from');
    expect(dialog().textContent).toContain(MOVE.to);
    await userEvent.click(within(dialog()).getByText('Cancel'));
    await settle();
    expect(sent()).not.toContain('cache/startMove');
    expect(openedJob).not.toHaveBeenCalled();
    await press('Move the cache …');
    await userEvent.click(within(dialog()).getByText('Move it'));
    await settle();
    expect(openedJob).toHaveBeenCalledWith({ id: 'move-cache' });
  });

  it('looks again when it is told to', async () => {
    await activate();
    await open();
    engine.sent.length = 0;
    await userEvent.click(screen.getByTitle('Look again'));
    await settle();
    expect(sent()).toEqual(['machine/get', 'steering/get']);
  });
});
