import { act, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Clipboard } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';
import { MessageLoop } from '@lumino/messaging';
import { Panel, Widget } from '@lumino/widgets';

import {
  deleteTrash,
  getDisk,
  listCache,
  listLargeFiles,
  listTrash,
  restoreTrash,
  storageNews
} from '../../protocol';
import type { FreedSpace, TrashListing } from '../../protocol';
import { failing } from '../testing/failing';
import type { FakeEngine } from '../testing/fakeEngine';
import { StorageModel } from './storageModel';
import { StorageWidget } from './storageTab';
import {
  CACHE,
  DISK,
  FOREIGN,
  freed,
  repository,
  ROOT,
  storageEngine,
  TRASH,
  trashFolder,
  trashItem
} from './testing/storageFacts';

const trans = nullTranslator.load('jupyterlab_bedrock_import');
const MARKUP = '<img src=x onerror="window.ran=true">';

let engine: FakeEngine;
let model: StorageModel;
let parent: Panel;
const actions = {
  deleteFromTrash: jest.fn(),
  emptyTrash: jest.fn(),
  deleteCached: jest.fn(),
  abortUploads: jest.fn(),
  openJob: jest.fn(),
  showInBrowser: jest.fn(),
  openNotebook: jest.fn()
};

async function settle(): Promise<void> {
  await act(async () => {
    await new Promise(resolve => setTimeout(resolve, 40));
    MessageLoop.flush();
  });
}

async function attach(answers: FakeEngine): Promise<void> {
  engine = answers;
  model = new StorageModel(engine, null);
  parent = new Panel();
  parent.addWidget(new StorageWidget(model, engine, { trans, actions }));
  act(() => Widget.attach(parent, document.body));
  await settle();
}

async function show(answers: FakeEngine = storageEngine()): Promise<void> {
  await attach(answers);
  act(() => engine.becomeReady());
  await settle();
}

beforeEach(() => Object.values(actions).forEach(action => action.mockClear()));

afterEach(() => act(() => parent.dispose()));

function section(title: string): HTMLElement {
  return screen.getByRole('region', { name: title });
}

async function open(title: string): Promise<HTMLElement> {
  await userEvent.click(within(section(title)).getByRole('heading', { name: title, level: 3 }));
  await settle();
  return section(title);
}

async function press(name: string | RegExp): Promise<void> {
  await userEvent.click(screen.getByRole('button', { name }));
  await settle();
}

async function choose(...names: (string | RegExp)[]): Promise<void> {
  for (const name of names) {
    await userEvent.click(screen.getByRole('checkbox', { name }));
  }
  await settle();
}

function isDisabled(name: string): boolean {
  return screen.getByRole('button', { name }).getAttribute('aria-disabled') === 'true';
}

describe('the tab of storage', () => {
  it('connects when it is seen, and says that it waits', async () => {
    await attach(storageEngine());
    expect(engine.connects).toBe(1);
    expect(engine.sent).toEqual([]);
    expect(screen.getByText('Shown as soon as the engine answers.')).toBeTruthy();
  });

  it('shows the disk, and in each heading how much there is', async () => {
    await show();
    expect(screen.getByText('7.00 GB of 100.00 GB available')).toBeTruthy();
    expect(screen.getByRole('img').getAttribute('aria-label')).toBe(
      'Disk of 100.00 GB: 88.00 GB used, 5.00 GB reserved for the system, 7.00 GB available.'
    );
    const heads = [...document.querySelectorAll('.jp-BedrockImport-storageTitle')];
    expect(heads.map(({ textContent }) => textContent)).toEqual([
      'Trash3.50 GB',
      'Hub cache20.00 GB',
      'Leftovers3.05 GB',
      'Unfinished uploads',
      'Large files'
    ]);
  });

  it('says how short the disk is, of bytes and of inodes', async () => {
    await show(
      storageEngine().onQuery(getDisk, () => ({
        ...DISK,
        availableBytes: 0,
        inodes: { total: 1_000_000, used: 999_999, available: 1 }
      }))
    );
    expect(screen.getByText('The disk is full.')).toBeTruthy();
    expect(screen.getByText(/^Room for only 1 more file:/)).toBeTruthy();
  });

  it('shows no bar of a file system without a limit', async () => {
    await show(storageEngine().onQuery(getDisk, () => ({ ...DISK, unlimited: true })));
    expect(screen.queryByRole('img')).toBeNull();
    expect(screen.getByText(/elastic, without a size limit/)).toBeTruthy();
  });

  it('lets a long look be given up and begun again', async () => {
    await show(storageEngine().onQuery(listTrash, () => new Promise<never>(() => undefined)));
    const trash = within(section('Trash'));
    expect(trash.getByText('Looking at every file in the trash …')).toBeTruthy();
    await userEvent.click(trash.getByRole('button', { name: 'Stop' }));
    await settle();
    engine.onQuery(listTrash, () => TRASH);
    await userEvent.click(trash.getByRole('button', { name: 'Look' }));
    await settle();
    expect(screen.getByText('weights.safetensors')).toBeTruthy();
  });

  it('shows the other sections when one fails, which can be tried again', async () => {
    await show(storageEngine().onQuery(listTrash, failing('TRASH_UNREADABLE')));
    expect(screen.getByRole('alert').textContent).toContain('Step of TRASH_UNREADABLE.');
    const cache = within(await open('Hub cache'));
    expect(cache.getByText('maker/large')).toBeTruthy();
    engine.onQuery(listTrash, () => TRASH);
    await press('Try again');
    expect(screen.getByText('weights.safetensors')).toBeTruthy();
  });

  it('keeps the lists when the engine is lost, without its buttons', async () => {
    await show();
    await choose('weights.safetensors');
    act(() => engine.setState({ status: 'connecting' }));
    await settle();
    expect(screen.getByText('weights.safetensors')).toBeTruthy();
    expect(['Restore', 'Delete for good …', 'Empty the trash …'].map(isDisabled)).toEqual([
      true,
      true,
      true
    ]);
    act(() => engine.becomeReady());
    await settle();
    expect(isDisabled('Restore')).toBe(false);
  });
});

describe('the trash', () => {
  it('says of each item what it was, where, when and how big', async () => {
    await show();
    const items = within(screen.getByRole('list', { name: `Items in ${ROOT}/.Trash-1000` }));
    const rows = items.getAllByRole('listitem').map(({ textContent }) => textContent);
    expect(rows[0]).toMatch(
      /^weights\.safetensors3\.00 GBfrom \/home\/ec2-user\/SageMaker\/modelsdeleted: .*28/
    );
    expect(rows[1]).toContain('notes/2.0 MB');
    expect(rows[2]).toBe('lost.bin500.0 MBThe trash does not say where it was.');
    const box = screen.getByRole('checkbox', { name: 'lost.bin' });
    const described = document.getElementById(box.getAttribute('aria-describedby') ?? '');
    expect(described?.textContent).toBe('The trash does not say where it was.');
  });

  it('restores what is chosen and can be, and says what came of each', async () => {
    await show();
    expect(isDisabled('Restore')).toBe(true);
    await choose('lost.bin');
    expect(isDisabled('Restore')).toBe(true);
    await choose('weights.safetensors', 'notes/');
    expect(screen.getByText('3 selected, 3.50 GB')).toBeTruthy();
    engine.on(restoreTrash, ({ items }) => ({
      restored: [{ id: items[0]!, path: '/there/weights' }],
      failed: [
        {
          id: items[1]!,
          failure: { code: 'X', message: 'It is there.', nextStep: 'Rename it.', kind: 'failed' }
        }
      ]
    }));
    await press('Restore');
    expect(engine.sent.find(({ method }) => method === 'trash/restore')?.params).toEqual({
      items: ['own/weights.safetensors', 'own/notes']
    });
    const note = screen.getByText('1 item is back in its place:').closest('[role=status]');
    expect(note?.textContent).toContain('/there/weights');
    expect(note?.textContent).toContain('1 item was not restored:notesIt is there. Rename it.');
    await press('Close this note');
    expect(screen.queryByText('1 item is back in its place:')).toBeNull();
    expect(document.activeElement).toBe(screen.getByRole('group', { name: 'Trash' }));
  });

  it('hands over exactly what is to be deleted', async () => {
    await show();
    await press('Delete for good …');
    expect(actions.deleteFromTrash).not.toHaveBeenCalled();
    await choose('notes/');
    await press('Delete for good …');
    const [folder] = TRASH.folders;
    expect(actions.deleteFromTrash).toHaveBeenCalledWith([{ folder, items: [folder!.items[1]] }]);
    await press('Empty the trash …');
    expect(actions.emptyTrash).toHaveBeenCalledWith([`${ROOT}/.Trash-1000`]);
  });

  it('keeps the trash of another user apart', async () => {
    const blocked = trashFolder([trashItem('x')], { path: '/link', problem: 'It is a link.' });
    await show(
      storageEngine({ ...TRASH, folders: [...TRASH.folders, FOREIGN, blocked], unreadable: 2 })
    );
    expect(screen.getByText('It is a link.')).toBeTruthy();
    expect(screen.getByText(/^2 files or folders could not be looked at/)).toBeTruthy();
    const foreign = within(screen.getByRole('region', { name: FOREIGN.path }));
    expect(foreign.getByText(/^Of another user, root:/)).toBeTruthy();
    expect(foreign.getByRole('checkbox', { name: 'root.bin' })).toHaveProperty('checked', false);
    await press('Empty the trash …');
    expect(actions.emptyTrash).toHaveBeenLastCalledWith([`${ROOT}/.Trash-1000`]);
    await userEvent.click(screen.getAllByRole('checkbox', { name: 'Select all' })[0]!);
    expect(foreign.getByRole('checkbox', { name: 'root.bin' })).toHaveProperty('checked', false);
    await press(`Empty ${FOREIGN.path} …`);
    expect(actions.emptyTrash).toHaveBeenLastCalledWith([FOREIGN.path]);
  });

  it('finds some of 500 items, and what is chosen stays chosen', async () => {
    const items = Array.from({ length: 500 }, (_, index) => trashItem(`file-${index}`));
    await show(storageEngine({ ...TRASH, folders: [trashFolder(items, { totalItems: 12_345 })] }));
    // Looking for roles among so many takes jsdom seconds.
    const rows = (): number => document.querySelectorAll('.jp-BedrockImport-storageRow').length;
    expect(screen.getByText('The largest 500 of 12,345 are listed.')).toBeTruthy();
    expect(rows()).toBe(100);
    await userEvent.click(screen.getByText('Show 100 more'));
    expect(rows()).toBe(200);
    await userEvent.click(screen.getByLabelText('file-7'));
    const field = screen.getByPlaceholderText('Filter the trash');
    await userEvent.type(field, 'file-49');
    await settle();
    expect(document.activeElement).toBe(field);
    expect(rows()).toBe(11);
    await choose('Select the 11 that match');
    expect(screen.getByText('12 selected, 12.00 GB (1 hidden by the filter)')).toBeTruthy();
    const all = screen.getByRole('checkbox', { name: 'Select the 11 that match' });
    expect(all).toHaveProperty('checked', true);
    await choose('file-499');
    expect(all).toHaveProperty('indeterminate', true);
  });

  it('says that it is empty', async () => {
    await show(storageEngine({ ...TRASH, folders: [trashFolder([])] }));
    expect(screen.getByText('The trash is empty.')).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Restore' })).toBeNull();
  });

  it('offers the setting that ends it', async () => {
    const copy = jest.spyOn(Clipboard, 'copyToSystem').mockImplementation(() => undefined);
    await show();
    await userEvent.click(screen.getByText('Why deleted files still take room'));
    await press('Copy the line');
    expect(copy).toHaveBeenCalledWith(TRASH.setting?.line);
    copy.mockRestore();
  });

  it('tells how far a deletion is, then what was freed beside what was said', async () => {
    await show();
    let answer = (_: FreedSpace): void => undefined;
    engine.onWithNews(deleteTrash, storageNews, (_params, _signal, onNews) => {
      onNews({ removed: 1_234, bytes: 1.5e9 });
      return new Promise(resolve => (answer = resolve));
    });
    const done = model.deleteFromTrash(TRASH.folders[0]!.items.slice(0, 1), async () => true);
    await settle();
    expect(screen.getByText('1,234 files and folders, 1.50 GB')).toBeTruthy();
    expect(screen.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('50');
    expect(isDisabled('Empty the trash …')).toBe(true);
    answer(
      freed({
        removed: 1_300,
        freedBytes: 1e9,
        left: [
          {
            path: '/trash/file',
            failure: { code: 'X', message: 'Denied.', nextStep: 'Ask root.', kind: 'failed' }
          }
        ]
      })
    );
    await act(() => done);
    await settle();
    const note = screen.getByText(/were deleted for good\./).closest('[role=status]');
    expect(note?.textContent).toContain('1,300 files and folders were deleted for good.');
    expect(note?.textContent).toContain('1.00 GB are free again; 3.00 GB were expected.');
    expect(note?.textContent).toContain('Available before: 7.00 GB, now: 10.00 GB.');
    expect(note?.textContent).toContain('1 is still there:/trash/fileDenied. Ask root.');
  });

  it('can be stopped, and says what is gone', async () => {
    await show();
    engine.onWithNews(deleteTrash, storageNews, (_params, signal, onNews) => {
      onNews({ removed: 1, bytes: 1e9 });
      return new Promise<FreedSpace>((_resolve, reject) =>
        signal?.addEventListener('abort', () => reject(new Error('ended')))
      );
    });
    const done = model.deleteFromTrash(TRASH.folders[0]!.items, async () => true);
    await settle();
    screen.getByRole('button', { name: 'Stop' }).focus();
    await userEvent.keyboard('{Enter}');
    await act(() => done);
    await settle();
    expect(
      screen.getByText('Stopped. Until then 1 file or folder (1.00 GB) was deleted for good.')
    ).toBeTruthy();
    expect(section('Trash').contains(document.activeElement)).toBe(true);
  });

  it('says why it failed and what to do', async () => {
    await show();
    engine.on(deleteTrash, failing('TRASH_CHANGED'));
    await act(() => model.deleteFromTrash(TRASH.folders[0]!.items, async () => true));
    await settle();
    expect(screen.getByRole('alert').textContent).toContain('Step of TRASH_CHANGED.');
  });

  it('keeps the focus in the section when what had it is gone', async () => {
    let listing: TrashListing = TRASH;
    await show(storageEngine().onQuery(listTrash, () => listing));
    screen.getByRole('checkbox', { name: 'notes/' }).focus();
    listing = { ...TRASH, folders: [trashFolder([trashItem('weights.safetensors')])] };
    await act(() => model.loadTrash());
    await settle();
    expect(document.activeElement).toBe(screen.getByRole('group', { name: 'Trash' }));
  });

  it('shows names as they are written: markup as text, breaks and turns as signs', async () => {
    const name = `two\nlines\u202e${MARKUP}`;
    await show(storageEngine({ ...TRASH, folders: [trashFolder([trashItem(name, { id: 'x' })])] }));
    expect(screen.getByText(`two\\nlines\\u202e${MARKUP}`)).toBeTruthy();
    expect(document.querySelector('img')).toBeNull();
    expect((window as { ran?: boolean }).ran).toBeUndefined();
  });
});

describe('the hub cache', () => {
  it('shows models and revisions, with what deleting really frees', async () => {
    await show(
      storageEngine().onQuery(listCache, () => ({
        ...CACHE,
        hub: {
          ...CACHE.hub,
          sharedStore: true,
          onRootDisk: false,
          warnings: ['A folder is not understood.'],
          repositories: [repository('maker/large', { freesBytes: 9e9 })]
        }
      }))
    );
    const cache = within(await open('Hub cache'));
    expect(cache.getByText('deleting it frees 9.00 GB')).toBeTruthy();
    expect(cache.getByText('A folder is not understood.')).toBeTruthy();
    expect(cache.getByText(/^Models share files here\./)).toBeTruthy();
    expect(cache.getByText(/^It is on another disk/)).toBeTruthy();
    await userEvent.click(cache.getByText('2 revisions'));
    const revisions = within(cache.getByRole('list', { name: 'Revisions of maker/large' }));
    expect(revisions.getByText('aaaaaaaaaaaa main')).toBeTruthy();
    expect(revisions.getByText('deleting it frees 4.00 GB')).toBeTruthy();
  });

  it('hands over revisions, or the model that stands for all of its own', async () => {
    await show();
    const cache = within(await open('Hub cache'));
    await userEvent.click(cache.getAllByText('2 revisions')[0]!);
    await settle();
    await choose(/^eeeeeeeeeeee/);
    await press('Delete what is selected in the hub cache …');
    expect(actions.deleteCached).toHaveBeenLastCalledWith('cache', ['model maker/large eeee']);
    await choose('maker/large');
    expect(screen.getByRole('checkbox', { name: /^aaaaaaaaaaaa/ })).toHaveProperty('checked', true);
    expect(screen.getByText('1 selected, 12.00 GB')).toBeTruthy();
    await choose('maker/data');
    await press('Delete what is selected in the hub cache …');
    expect(actions.deleteCached).toHaveBeenLastCalledWith('cache', [
      'model maker/large',
      'model maker/data'
    ]);
  });

  it('finds one of 500 models', async () => {
    const repositories = Array.from({ length: 500 }, (_, index) => repository(`maker/m-${index}`));
    await show(
      storageEngine().onQuery(listCache, () => ({ ...CACHE, hub: { ...CACHE.hub, repositories } }))
    );
    const cache = within(await open('Hub cache'));
    await userEvent.type(cache.getByRole('searchbox'), 'm-499');
    await settle();
    expect(cache.getAllByRole('listitem')).toHaveLength(1);
  });

  it.each([
    [true, 'There is no model in the hub cache.'],
    [false, 'There is no hub cache: nothing was downloaded into it yet.']
  ])('says that there is nothing, exists: %s', async (exists, text) => {
    await show(
      storageEngine().onQuery(listCache, () => ({
        leftovers: [],
        unreadable: 0,
        hub: { ...CACHE.hub, exists, repositories: [] }
      }))
    );
    const cache = within(await open('Hub cache'));
    expect(cache.getByText(text)).toBeTruthy();
    const leftovers = within(await open('Leftovers'));
    expect(leftovers.getByText('There are no leftovers.')).toBeTruthy();
  });
});

describe('leftovers', () => {
  it('say what deleting means, and what cannot be deleted now cannot be chosen', async () => {
    await show();
    const leftovers = within(await open('Leftovers'));
    expect(leftovers.getByText('A download writes to it right now.')).toBeTruthy();
    expect(
      leftovers.getByRole('checkbox', { name: 'Incomplete downloads of maker/large' })
    ).toHaveProperty('disabled', true);
    expect(leftovers.getByText('On another disk than your files.')).toBeTruthy();
    await userEvent.click(leftovers.getByText('2 paths'));
    expect(leftovers.getByText(`${ROOT}/work/.ipynb_checkpoints`)).toBeTruthy();
    await userEvent.click(leftovers.getByRole('checkbox', { name: 'Select all' }));
    await press('Delete the selected leftovers …');
    expect(actions.deleteCached).toHaveBeenCalledWith('leftovers', ['pip', 'checkpoints']);
  });
});

describe('unfinished uploads', () => {
  it('are asked for when a bucket was named, by keyboard', async () => {
    await show();
    expect(engine.sent.map(({ method }) => method)).not.toContain('import/buckets');
    const uploads = within(await open('Unfinished uploads'));
    expect(engine.sent.at(-1)?.method).toBe('import/buckets');
    const field = uploads.getByRole('combobox', { name: 'Bucket' });
    expect([...document.querySelectorAll('datalist option')]).toHaveLength(2);
    await userEvent.type(field, ' my-bucket {Enter}');
    await settle();
    expect(engine.sent.at(-1)?.params).toEqual({ bucket: 'my-bucket' });
    expect(
      uploads.getByText('2 unfinished uploads in my-bucket: 4.10 GB are billed.')
    ).toBeTruthy();
    expect(uploads.getByText('40 parts')).toBeTruthy();
    expect(uploads.getByText(/^A job may go on with it: Import maker\/large/)).toBeTruthy();
    await press('Show the job: models/two.safetensors');
    expect(actions.openJob).toHaveBeenCalledWith('job');
    await choose('models/one.safetensors');
    await press('Throw the selected uploads away …');
    expect(actions.abortUploads).toHaveBeenCalledWith('my-bucket', [
      expect.objectContaining({ uploadId: 'upload-1' })
    ]);
  });
});

describe('large files', () => {
  it('are looked for on request, and shown where they are', async () => {
    await show();
    const large = within(await open('Large files'));
    expect(engine.sent.map(({ method }) => method)).not.toContain('disk/largeFiles');
    await press('Look at all files');
    expect(large.getByText('12,345 files were looked at. 2 could not be looked at.')).toBeTruthy();
    expect(large.getByText('data/big.parquet')).toBeTruthy();
    expect(large.getByText('outputs of its cells: 290.0 MB')).toBeTruthy();
    await press(`Show in File Browser: ${ROOT}/data/big.parquet`);
    expect(actions.showInBrowser).toHaveBeenCalledWith('data/big.parquet');
    await press(`Open ${ROOT}/work/plots.ipynb`);
    expect(actions.openNotebook).toHaveBeenCalledWith('work/plots.ipynb');
    // The file browser does not show what is hidden.
    expect(large.queryByRole('button', { name: /Show .*\.local/ })).toBeNull();
    expect(large.queryByRole('button', { name: /delete/i })).toBeNull();
  });

  it('can be given up, and fail', async () => {
    await show(storageEngine().on(listLargeFiles, () => new Promise<never>(() => undefined)));
    const large = within(await open('Large files'));
    await press('Look at all files');
    await userEvent.click(large.getByRole('button', { name: 'Stop' }));
    await settle();
    engine.on(listLargeFiles, failing('DISK'));
    await press('Look at all files');
    expect(large.getByRole('alert').textContent).toContain('Step of DISK.');
  });
});
