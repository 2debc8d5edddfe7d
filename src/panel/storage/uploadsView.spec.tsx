import { within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';

import { listLargeFiles } from '../../protocol';
import { failing } from '../testing/failing';
import { ROOT, storageEngine } from './testing/storageFacts';
import { actions, choose, close, open, press, settle, show, shown } from './testing/shownTab';

afterEach(close);

describe('unfinished uploads', () => {
  it('are asked for when a bucket was named, by keyboard', async () => {
    await show();
    expect(shown.engine.sent.map(({ method }) => method)).not.toContain('import/buckets');
    const uploads = within(await open('Unfinished uploads'));
    expect(shown.engine.sent.at(-1)?.method).toBe('import/buckets');
    const field = uploads.getByRole('combobox', { name: 'Bucket' });
    expect([...document.querySelectorAll('datalist option')]).toHaveLength(2);
    await userEvent.type(field, ' my-bucket {Enter}');
    await settle();
    expect(shown.engine.sent.at(-1)?.params).toEqual({ bucket: 'my-bucket' });
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
    expect(shown.engine.sent.map(({ method }) => method)).not.toContain('disk/largeFiles');
    await press('Look at all files');
    expect(large.getByText('12,345 files were looked at. 2 could not be looked at.')).toBeTruthy();
    expect(large.getByText('data/big.parquet')).toBeTruthy();
    expect(large.getByText('outputs of its cells: 290.0 MB')).toBeTruthy();
    await press(`Show in File Browser: ${ROOT}/data/big.parquet`);
    expect(actions.showInBrowser).toHaveBeenCalledWith('data/big.parquet');
    await press(`Open ${ROOT}/analysis/plots.ipynb`);
    expect(actions.openNotebook).toHaveBeenCalledWith('analysis/plots.ipynb');
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
    shown.engine.on(listLargeFiles, failing('DISK'));
    await press('Look at all files');
    expect(large.getByRole('alert').textContent).toContain('Step of DISK.');
  });
});
