import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { CancellationTokenSource } from 'vscode-jsonrpc';

import { deleteTrash, listTrash, restoreTrash, storageNews } from '../../protocol';
import type { StorageNews, TrashContents } from '../../protocol';
import { bundleEngine, startBundle } from '../cli/testing/bundledCommand';
import { canMount, mountTmpfs } from '../testing/mounts';
import type { Mounted } from '../testing/mounts';
import { openPage } from './testing/testPage';
import type { TestPage } from './testing/testPage';

jest.setTimeout(60_000);

const onVolume = canMount(() => mountTmpfs('size=16m')) ? it : it.skip;
const UID = process.getuid?.() ?? 0;

let base: string;
let volume: Mounted | undefined;
let child: ChildProcessWithoutNullStreams;
let page: TestPage;

beforeAll(bundleEngine);

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'trash-page-'));
});

afterEach(async () => {
  page.leave();
  child.kill('SIGKILL');
  volume?.unmount();
  volume = undefined;
  await rm(base, { recursive: true, force: true });
});

/** The engine in Deno, which may write where the launcher lets it. */
async function start(root: string): Promise<void> {
  child = startBundle(['serve', '--cache-dir', root, '--cache-dir', base], {
    env: {
      HOME: base,
      JUPYTER_SERVER_ROOT: root,
      BEDROCK_IMPORT_STATE_DIR: join(base, '.bedrock-import')
    }
  });
  child.stderr.resume();
  const reader = createInterface({ input: child.stdout });
  page = await openPage({
    send: line => child.stdin.write(`${line}\n`),
    onLine: listener => {
      reader.on('line', listener);
      return () => reader.off('line', listener);
    }
  });
}

function makeItem(trash: string, name: string, original: string, bytes: number): string {
  for (const folder of [trash, join(trash, 'files'), join(trash, 'info')]) {
    mkdirSync(folder, { mode: 0o700, recursive: true });
  }
  const text = `[Trash Info]\nPath=${original}\nDeletionDate=2026-11-28T10:15:00\n`;
  writeFileSync(join(trash, 'info', `${name}.trashinfo`), text);
  const path = join(trash, 'files', name);
  writeFileSync(path, Buffer.alloc(bytes, 1));
  return path;
}

async function startOnVolume(): Promise<string> {
  volume = mountTmpfs('size=16m');
  mkdirSync(join(volume.folder, 'jl'));
  await start(volume.folder);
  return volume.folder;
}

/** Those of the volume; the machine's own temporary folder may have others. */
async function listed(top: string): Promise<TrashContents[]> {
  const { folders } = await page.connection.sendRequest(listTrash);
  return folders.filter(({ path }) => path.startsWith(`${top}/`));
}

describe('a page', () => {
  onVolume('sees the trash, restores from it and deletes, and hears what it frees', async () => {
    const top = await startOnVolume();
    const trash = join(top, `.Trash-${UID}`);
    const small = makeItem(trash, 'small', 'jl/deep/small.txt', 5);
    const large = makeItem(trash, 'large', 'jl/large.bin', 2_000_000);
    const other = makeItem(trash, 'other', 'jl/other.bin', 1_000_000);
    const { setting } = await page.connection.sendRequest(listTrash);
    expect(setting).toMatchObject({ line: 'c.FileContentsManager.delete_to_trash = False' });
    const [folder, ...more] = await listed(top);
    expect(more).toEqual([]);
    expect(folder).toMatchObject({ path: trash, foreign: false, onRootDisk: true, totalItems: 3 });
    expect(folder?.items.map(({ id }) => id)).toEqual([large, other, small]);
    expect(folder?.items[0]).toEqual({
      id: large,
      name: 'large.bin',
      kind: 'file',
      originalPath: join(top, 'jl', 'large.bin'),
      deletedAt: '2026-11-28T10:15:00',
      bytes: 2_002_944
    });

    writeFileSync(join(top, 'jl', 'large.bin'), 'new');
    const back = await page.connection.sendRequest(restoreTrash, { items: [small, large] });
    expect(back.restored).toEqual([{ id: small, path: join(top, 'jl', 'deep', 'small.txt') }]);
    expect(back.failed).toMatchObject([{ id: large, failure: { code: 'RESTORE_EXISTS' } }]);
    expect(readFileSync(join(top, 'jl', 'large.bin'), 'utf8')).toBe('new');
    expect(existsSync(join(trash, 'info', 'small.trashinfo'))).toBe(false);

    const single = await page.connection.sendRequest(deleteTrash, { items: [other] });
    expect(single).toMatchObject({ removed: 2, expectedBytes: 1_003_520, left: [] });
    const news: StorageNews[] = [];
    page.connection.onProgress(storageNews, 'token', one => void news.push(one));
    const all = await page.connection.sendRequest(deleteTrash, {
      folders: [trash],
      token: 'token'
    });
    // The folder `files`, the item, and its description.
    expect(all).toMatchObject({ removed: 3, left: [] });
    expect(all.freedBytes).toBe(all.expectedBytes);
    expect(all.availableAfter - all.availableBefore).toBe(all.freedBytes);
    expect(news.length).toBeGreaterThan(0);
    expect(readdirSync(join(trash, 'info'))).toEqual([]);
    expect(await listed(top)).toMatchObject([{ totalItems: 0, items: [] }]);
  });

  onVolume('deletes nothing that the list does not name', async () => {
    const top = await startOnVolume();
    const trash = join(top, `.Trash-${UID}`);
    const item = makeItem(trash, 'item', 'jl/item', 5);
    const song = join(top, 'jl', 'song');
    writeFileSync(song, 'tweet');
    for (const id of [song, join(trash, 'info'), `${trash}/files/../../jl/song`, trash, '']) {
      const asked = page.connection.sendRequest(deleteTrash, { items: [item, id] });
      await expect(asked).rejects.toMatchObject({ data: { code: 'TRASH_ITEM_UNKNOWN' } });
    }
    for (const path of [join(top, 'jl'), top, `${trash}/files`, '/']) {
      const asked = page.connection.sendRequest(deleteTrash, { folders: [path] });
      await expect(asked).rejects.toMatchObject({ data: { code: 'TRASH_ITEM_UNKNOWN' } });
    }
    expect(existsSync(item)).toBe(true);
    expect(readFileSync(song, 'utf8')).toBe('tweet');
  });

  onVolume('is shown a folder that is a link, which is not emptied', async () => {
    const top = await startOnVolume();
    const song = makeItem(join(top, 'jl'), 'song', 'jl/song', 5);
    const trash = join(top, `.Trash-${UID}`);
    symlinkSync('jl', trash);
    expect(await listed(top)).toMatchObject([
      { path: trash, items: [], problem: expect.stringContaining('link') }
    ]);
    const asked = page.connection.sendRequest(deleteTrash, { folders: [trash] });
    await expect(asked).rejects.toMatchObject({ data: { code: 'TRASH_UNSAFE' } });
    expect(existsSync(song)).toBe(true);
  });

  it('stops a deletion, after which the rest is still in the trash', async () => {
    const trash = join(base, '.local', 'share', 'Trash');
    makeItem(trash, 'large', join(base, 'large'), 5);
    for (let index = 0; index < 20_000; index++) {
      writeFileSync(join(trash, 'files', `file-${index}`), '');
    }
    await start(base);
    const stop = new CancellationTokenSource();
    page.connection.onProgress(storageNews, 'token', () => stop.cancel());
    const asked = page.connection.sendRequest(
      deleteTrash,
      { folders: [trash], token: 'token' },
      stop.token
    );
    await expect(asked).rejects.toThrow('Stopped before the end.');
    const left = readdirSync(join(trash, 'files')).length;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(20_001);
    const finished = await page.connection.sendRequest(deleteTrash, { folders: [trash] });
    expect(finished.left).toEqual([]);
    expect(readdirSync(trash)).toEqual(['info']);
  });
});
