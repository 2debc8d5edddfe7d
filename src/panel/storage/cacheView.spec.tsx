import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';

import { listCache } from '../../protocol';
import { repository, ROOT, storageEngine, CACHE } from './testing/storageFacts';
import { actions, choose, close, open, press, settle, show } from './testing/shownTab';

afterEach(close);

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
    expect(leftovers.getByText(`${ROOT}/analysis/.ipynb_checkpoints`)).toBeTruthy();
    await userEvent.click(leftovers.getByRole('checkbox', { name: 'Select all' }));
    await press('Delete the selected leftovers …');
    expect(actions.deleteCached).toHaveBeenCalledWith('leftovers', ['pip', 'checkpoints']);
  });
});
