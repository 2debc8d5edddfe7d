import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { act, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { CommandRegistry } from '@lumino/commands';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { planCacheDeletion } from '../../protocol';
import type { TrashListing } from '../../protocol';
import { CommandIDs } from '../commandIds';
import type { FakeEngine } from '../testing/fakeEngine';
import { storagePlugin } from './plugin';
import {
  FOREIGN,
  ROOT,
  storageEngine,
  TRASH,
  trashFolder,
  trashItem
} from './testing/storageFacts';

interface Restoring {
  command: string;
  name: (tab: Widget) => string;
}

const MARKUP = '<img src=x onerror="window.ran=true">';

let engine: FakeEngine;
let commands: CommandRegistry;
let tabs: MainAreaWidget[];
let palette: string[];
let restoring: Restoring | undefined;
const activated = jest.fn();
const ran = jest.fn();

async function settle(): Promise<void> {
  await act(async () => {
    await new Promise(resolve => setTimeout(resolve, 60));
    MessageLoop.flush();
  });
}

async function activate(optional: 'null' | 'given' = 'given'): Promise<void> {
  const app = {
    commands,
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
  await storagePlugin.activate(
    app,
    engine,
    null,
    null,
    optional === 'given' ? restorer : null,
    optional === 'given' ? given : null
  );
}

async function open(trash: TrashListing = TRASH): Promise<void> {
  engine = storageEngine(trash);
  await activate();
  await act(() => commands.execute(CommandIDs.openStorage));
  act(() => engine.becomeReady());
  await settle();
}

async function press(name: string | RegExp): Promise<void> {
  await userEvent.click(screen.getByRole('button', { name }));
  await settle();
}

async function choose(name: string | RegExp): Promise<void> {
  await userEvent.click(screen.getByRole('checkbox', { name }));
  await settle();
}

async function expand(title: string): Promise<void> {
  await userEvent.click(screen.getByRole('heading', { name: title, level: 3 }));
  await settle();
}

function dialog(): HTMLElement {
  return screen.getByRole('dialog', { hidden: true });
}

async function answer(label: string): Promise<void> {
  await userEvent.click(within(dialog()).getByText(label));
  await settle();
  expect(screen.queryByRole('dialog', { hidden: true })).toBeNull();
}

function sent(method: string): unknown[] {
  return engine.sent.filter(one => one.method === method).map(({ params }) => params);
}

beforeEach(() => {
  engine = storageEngine();
  commands = new CommandRegistry();
  const others = [CommandIDs.openJob, CommandIDs.refreshMachine];
  for (const id of ['filebrowser:go-to-path', 'docmanager:open', ...others]) {
    commands.addCommand(id, { execute: args => void ran(id, args) });
  }
  [tabs, palette] = [[], []];
  restoring = undefined;
  [activated, ran].forEach(mock => mock.mockReset());
});

afterEach(() => act(() => tabs.forEach(tab => tab.dispose())));

describe('the plugin of storage', () => {
  it.each(['given', 'null'] as const)('sends nothing by itself, with tokens %s', async optional => {
    await activate(optional);
    await settle();
    expect([engine.connects, engine.sent]).toEqual([0, []]);
    expect(palette).toEqual(optional === 'given' ? [CommandIDs.openStorage] : []);
    await act(() => commands.execute(CommandIDs.openStorage));
    expect(tabs).toHaveLength(1);
  });

  it('opens one tab, which is restored', async () => {
    await open();
    await act(() => commands.execute(CommandIDs.openStorage));
    expect(tabs.map(({ title }) => title.label)).toEqual(['Storage']);
    expect(activated).toHaveBeenCalledTimes(2);
    expect(restoring?.command).toBe(CommandIDs.openStorage);
    expect(restoring?.name(tabs[0]!)).toBe('storage');
    act(() => tabs[0]?.dispose());
    await act(() => commands.execute(CommandIDs.openStorage));
    expect(tabs).toHaveLength(2);
  });

  it('looks again when it is told to', async () => {
    await open();
    engine.sent.length = 0;
    await userEvent.click(screen.getByTitle('Look again'));
    await settle();
    expect(engine.sent.map(({ method }) => method)).toEqual([
      'machine/disk',
      'trash/list',
      'cache/list'
    ]);
  });
});

describe('the dialog before a deletion from the trash', () => {
  it('lists the items and the trash that they are in, and Enter cancels', async () => {
    await open({ ...TRASH, folders: [...TRASH.folders, FOREIGN] });
    await choose('weights.safetensors');
    await choose('root.bin');
    await press('Delete for good …');
    const { textContent } = dialog();
    for (const text of [
      'Delete 2 items (7.00 GB) for good?',
      `In ${ROOT}/.Trash-1000:`,
      `${ROOT}/models/weights.safetensors`,
      'This is the trash of another user: root.',
      `In ${ROOT}/.Trash-0:`,
      `${ROOT}/models/root.bin`
    ]) {
      expect(textContent).toContain(text);
    }
    expect(document.activeElement?.textContent).toBe('Cancel');
    await userEvent.keyboard('{Enter}');
    await settle();
    expect(sent('trash/delete')).toEqual([]);
    await press('Delete for good …');
    await answer('Delete for good');
    expect(sent('trash/delete')).toEqual([{ items: ['own/weights.safetensors', 'root/root.bin'] }]);
    // The section of the machine shows the room that there is now.
    expect(ran).toHaveBeenLastCalledWith(CommandIDs.refreshMachine, {});
  });

  it('cuts a long list, with its number, and shows markup as text', async () => {
    const items = Array.from({ length: 30 }, (_, index) =>
      trashItem(`${MARKUP}${index}\n`, { originalPath: undefined })
    );
    await open({ ...TRASH, folders: [trashFolder(items, { totalItems: 1_030 })] });
    await press('Empty the trash …');
    expect(within(dialog()).getAllByRole('listitem', { hidden: true })).toHaveLength(21);
    expect(dialog().textContent).toContain(`${MARKUP}0\\n`);
    expect(dialog().textContent).toContain('and 1,010 more');
    expect(dialog().textContent).toContain('1,030 items (30.00 GB) in');
    expect(document.querySelector('img')).toBeNull();
    await answer('Cancel');
    expect(sent('trash/delete')).toEqual([]);
    await press('Empty the trash …');
    await answer('Empty the trash');
    expect(sent('trash/delete')).toEqual([{ folders: [`${ROOT}/.Trash-1000`] }]);
  });

  it('opens once, and sends nothing when the tab was closed behind it', async () => {
    await open();
    await press('Empty the trash …');
    await press('Empty the trash …');
    expect(screen.getAllByRole('dialog', { hidden: true })).toHaveLength(1);
    act(() => tabs[0]?.dispose());
    await answer('Empty the trash');
    expect(sent('trash/delete')).toEqual([]);
  });
});

describe('the dialog before a deletion of caches', () => {
  it('shows what the engine has found that would go', async () => {
    await open();
    await expand('Hub cache');
    await choose('maker/large');
    await press('Delete what is selected in the hub cache …');
    const { textContent } = dialog();
    expect(textContent).toContain('Delete these files (4.00 GB)?');
    expect(textContent).toContain('It is downloaded again when it is used.');
    expect(textContent).toContain('1 file or folder is deleted for good:');
    expect(textContent).toContain(`${ROOT}/hf/model maker/large`);
    await answer('Cancel');
    expect(sent('cache/delete')).toEqual([]);
    await press('Delete what is selected in the hub cache …');
    await answer('Delete');
    expect(sent('cache/delete')).toEqual([{ ids: ['model maker/large'] }]);
    expect(screen.getByText(/4\.00 GB are free again, as expected\./)).toBeTruthy();
  });

  it('does not open when the engine refuses', async () => {
    await open();
    engine.on(planCacheDeletion, () => {
      throw new Error('in use');
    });
    await expand('Leftovers');
    await choose('Downloads of pip');
    await press('Delete the selected leftovers …');
    expect(screen.queryByRole('dialog', { hidden: true })).toBeNull();
    expect(screen.getByRole('alert').textContent).toContain('in use');
  });
});

describe('the dialog before uploads are thrown away', () => {
  it('lists them and the jobs that need them', async () => {
    await open();
    await expand('Unfinished uploads');
    await userEvent.type(screen.getByRole('combobox', { name: 'Bucket' }), 'my-bucket{Enter}');
    await settle();
    await choose('models/two.safetensors');
    await press('Throw the selected uploads away …');
    const { textContent } = dialog();
    expect(textContent).toContain('Throw 1 unfinished upload (100.0 MB) away?');
    expect(textContent).toContain('s3://my-bucket/models/two.safetensors');
    expect(textContent).toContain('Import maker/large as large');
    await answer('Cancel');
    expect(sent('uploads/abort')).toEqual([]);
    await press('Throw the selected uploads away …');
    await answer('Throw away');
    expect(sent('uploads/abort')).toEqual([
      {
        bucket: 'my-bucket',
        uploads: [{ key: 'models/two.safetensors', uploadId: 'upload-2' }]
      }
    ]);
    expect(screen.getByText(/^1 upload was thrown away: 4\.00 GB/)).toBeTruthy();
    await press('Show the job: models/two.safetensors');
    expect(ran).toHaveBeenCalledWith(CommandIDs.openJob, { id: 'job' });
  });
});

describe('large files', () => {
  it('are shown by commands of JupyterLab, where it has them', async () => {
    await open();
    await expand('Large files');
    await press('Look at all files');
    await press(`Show in File Browser: ${ROOT}/data/big.parquet`);
    expect(ran).toHaveBeenLastCalledWith('filebrowser:go-to-path', { path: 'data/big.parquet' });
    await press(`Open ${ROOT}/analysis/plots.ipynb`);
    expect(ran).toHaveBeenLastCalledWith('docmanager:open', { path: 'analysis/plots.ipynb' });
  });

  it('have no buttons where JupyterLab has no such commands', async () => {
    commands = new CommandRegistry();
    await open();
    await expand('Large files');
    await press('Look at all files');
    expect(screen.getByText('data/big.parquet')).toBeTruthy();
    expect(screen.queryByRole('button', { name: /^Show in File Browser/ })).toBeNull();
    expect(screen.queryByRole('button', { name: /^Open/ })).toBeNull();
  });
});
