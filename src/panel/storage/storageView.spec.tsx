import { act, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';

import { getDisk, listTrash } from '../../protocol';
import { failing } from '../testing/failing';
import { storageEngine, TRASH, DISK } from './testing/storageFacts';
import {
  attach,
  choose,
  close,
  isDisabled,
  open,
  press,
  section,
  settle,
  show,
  shown
} from './testing/shownTab';

afterEach(close);

describe('the tab of storage', () => {
  it('connects when it is seen, and says that it waits', async () => {
    await attach(storageEngine());
    expect(shown.engine.connects).toBe(1);
    expect(shown.engine.sent).toEqual([]);
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
      'Room for a model',
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
    shown.engine.onQuery(listTrash, () => TRASH);
    await userEvent.click(trash.getByRole('button', { name: 'Look' }));
    await settle();
    expect(screen.getByText('weights.safetensors')).toBeTruthy();
  });

  it('shows the other sections when one fails, which can be tried again', async () => {
    await show(storageEngine().onQuery(listTrash, failing('TRASH_UNREADABLE')));
    expect(screen.getByRole('alert').textContent).toContain('Step of TRASH_UNREADABLE.');
    const cache = within(await open('Hub cache'));
    expect(cache.getByText('maker/large')).toBeTruthy();
    shown.engine.onQuery(listTrash, () => TRASH);
    await press('Try again');
    expect(screen.getByText('weights.safetensors')).toBeTruthy();
  });

  it('keeps the lists when the engine is lost, without its buttons', async () => {
    await show();
    await choose('weights.safetensors');
    act(() => shown.engine.setState({ status: 'connecting' }));
    await settle();
    expect(screen.getByText('weights.safetensors')).toBeTruthy();
    expect(['Restore', 'Delete for good …', 'Empty the trash …'].map(isDisabled)).toEqual([
      true,
      true,
      true
    ]);
    act(() => shown.engine.becomeReady());
    await settle();
    expect(isDisabled('Restore')).toBe(false);
  });
});
