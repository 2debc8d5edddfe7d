/** The disk in the status bar: there only while it is short, or will be before what is copied is there. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from './fixtures';
import { form, lookUp, start } from './form';
import { MODELS, MODELS_FOLDER } from './models';
import { CAN_MOUNT, PLENTY, test } from './rootDisk';

test.use({ sandboxArgs: ['--models', MODELS_FOLDER, '--bandwidth', '50kB'] });
test.skip(!CAN_MOUNT, 'Nothing can be mounted here.');
test.setTimeout(120_000);

test('says when the disk is short, and leads to what can be freed', async ({
  panel,
  page,
  disk
}) => {
  const status = page.locator('.jp-BedrockImport-diskStatus');
  disk.resize('1500m');
  try {
    await panel.visit();
    await panel.settled();
    await expect(status).toBeHidden();
    await panel.show();
    await expect(status).toBeVisible();
    await expect(status).toContainText(/^Disk: 1\.\d\d GB left$/);
    await status.press('Enter');
    await expect(page.getByRole('tab', { name: 'Storage', selected: true })).toBeVisible();

    disk.resize('100m');
    await panel.reload();
    await panel.show();
    const toast = page.locator('.Toastify__toast', { hasText: 'The disk is nearly full' });
    await expect(toast).toBeVisible();
    await expect(toast.getByRole('button', { name: 'Free Up Space …' })).toBeVisible();

    disk.resize(PLENTY);
    await panel.reload();
    await panel.show();
    await expect(panel.section('This machine')).toContainText('42.9');
    await expect(status).toBeHidden();
  } finally {
    disk.resize(PLENTY);
  }
});

test('says while something is copied when the disk will be full', async ({ panel, page, disk }) => {
  // More than what counts as little, by as much as the files of this test.
  disk.resize('2500m');
  const status = page.locator('.jp-BedrockImport-diskStatus');
  await panel.open();
  await lookUp(panel, MODELS.slow);
  await form(panel).getByRole('textbox', { name: 'First question' }).fill('');
  await start(panel);
  await expect(status).toBeHidden();
  let written = 0;
  const writing = setInterval(() => {
    // 8 MB a second: the rest is full in five minutes; the copy takes half an hour.
    writeFileSync(join(disk.folder, `file-${(written += 1)}`), new Uint8Array(4_000_000));
  }, 500);
  try {
    await expect(status).toContainText(/^Disk full in \d min$/, { timeout: 60_000 });
    const toast = page.locator('.Toastify__toast', { hasText: 'The disk will be full in' });
    await expect(toast).toContainText('before what is copied is there');
  } finally {
    clearInterval(writing);
    disk.resize(PLENTY);
  }
});
