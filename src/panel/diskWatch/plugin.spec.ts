import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { act } from '@testing-library/react';
import { CommandRegistry } from '@lumino/commands';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { CommandIDs } from '../commandIds';
import type { IPreferences } from '../tokens';
import { diskWatchPlugin } from './plugin';
import { copying, DISK, FillingDisk } from './testing/fillingDisk';

interface StatusItem {
  item: Widget;
  isActive: () => boolean;
}

let given: FillingDisk;
let commands: CommandRegistry;
let status: StatusItem | undefined;
const opened = jest.fn();

beforeEach(() => {
  given = new FillingDisk();
  commands = new CommandRegistry();
  commands.addCommand(CommandIDs.openStorage, { execute: () => void opened() });
  status = undefined;
  opened.mockReset();
  Notification.dismiss();
});

afterEach(() => act(() => status?.item.dispose()));

async function settle(): Promise<void> {
  await act(async () => {
    await new Promise(resolve => setTimeout(resolve, 40));
    MessageLoop.flush();
  });
}

async function activate(options: {
  preferences?: Partial<IPreferences>;
  statusBar?: null;
}): Promise<void> {
  const statusBar =
    options.statusBar === null
      ? null
      : {
          registerStatusItem: (_: string, item: StatusItem) => {
            status = item;
            Widget.attach(item.item, document.body);
          }
        };
  await act(async () => {
    await diskWatchPlugin.activate(
      { commands } as unknown as JupyterFrontEnd,
      given.engine,
      options.preferences ?? null,
      statusBar,
      null
    );
  });
}

/** Looks again, as after a lost connection. */
async function look(availableBytes: number): Promise<void> {
  given.leave(availableBytes);
  act(() => given.engine.setState({ status: 'connecting' }));
  act(() => given.engine.becomeReady());
  await settle();
}

describe('the disk in the status bar', () => {
  it('is there only while it is short', async () => {
    await activate({});
    expect([status?.isActive(), status?.item.node.textContent]).toEqual([false, '']);
    await look(60e9);
    expect([status?.isActive(), status?.item.node.textContent]).toEqual([false, '']);
    await look(4e9);
    expect(status?.isActive()).toBe(true);
    expect(status?.item.node.textContent).toBe('Disk: 4.00 GB left');
    await look(0);
    expect(status?.item.node.textContent).toBe('Disk full');
    expect(status?.item.hasClass('jp-mod-urgent')).toBe(true);
    await look(60e9);
    expect([status?.isActive(), status?.item.node.textContent]).toEqual([false, '']);
  });

  it('has a name, and opens what can be freed by mouse and by keyboard', async () => {
    await activate({});
    await look(4e9);
    const { node } = status!.item;
    expect(node.getAttribute('role')).toBe('button');
    expect(node.getAttribute('aria-label')).toBe('Disk: 4.00 GB left. Free up space …');
    expect(node.tabIndex).toBe(0);
    node.click();
    expect(opened).toHaveBeenCalledTimes(1);
    for (const key of ['Enter', ' ', 'x']) {
      node.dispatchEvent(new KeyboardEvent('keydown', { key }));
    }
    expect(opened).toHaveBeenCalledTimes(3);
  });

  it('counts files where inodes are what is short', async () => {
    await activate({});
    given.disk = { ...DISK, inodes: { total: 1_000_000, used: 998_800, available: 1_200 } };
    act(() => given.engine.becomeReady());
    await settle();
    expect(status?.item.node.textContent).toBe('Disk: room for 1,200 files');
  });

  it('opens the panel where there is no storage tab', async () => {
    commands = new CommandRegistry();
    const panel = jest.fn();
    await activate({});
    await look(4e9);
    status?.item.node.click();
    commands.addCommand(CommandIDs.openPanel, { execute: () => void panel() });
    status?.item.node.click();
    expect(panel).toHaveBeenCalledTimes(1);
  });

  it('goes as soon as another feature has made room, and asks nothing where the engine is away', async () => {
    commands.addCommand(CommandIDs.refreshMachine, { execute: () => undefined });
    await activate({});
    await act(() => commands.execute(CommandIDs.refreshMachine));
    await settle();
    expect(given.engine.sent).toEqual([]);
    await look(4e9);
    expect(status?.isActive()).toBe(true);
    given.leave(60e9);
    await act(() => commands.execute(CommandIDs.refreshMachine));
    await settle();
    expect(status?.isActive()).toBe(false);
  });

  it('needs neither a status bar nor preferences', async () => {
    await activate({ statusBar: null });
    await look(4e9);
    expect(status).toBeUndefined();
    expect(given.engine.connects).toBe(0);
  });
});

describe('the toast about the disk', () => {
  it('comes once when it gets urgent, leads to what can be freed, and goes when there is room', async () => {
    await activate({ preferences: { notify: true } });
    await look(4e9);
    expect(Notification.manager.notifications).toEqual([]);
    await look(0.9e9);
    await look(0.8e9);
    await look(1.2e9);
    await look(0.7e9);
    const [toast, ...more] = Notification.manager.notifications;
    expect(more).toEqual([]);
    expect(toast).toMatchObject({
      type: 'warning',
      message: 'The disk is nearly full: 900.0 MB available.'
    });
    const [action] = toast?.options.actions ?? [];
    expect(action?.label).toBe('Free Up Space …');
    await act(async () => action?.callback(new MouseEvent('click')));
    expect(opened).toHaveBeenCalledTimes(1);
    await look(60e9);
    expect(Notification.manager.notifications).toEqual([]);
    await look(0.5e9);
    expect(Notification.manager.notifications).toHaveLength(1);
  });

  it('tells of inodes', async () => {
    await activate({});
    given.disk = { ...DISK, inodes: { total: 1_000_000, used: 1_000_000, available: 0 } };
    act(() => given.engine.becomeReady());
    await settle();
    const [toast] = Notification.manager.notifications;
    expect(toast?.message).toContain('inodes');
  });

  it('does not come where the user does not want it', async () => {
    await activate({ preferences: { notify: false } });
    await look(0);
    expect(status?.isActive()).toBe(true);
    expect(Notification.manager.notifications).toEqual([]);
  });

  it('says in how many minutes a copy will have filled the disk', async () => {
    jest.useFakeTimers({ doNotFake: ['setTimeout', 'clearTimeout'], now: 0 });
    given.jobs = [copying(3_000)];
    given.leave(41e9);
    await activate({});
    act(() => given.engine.becomeReady());
    await settle();
    for (const left of [40e9, 39e9, 38e9, 37e9, 36e9]) {
      jest.setSystemTime(Date.now() + 10_000);
      given.leave(left);
      // A copy that begins has the disk looked at.
      act(() => given.engine.jobsChanged.emit([]));
      act(() => given.engine.jobsChanged.emit([copying(3_000)]));
      await settle();
    }
    jest.useRealTimers();
    expect(status?.item.node.textContent).toMatch(/^Disk full in \d min$/);
    const [toast, ...more] = Notification.manager.notifications;
    expect(more).toEqual([]);
    expect(toast?.message).toMatch(
      /^The disk will be full in \d min, before what is copied is there\.$/
    );
  });
});
