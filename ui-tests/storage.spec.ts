/**
 * The tab that frees space, on real trash, caches and uploads: what send2trash and the hub's client have
 * left, and what S3 keeps of uploads that nobody completed.
 */
import { AxeBuilder } from '@axe-core/playwright';
import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  S3Client,
  UploadPartCommand
} from '@aws-sdk/client-s3';
import type { Locator, Page } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { Sandbox } from '../scripts/sandbox.mjs';
import { environmentOf } from '../scripts/jupyterlabVersions.mjs';
import { canMount, mountTmpfs } from '../src/engine/testing/mounts';
import { expect, test } from './fixtures';
import { tabTo } from './keyboard';
import type { Lab } from './lab';
import type { PanelPage, Theme } from './panel';

test.setTimeout(120_000);

/** Of files that are deleted: together more than other programs use meanwhile. */
const SIZE = 8_000_000;

/** The trash of the server's user, below the home that the server has. */
function trashFolder(lab: Lab): string {
  return join(lab.folder, 'home', '.local', 'share', 'Trash');
}

/** Writes files in the root, and deletes them as the file browser does. */
function throwAway(lab: Lab, ...names: string[]): void {
  names.forEach(name => lab.writeFile(name, Buffer.alloc(SIZE, name)));
  execFileSync(
    join(environmentOf(lab.version), 'bin', 'python'),
    ['-c', 'import sys, send2trash; send2trash.send2trash(sys.argv[1:])', ...names],
    { cwd: lab.root, env: lab.environment, stdio: 'pipe' }
  );
}

function inTrash(lab: Lab): string[] {
  const files = join(trashFolder(lab), 'files');
  return existsSync(files) ? readdirSync(files).sort() : [];
}

function tab(page: Page): Locator {
  return page.locator('.jp-BedrockImport-storage');
}

function section(page: Page, title: string): Locator {
  return tab(page).getByRole('region', { name: title, exact: true });
}

function button(page: Page, name: string): Locator {
  return tab(page).getByRole('button', { name, exact: true });
}

function item(page: Page, name: string): Locator {
  return tab(page).getByRole('checkbox', { name, exact: true });
}

async function openTab(panel: PanelPage): Promise<void> {
  await panel.visit();
  await panel.settled();
  await panel.run('bedrock-import:open-storage');
  await expect(section(panel.page, 'Trash')).toContainText(/The trash is empty|Select all/);
}

async function expand(page: Page, title: string): Promise<Locator> {
  await section(page, title).getByRole('heading', { name: title, exact: true }).click();
  return section(page, title);
}

/** Agrees only where nothing of whoever runs the tests would go. */
async function agree(panel: PanelPage, lab: Lab, label: string): Promise<void> {
  const text = (await panel.dialog.textContent()) ?? '';
  const folders = [...text.matchAll(/in (\/[^:]*):/gi)].map(([, folder = '']) => folder);
  expect(folders.length).toBeGreaterThan(0);
  expect(folders.filter(folder => !folder.startsWith(lab.folder))).toEqual([]);
  await panel.dialog.getByRole('button', { name: label, exact: true }).click();
  await expect(panel.dialog).toHaveCount(0);
}

test.beforeEach(({ lab }) => rmSync(trashFolder(lab), { recursive: true, force: true }));

test('restores, deletes and empties by mouse', async ({ panel, page, lab }) => {
  throwAway(lab, 'one.bin', 'two.bin', 'three\nlines.bin', 'work/four.bin');
  await panel.open();
  await panel.title('This machine').hover();
  await panel.title('This machine').getByRole('button', { name: 'Free up space …' }).click();
  const trash = section(page, 'Trash');
  await expect(item(page, 'three\\nlines.bin')).toBeVisible();
  await expect(trash).toContainText('32.0 MB');
  await expect(trash).toContainText(`from ${lab.root}/work`);

  await item(page, 'four.bin').check();
  await button(page, 'Restore').click();
  await expect(trash).toContainText('1 item is back in its place:');
  expect(readFileSync(join(lab.root, 'work', 'four.bin')).length).toBe(SIZE);
  await expect(item(page, 'four.bin')).toHaveCount(0);

  // What is there already stays, whatever is restored.
  lab.writeFile('one.bin', 'new');
  await item(page, 'one.bin').check();
  await button(page, 'Restore').click();
  await expect(trash).toContainText('1 item was not restored:');
  expect(readFileSync(join(lab.root, 'one.bin'), 'utf8')).toBe('new');

  await item(page, 'three\\nlines.bin').check();
  await button(page, 'Delete for good …').click();
  await expect(panel.dialog).toContainText('Delete 2 items (16.0 MB) for good?');
  await expect(panel.dialog).toContainText(`${lab.root}/three\\nlines.bin`);
  await panel.dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(panel.dialog).toHaveCount(0);
  expect(inTrash(lab)).toHaveLength(3);
  await item(page, 'one.bin').uncheck();
  await button(page, 'Delete for good …').click();
  await agree(panel, lab, 'Delete for good');
  await expect(trash).toContainText(/deleted for good\. .* are free again/);
  expect(inTrash(lab)).toEqual(['one.bin', 'two.bin']);

  throwAway(lab, 'later.bin');
  await button(page, 'Empty the trash …').click();
  await expect(panel.dialog).toContainText('3 items (24.0 MB)');
  await expect(panel.dialog).toContainText(`${lab.root}/later.bin`);
  await agree(panel, lab, 'Empty the trash');
  await expect(trash).toContainText('deleted for good.');
  await expect(trash).toContainText('The trash is empty.');
  expect(inTrash(lab)).toEqual([]);
});

test('the same by keyboard, and the focus stays', async ({ panel, page, lab }) => {
  throwAway(lab, 'one.bin', 'two.bin', 'three.bin');
  await panel.visit();
  await panel.settled();
  await panel.chooseFromPalette('Free Up Space');
  await tabTo(page, item(page, 'one.bin'));
  await page.keyboard.press('Space');
  await tabTo(page, button(page, 'Restore'), 'Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(section(page, 'Trash')).toContainText('1 item is back in its place:');
  await expect(button(page, 'Restore')).toBeFocused();

  await tabTo(page, item(page, 'two.bin'));
  await page.keyboard.press('Space');
  const remove = button(page, 'Delete for good …');
  await tabTo(page, remove, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(panel.dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(panel.dialog).toHaveCount(0);
  expect(inTrash(lab)).toEqual(['three.bin', 'two.bin']);
  await expect(remove).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(panel.dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await tabTo(page, panel.dialog.getByRole('button', { name: 'Delete for good' }));
  await page.keyboard.press('Enter');
  await expect(section(page, 'Trash')).toContainText('deleted for good.');
  expect(inTrash(lab)).toEqual(['three.bin']);
  await expect(remove).toBeFocused();

  await tabTo(page, button(page, 'Empty the trash …'), 'Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(panel.dialog).toContainText(trashFolder(lab));
  await tabTo(page, panel.dialog.getByRole('button', { name: 'Empty the trash' }));
  await agreeByKeyboard(panel, lab);
  await expect(section(page, 'Trash')).toContainText('The trash is empty.');
  expect(inTrash(lab)).toEqual([]);
  // The button is gone with what it emptied.
  await expect(section(page, 'Trash').getByRole('group', { name: 'Trash' })).toBeFocused();
});

test('says whether a model would fit, and how a larger disk is had', async ({ panel, page }) => {
  await openTab(panel);
  const room = await expand(page, 'Room for a model');
  const wish = room.getByRole('textbox', { name: 'Model or size' });
  await wish.fill('900 TB');
  await page.keyboard.press('Enter');
  await expect(room).toContainText('It does not fit.');
  await expect(room.getByRole('list', { name: 'How to enlarge it' })).toContainText(
    /enlarge this disk to [\d,]+ GB or more/
  );
  await wish.fill('HuggingFaceTB/SmolLM2-135M-Instruct');
  await page.keyboard.press('Enter');
  await expect(room).toContainText('It fits.');
  await expect(wish).toBeFocused();
});

async function agreeByKeyboard(panel: PanelPage, lab: Lab): Promise<void> {
  const text = (await panel.dialog.textContent()) ?? '';
  for (const [, folder] of text.matchAll(/in (\/[^:]*):/gi)) {
    expect(folder).toContain(lab.folder);
  }
  await panel.page.keyboard.press('Enter');
  await expect(panel.dialog).toHaveCount(0);
}

test.describe('on a disk of its own', () => {
  test.skip(!canMount(() => mountTmpfs('size=1m')), 'Nothing can be mounted here.');

  test('what was said is free again, and the trash of another user goes only by its own button', async ({
    panel,
    page,
    lab
  }) => {
    const disk = join(lab.root, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'none', disk], { stdio: 'pipe' });
    try {
      throwAway(lab, 'disk/own.bin');
      const foreign = join(disk, '.Trash-4242');
      mkdirSync(join(foreign, 'files'), { recursive: true });
      mkdirSync(join(foreign, 'info'));
      writeFileSync(join(foreign, 'files', 'theirs.bin'), Buffer.alloc(SIZE));
      writeFileSync(
        join(foreign, 'info', 'theirs.bin.trashinfo'),
        '[Trash Info]\nPath=theirs.bin\nDeletionDate=2026-11-28T10:00:00\n'
      );
      await openTab(panel);
      const trash = section(page, 'Trash');
      const theirs = tab(page).getByRole('region', { name: foreign });
      await expect(theirs).toContainText('Of another user, number 4242');
      await expect(theirs).toContainText('on another disk');
      await expect(item(page, 'theirs.bin')).not.toBeChecked();
      await button(page, 'Empty the trash …').click();
      await expect(panel.dialog).toContainText('own.bin');
      await expect(panel.dialog).not.toContainText('.Trash-4242');
      await agree(panel, lab, 'Empty the trash');
      await expect(trash).toContainText('8.0 MB are free again, as expected.');
      expect(existsSync(join(foreign, 'files', 'theirs.bin'))).toBe(true);
      await button(page, `Empty ${foreign} …`).click();
      await expect(panel.dialog).toContainText(
        'This is the trash of another user, with the number 4242.'
      );
      await agree(panel, lab, 'Empty the trash');
      await expect(trash).toContainText('The trash is empty.');
      await expect(trash).toContainText('8.0 MB are free again, as expected.');
      expect(existsSync(join(foreign, 'files', 'theirs.bin'))).toBe(false);
    } finally {
      execFileSync('umount', ['--lazy', disk]);
      rmSync(disk, { recursive: true, force: true });
    }
  });
});

test('500 items are found, chosen and deleted; the tab comes back after a reload', async ({
  panel,
  page,
  lab
}) => {
  const names = Array.from({ length: 520 }, (_, index) => `file-${String(index).padStart(3, '0')}`);
  names.forEach(name => lab.writeFile(name, name));
  execFileSync(
    join(environmentOf(lab.version), 'bin', 'python'),
    ['-c', 'import sys, send2trash; send2trash.send2trash(sys.argv[1:])', ...names],
    { cwd: lab.root, env: lab.environment, stdio: 'pipe' }
  );
  await openTab(panel);
  await panel.layoutIsSaved();
  await panel.reload();
  await expect(section(page, 'Trash')).toContainText('The largest 500 of 520 are listed.');
  await tab(page).getByRole('searchbox', { name: 'Filter the trash' }).fill('file-1');
  await tab(page)
    .getByRole('checkbox', { name: /^Select the \d+ that match$/ })
    .check();
  const listed = await tab(page)
    .getByRole('list', { name: /^Items in/ })
    .getByRole('listitem')
    .count();
  expect(listed).toBeGreaterThan(50);
  await button(page, 'Delete for good …').click();
  await expect(panel.dialog).toContainText(`Delete ${listed} items`);
  await expect(panel.dialog).toContainText(`and ${listed - 20} more`);
  await agree(panel, lab, 'Delete for good');
  await expect(section(page, 'Trash')).toContainText('deleted for good.');
  expect(inTrash(lab)).toHaveLength(520 - listed);
});

test('large files are shown where they are', async ({ panel, page, lab }) => {
  lab.writeFile('data/large.bin', Buffer.alloc(30_000_000, 1));
  await openTab(panel);
  const large = await expand(page, 'Large files');
  await large.getByRole('button', { name: 'Look at all files' }).click();
  await expect(large).toContainText('data/large.bin');
  await large
    .getByRole('button', { name: `Show in File Browser: ${lab.root}/data/large.bin` })
    .click();
  await expect(page.locator('.jp-DirListing-item.jp-mod-selected')).toHaveText(/large\.bin/);
});

function s3Of({ env }: Sandbox): S3Client {
  return new S3Client({
    endpoint: env['AWS_ENDPOINT_URL'],
    region: env['AWS_REGION'],
    forcePathStyle: true,
    credentials: {
      accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? ''
    }
  });
}

test('unfinished uploads are listed and thrown away', async ({ panel, page, sandbox }) => {
  const s3 = s3Of(sandbox);
  const Bucket = sandbox.env['BEDROCK_IMPORT_SANDBOX_BUCKET'];
  for (const Key of ['left/one.bin', 'left/two.bin']) {
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const Body = Buffer.alloc(6_000_000);
    await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body }));
  }
  await openTab(panel);
  const uploads = await expand(page, 'Unfinished uploads');
  await expect(uploads.getByRole('combobox', { name: 'Bucket' })).toHaveValue(Bucket ?? '');
  await uploads.getByRole('button', { name: 'List the uploads' }).click();
  await expect(uploads).toContainText(`2 unfinished uploads in ${Bucket}: 12.0 MB are billed.`);
  await uploads.getByRole('checkbox', { name: 'left/one.bin' }).check();
  const remove = uploads.getByRole('button', { name: 'Throw the selected uploads away …' });
  await remove.click();
  await expect(panel.dialog).toContainText(`s3://${Bucket}/left/one.bin`);
  await expect(panel.dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(panel.dialog).toHaveCount(0);
  await remove.click();
  await panel.dialog.getByRole('button', { name: 'Throw away' }).click();
  await expect(uploads).toContainText('1 upload was thrown away: 6.0 MB are not billed any more.');
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
  expect(Uploads.map(({ Key }) => Key)).toEqual(['left/two.bin']);
  await expect(uploads.getByRole('checkbox', { name: 'left/one.bin' })).toHaveCount(0);
  await uploads.getByRole('checkbox', { name: 'Select all' }).check();
  await remove.click();
  await panel.dialog.getByRole('button', { name: 'Throw away' }).click();
  await expect(uploads).toContainText(`There is no unfinished upload in ${Bucket}.`);
});

/** A model in the hub's cache, in the layout that its client writes. @returns its folder */
function cacheModel(lab: Lab, name: string, revisions: readonly string[]): string {
  const folder = join(
    lab.environment['HF_HOME'] ?? '',
    'hub',
    `models--${name.replace('/', '--')}`
  );
  const write = (path: string, content: string | Buffer): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  for (const [index, commit] of revisions.entries()) {
    write(`snapshots/${commit}/weights.bin`, Buffer.alloc(SIZE, index));
  }
  write('refs/main', revisions.at(-1) ?? '');
  return folder;
}

test('models and revisions are deleted from the hub cache', async ({ panel, page, lab }) => {
  const [old, current] = ['a'.repeat(40), 'b'.repeat(40)];
  const folder = cacheModel(lab, 'maker/model', [old, current]);
  const other = cacheModel(lab, 'maker/other', [old]);
  await openTab(panel);
  const cache = await expand(page, 'Hub cache');
  await expect(cache).toContainText(/maker\/model16\.0 MB/);
  await cache.getByRole('listitem').filter({ hasText: 'maker/model' }).locator('summary').click();
  await cache.getByRole('checkbox', { name: /^aaaaaaaaaaaa/ }).check();
  const remove = cache.getByRole('button', { name: /^Delete what is selected/ });
  await remove.click();
  await expect(panel.dialog).toContainText(`${folder}/snapshots/${old}`);
  await expect(panel.dialog).toContainText('8.0 MB');
  await expect(panel.dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(panel.dialog).toHaveCount(0);
  expect(existsSync(join(folder, 'snapshots', old))).toBe(true);
  await remove.click();
  await panel.dialog.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(cache).toContainText('deleted for good.');
  expect(readdirSync(join(folder, 'snapshots'))).toEqual([current]);
  await expect(remove).toBeFocused();

  await cache.getByRole('checkbox', { name: 'maker/other' }).check();
  await remove.click();
  await expect(panel.dialog).toContainText(other);
  await panel.dialog.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(cache.getByRole('checkbox', { name: 'maker/other' })).toHaveCount(0);
  expect(existsSync(other)).toBe(false);
  expect(existsSync(join(folder, 'snapshots', current))).toBe(true);
});

for (const theme of ['JupyterLab Light', 'JupyterLab Dark'] as Theme[]) {
  test(`axe finds nothing in the tab, ${theme}`, async ({ panel, page, lab }) => {
    throwAway(lab, 'one.bin');
    cacheModel(lab, 'maker/model', ['a'.repeat(40)]);
    await openTab(panel);
    await panel.setTheme(theme);
    for (const title of ['Hub cache', 'Leftovers', 'Unfinished uploads', 'Large files']) {
      await expand(page, title);
    }
    await item(page, 'one.bin').check();
    await button(page, 'Restore').click();
    await expect(tab(page)).toContainText('1 item is back in its place:');
    const { violations } = await new AxeBuilder({ page })
      .include('.jp-BedrockImport-storage')
      .analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
  });
}
