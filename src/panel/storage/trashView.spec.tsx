import { act, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Clipboard } from '@jupyterlab/apputils';

import { deleteTrash, listTrash, restoreTrash, storageNews } from '../../protocol';
import type { FreedSpace, TrashListing } from '../../protocol';
import { failing } from '../testing/failing';
import {
  FOREIGN,
  freed,
  ROOT,
  storageEngine,
  TRASH,
  trashFolder,
  trashItem
} from './testing/storageFacts';
import {
  actions,
  choose,
  close,
  isDisabled,
  press,
  section,
  settle,
  show,
  shown
} from './testing/shownTab';

const MARKUP = '<img src=x onerror="window.ran=true">';

afterEach(close);

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
    shown.engine.on(restoreTrash, ({ items }) => ({
      restored: [{ id: items[0]!, path: '/there/weights' }],
      failed: [
        {
          id: items[1]!,
          failure: { code: 'X', message: 'It is there.', nextStep: 'Rename it.', kind: 'failed' }
        }
      ]
    }));
    await press('Restore');
    expect(shown.engine.sent.find(({ method }) => method === 'trash/restore')?.params).toEqual({
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
    field.focus();
    await userEvent.paste('file-49');
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
    shown.engine.onWithNews(deleteTrash, storageNews, (_params, _signal, onNews) => {
      onNews({ removed: 1_234, bytes: 1.5e9 });
      return new Promise(resolve => (answer = resolve));
    });
    const done = shown.model.deleteFromTrash(TRASH.folders[0]!.items.slice(0, 1), async () => true);
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

  it('says how many of the chosen items are gone when all are', async () => {
    await show();
    await act(() => shown.model.deleteFromTrash(TRASH.folders[0]!.items, async () => true));
    await settle();
    expect(
      screen.getByText('3 items were deleted for good. 3.00 GB are free again, as expected.')
    ).toBeTruthy();
  });

  it.each([
    [
      5e9,
      '5.00 GB are free again; 3.00 GB were expected. Other programs have freed some meanwhile.'
    ],
    [-1e9, /^3 items .* 0 B are free again; 3\.00 GB were expected\. Other programs may have used/]
  ])('says why %d bytes are others than were said', async (freedBytes, text) => {
    await show();
    shown.engine.on(deleteTrash, () => freed({ freedBytes }));
    await act(() =>
      shown.model.deleteFromTrash(TRASH.folders[0]!.items, () => Promise.resolve(true))
    );
    await settle();
    expect(screen.getByText(text, { exact: false })).toBeTruthy();
  });

  it('is emptied where there is something, and nowhere else', async () => {
    const empty = trashFolder([], { path: '/home/.local/share/Trash' });
    await show(storageEngine({ ...TRASH, folders: [empty, ...TRASH.folders] }));
    await press('Empty the trash …');
    expect(actions.emptyTrash).toHaveBeenCalledWith([`${ROOT}/.Trash-1000`]);
  });

  it('brings what came of it into sight, once', async () => {
    const scrolled = jest.spyOn(Element.prototype, 'scrollIntoView');
    await show();
    await choose('weights.safetensors');
    expect(scrolled).not.toHaveBeenCalled();
    await press('Restore');
    await choose('notes/');
    expect(scrolled).toHaveBeenCalledTimes(1);
    scrolled.mockRestore();
  });

  it('can be stopped, and says what is gone', async () => {
    await show();
    shown.engine.onWithNews(deleteTrash, storageNews, (_params, signal, onNews) => {
      onNews({ removed: 1, bytes: 1e9 });
      return new Promise<FreedSpace>((_resolve, reject) =>
        signal?.addEventListener('abort', () => reject(new Error('ended')))
      );
    });
    const done = shown.model.deleteFromTrash(TRASH.folders[0]!.items, async () => true);
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
    shown.engine.on(deleteTrash, failing('TRASH_CHANGED'));
    await act(() => shown.model.deleteFromTrash(TRASH.folders[0]!.items, async () => true));
    await settle();
    expect(screen.getByRole('alert').textContent).toContain('Step of TRASH_CHANGED.');
  });

  it('keeps the focus in the section when what had it is gone', async () => {
    let listing: TrashListing = TRASH;
    await show(storageEngine().onQuery(listTrash, () => listing));
    screen.getByRole('checkbox', { name: 'notes/' }).focus();
    listing = { ...TRASH, folders: [trashFolder([trashItem('weights.safetensors')])] };
    await act(() => shown.model.loadTrash());
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
