import { act, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Clipboard } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';
import { MessageLoop } from '@lumino/messaging';
import { Panel, Widget } from '@lumino/widgets';

import { getDisk, getIdentity, getMachine, getStorage } from '../../protocol';
import type { FakeEngine } from '../testing/fakeEngine';
import { MachineModel } from './machineModel';
import { CommandIDs } from '../commandIds';
import { MachineSection } from './machineSection';
import { DISK, IDENTITY, MACHINE, machineEngine, STORAGE } from './testing/machineFacts';
import { failing } from '../testing/failing';

const trans = nullTranslator.load('jupyterlab_bedrock_import');
const MARKUP = '<img src=x onerror="window.ran=true">';

let model: MachineModel;
let section: MachineSection;
let parent: Panel;
const run = jest.fn();
const commands = new Set<string>();

async function settle(): Promise<void> {
  await act(async () => {
    await new Promise(resolve => setTimeout(resolve, 30));
    MessageLoop.flush();
  });
}

async function attach(engine: FakeEngine): Promise<void> {
  model = new MachineModel(engine);
  section = new MachineSection(model, trans, { has: command => commands.has(command), run });
  parent = new Panel();
  parent.addWidget(section);
  act(() => Widget.attach(parent, document.body));
  await settle();
}

async function show(engine: FakeEngine = machineEngine()): Promise<FakeEngine> {
  await attach(engine);
  act(() => engine.becomeReady());
  await settle();
  return engine;
}

beforeEach(() => {
  run.mockReset();
  commands.clear();
  commands.add(CommandIDs.openStorage).add(CommandIDs.openSteering);
});

afterEach(() => {
  act(() => {
    model.dispose();
    parent.dispose();
  });
});

function valueOf(name: string): string {
  return screen.getByText(name, { selector: 'dt' }).nextElementSibling?.textContent ?? '';
}

function sizeOf(name: string): string {
  return screen.getByText(name, { selector: 'li *' }).nextElementSibling?.textContent ?? '';
}

describe('the section of the machine', () => {
  it('says what the machine is, whose credentials it has and how full its disk is', async () => {
    await show();
    expect(screen.getByText('my-instance')).toBeTruthy();
    expect(screen.getByText('SageMaker Notebook Instance')).toBeTruthy();
    expect(valueOf('Region')).toBe('eu-central-1 (AWS_REGION)');
    expect(valueOf('Identity')).toContain('Notebook');
    expect(valueOf('Account')).toBe('123456789012');
    expect(valueOf('Files')).toBe('/home/ec2-user/SageMaker');
    expect(valueOf('Hub token')).toBe('found');
    expect(screen.queryByText('Endpoints')).toBeNull();
    expect(screen.getByText('55.00 GB of 100.00 GB available')).toBeTruthy();
    expect(sizeOf('Used')).toBe('40.00 GB');
    expect(sizeOf('Hub cache')).toBe('12.00 GB');
    expect(sizeOf('Trash')).toBe('500.0 MB');
    expect(sizeOf('Reserved')).toBe('5.00 GB');
    expect(screen.queryByText('Warning')).toBeNull();
  });

  it('tells the bar in words, and its parts make up the whole', async () => {
    await show();
    const bar = screen.getByRole('img');
    expect(bar.getAttribute('aria-label')).toBe(
      'Disk of 100.00 GB: 40.00 GB used, of which 12.00 GB by the hub cache and 500.0 MB by the trash, 5.00 GB reserved for the system, 55.00 GB available.'
    );
    const parts = [...bar.children].map(part => Number((part as HTMLElement).style.flexGrow));
    expect(parts).toEqual([27.5e9, 12e9, 0.5e9, 5e9, 55e9]);
  });

  it('keeps the bar whole when cache and trash are larger than what is used', async () => {
    await show(
      machineEngine().onQuery(getStorage, () => ({
        ...STORAGE,
        hubCache: { ...STORAGE.hubCache, bytes: 90e9 }
      }))
    );
    const parts = [...screen.getByRole('img').children];
    const sizes = parts.map(part => Number((part as HTMLElement).style.flexGrow));
    expect(sizes).toEqual([40e9, 5e9, 55e9]);
    expect(sizeOf('Hub cache')).toBe('90.00 GB');
  });

  it('has a place for everything that is still waited for', async () => {
    const never = (): Promise<never> => new Promise(() => undefined);
    await show(
      machineEngine().onQuery(getIdentity, never).onQuery(getStorage, never).onQuery(getDisk, never)
    );
    expect([valueOf('Identity'), valueOf('Account')]).toEqual(['…', '…']);
    expect(['Used', 'Hub cache', 'Trash', 'Available'].map(sizeOf)).toEqual(['…', '…', '…', '…']);
    expect(screen.queryByRole('img')).toBeNull();
  });

  it('says of an elastic file system that it has no limit, without a bar', async () => {
    await show(
      machineEngine()
        .onQuery(getDisk, () => ({ ...DISK, unlimited: true, totalBytes: 2 ** 63 }))
        .onQuery(getStorage, () => ({
          ...STORAGE,
          hubCache: { ...STORAGE.hubCache, onRootDisk: false }
        }))
    );
    expect(screen.getByText('elastic, without a size limit')).toBeTruthy();
    expect(screen.queryByRole('img')).toBeNull();
    expect(screen.queryByText('Available')).toBeNull();
    expect(sizeOf('Hub cache, on another disk')).toBe('12.00 GB');
  });

  it('shows the rest when one part fails', async () => {
    const engine = await show(
      machineEngine()
        .onQuery(getIdentity, failing('CREDENTIALS_EXPIRED'))
        .onQuery(getStorage, failing('STORAGE'))
    );
    expect(valueOf('Identity')).toBe('Message of CREDENTIALS_EXPIRED.Step of CREDENTIALS_EXPIRED.');
    expect(screen.queryByText('Account')).toBeNull();
    expect(sizeOf('Trash')).toBe('unknown');
    expect(screen.getByText('Message of STORAGE.')).toBeTruthy();
    engine.onQuery(getDisk, failing('DISK')).onQuery(getStorage, () => STORAGE);
    act(() => model.refresh());
    await settle();
    expect(sizeOf('Used')).toBe('40.00 GB');
    expect(screen.getByText('Message of DISK.')).toBeTruthy();
    expect(screen.queryByText('Message of STORAGE.')).toBeNull();
  });

  it('says what is wrong where machine and disk are not known at all', async () => {
    await show(
      machineEngine().onQuery(getMachine, failing('HOST')).onQuery(getDisk, failing('DISK'))
    );
    const notes = screen.getAllByRole('alert').map(note => note.textContent ?? '');
    expect(notes[0]).toContain('Message of DISK.');
    expect(notes[1]).toContain('Message of HOST.');
  });

  it('asks nobody for an identity where no Region is set', async () => {
    await show(
      machineEngine()
        .onQuery(getMachine, () => ({ ...MACHINE, region: undefined }))
        .onQuery(getIdentity, failing('REGION_MISSING'))
    );
    expect(valueOf('Region')).toBe('none');
    expect(screen.queryByText('Message of REGION_MISSING.')).toBeNull();
    const todo = within(screen.getByRole('list', { name: 'What to do' }));
    expect(todo.getByText('No AWS Region is set.')).toBeTruthy();
  });

  it('names the places that are not the official ones', async () => {
    await show(
      machineEngine().onQuery(getMachine, () => ({
        ...MACHINE,
        customEndpoints: true,
        hubEndpoint: 'http://hub.example',
        awsEndpoints: [
          { service: 'AWS', url: 'http://aws.example' },
          { service: 'S3', url: 'http://s3.example' }
        ]
      }))
    );
    expect(screen.getByText('Not AWS: http://aws.example')).toBeTruthy();
    expect(screen.getByText('Not AWS: http://s3.example for S3')).toBeTruthy();
    expect(screen.getByText('Not the official hub: http://hub.example')).toBeTruthy();
  });

  it('leads from the trash to where it is emptied, by mouse and by keyboard', async () => {
    await show(
      machineEngine().onQuery(getStorage, () => ({
        ...STORAGE,
        trash: { ...STORAGE.trash, bytes: 3.2e9 },
        unreadable: 2
      }))
    );
    expect(screen.getByText('Emptying the trash frees 3.20 GB.')).toBeTruthy();
    expect(screen.getByText(/^2 files or folders could not be looked at/)).toBeTruthy();
    const button = screen.getByRole('button', { name: 'Free up space …' });
    await userEvent.click(button);
    expect(run).toHaveBeenCalledTimes(1);
    button.focus();
    await userEvent.keyboard('{Enter}');
    expect(run).toHaveBeenCalledTimes(2);
    expect(run).toHaveBeenLastCalledWith(
      expect.objectContaining({ command: CommandIDs.openStorage })
    );
  });

  it('leads from the cache to where it is steered, says where it is, and copies that and the ARN', async () => {
    const copy = jest.spyOn(Clipboard, 'copyToSystem').mockImplementation(() => undefined);
    const { path } = STORAGE.hubCache;
    await show(
      machineEngine()
        .onQuery(getMachine, () => ({ ...MACHINE, warnings: ['One.'], cacheWarnings: ['One.'] }))
        .onQuery(getStorage, () => ({
          ...STORAGE,
          hubCache: { ...STORAGE.hubCache, onRootDisk: false }
        }))
    );
    const buttons = screen.getAllByRole('button', { name: 'Cache and temp folders …' });
    expect(buttons).toHaveLength(2);
    for (const button of buttons) {
      await userEvent.click(button);
    }
    expect(run.mock.calls).toEqual(
      Array(2).fill([expect.objectContaining({ command: CommandIDs.openSteering })])
    );
    await userEvent.click(screen.getByRole('button', { name: 'Copy the path' }));
    await userEvent.click(screen.getByRole('button', { name: 'Copy the ARN' }));
    expect(copy.mock.calls).toEqual([[path], [IDENTITY.arn]]);
    copy.mockRestore();
  });

  it('says that the disk is nearly full before it says what the disk is made up of', async () => {
    await show(machineEngine().onQuery(getDisk, () => ({ ...DISK, availableBytes: 1e9 })));
    const todo = screen.getByRole('list', { name: 'What to do about the disk' });
    const button = within(todo).getByRole('button', { name: 'Free up space …' });
    const legend = screen.getByText('Used', { selector: 'li *' });
    expect(button.compareDocumentPosition(legend)).toBe(Node.DOCUMENT_POSITION_FOLLOWING);
    expect(screen.queryByRole('list', { name: 'What to do' })).toBeNull();
  });

  it('has no button for what is switched off', async () => {
    commands.clear();
    await show(machineEngine().onQuery(getDisk, () => ({ ...DISK, availableBytes: 1e9 })));
    expect(screen.getByText('The disk is nearly full: 1.00 GB available.')).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Free up space …' })).toBeNull();
  });

  it('shows markup in names as it is written', async () => {
    await show(
      machineEngine()
        .onQuery(getMachine, () => ({
          ...MACHINE,
          name: MARKUP,
          root: `/${MARKUP}`,
          warnings: [MARKUP]
        }))
        .onQuery(getIdentity, () => ({ ...IDENTITY, roleName: MARKUP }))
    );
    expect(screen.getAllByText(MARKUP).length).toBe(3);
    expect(section.node.querySelector('img')).toBeNull();
    expect((window as { ran?: boolean }).ran).toBeUndefined();
  });

  it('says that it waits for the engine, and does not look for it', async () => {
    const engine = machineEngine();
    await attach(engine);
    expect(screen.getByText('Shown as soon as the engine answers.')).toBeTruthy();
    expect(engine.connects).toBe(0);
    expect(engine.sent).toEqual([]);
  });

  it('keeps the numbers when the engine is lost', async () => {
    const engine = await show();
    act(() => engine.setState({ status: 'connecting' }));
    await settle();
    expect(sizeOf('Used')).toBe('40.00 GB');
  });

  it('asks for nothing while it is hidden', async () => {
    const engine = await show();
    act(() => section.hide());
    engine.sent.length = 0;
    act(() => engine.setState({ status: 'connecting' }));
    act(() => engine.becomeReady());
    await settle();
    expect(engine.sent).toEqual([]);
    act(() => section.show());
    await settle();
    expect(engine.sent.map(({ method }) => method)).toContain('machine/get');
  });
});
