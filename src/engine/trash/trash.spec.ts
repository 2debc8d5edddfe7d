import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { measureTrash } from './measureTrash';
import { findTrashFolders } from './trashFolders';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trash-spec-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function makeTrash(path: string, items: Record<string, number>): string {
  mkdirSync(join(path, 'files'), { recursive: true });
  mkdirSync(join(path, 'info'));
  Object.entries(items).forEach(([name, bytes]) => {
    writeFileSync(join(path, 'files', name), new Uint8Array(bytes).fill(1));
    writeFileSync(join(path, 'info', `${name}.trashinfo`), '[Trash Info]\nPath=x\n');
  });
  return path;
}

function placeOf(env: Record<string, string> = {}): Parameters<typeof findTrashFolders>[0] {
  return { root: folder, homeDirectory: join(folder, 'home'), env, userId: 4_242_424 };
}

describe('the trash of the home folder', () => {
  it('is where the XDG variables say', async () => {
    const usual = makeTrash(join(folder, 'home', '.local', 'share', 'Trash'), {});
    const other = makeTrash(join(folder, 'data', 'Trash'), {});
    expect(await findTrashFolders(placeOf())).toEqual([usual]);
    expect(await findTrashFolders(placeOf({ XDG_DATA_HOME: join(folder, 'data') }))).toEqual([
      other
    ]);
    expect(await findTrashFolders(placeOf({ XDG_DATA_HOME: 'data' }))).toEqual([usual]);
  });

  it('is none when it is a link, a file or missing', async () => {
    expect(await findTrashFolders(placeOf())).toEqual([]);
    mkdirSync(join(folder, 'home', '.local', 'share'), { recursive: true });
    symlinkSync('/usr', join(folder, 'home', '.local', 'share', 'Trash'));
    expect(await findTrashFolders(placeOf())).toEqual([]);
  });

  it('is measured as du does, and its items are counted', async () => {
    const path = makeTrash(join(folder, 'home', '.local', 'share', 'Trash'), { a: 1e5, b: 5 });
    mkdirSync(join(path, 'files', 'folder'));
    writeFileSync(join(path, 'files', 'folder', 'inside'), 'x');
    symlinkSync('/usr', join(path, 'files', 'link'));
    const bytes = Number.parseInt(
      execFileSync('du', ['-s', '--block-size=1', path], { encoding: 'utf8' }),
      10
    );
    expect(await measureTrash(placeOf())).toEqual({
      folders: [{ path, items: 4, bytes, onRootDisk: true }],
      unreadable: 0
    });
  });

  it('has no items where `files` leads elsewhere', async () => {
    const path = join(folder, 'home', '.local', 'share', 'Trash');
    mkdirSync(path, { recursive: true });
    symlinkSync('/usr', join(path, 'files'));
    const { folders } = await measureTrash(placeOf());
    expect(folders).toMatchObject([{ path, items: 0 }]);
  });

  it('can be stopped', async () => {
    makeTrash(join(folder, 'home', '.local', 'share', 'Trash'), { a: 1 });
    await expect(measureTrash(placeOf(), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED'
    });
  });
});

describe('the trash of a mounted volume', () => {
  let mounted = false;

  beforeEach(() => {
    // Only root can, and not in every container.
    try {
      execFileSync('mount', ['-t', 'tmpfs', 'none', folder], { stdio: 'ignore' });
      mounted = true;
    } catch {
      mounted = false;
    }
  });

  afterEach(() => {
    if (mounted) {
      execFileSync('umount', [folder]);
    }
  });

  /** What is found beside the trash that may stand at the mount point of the temporary folder. */
  async function foundHere(root = folder): Promise<string[]> {
    const found = await findTrashFolders({ ...placeOf(), root });
    return found.filter(path => path.startsWith(folder));
  }

  it('is looked for at its mount point, by the id of the user', async () => {
    mkdirSync(join(folder, 'deep', 'down'), { recursive: true });
    const own = makeTrash(join(folder, '.Trash-4242424'), { a: 10 });
    makeTrash(join(folder, '.Trash-1'), { b: 10 });
    makeTrash(join(folder, 'deep', '.Trash-4242424'), { c: 10 });
    expect(await foundHere(join(folder, 'deep', 'down'))).toEqual(mounted ? [own] : []);
  });

  it('may be in a common folder, which has to be sticky and no link', async () => {
    const common = join(folder, '.Trash');
    const own = makeTrash(join(common, '4242424'), { a: 10 });
    expect(await foundHere()).toEqual([]);
    chmodSync(common, 0o1777);
    expect(await foundHere()).toEqual(mounted ? [own] : []);
    await rm(common, { recursive: true });
    makeTrash(join(folder, 'elsewhere', '4242424'), {});
    symlinkSync('elsewhere', common);
    expect(await foundHere()).toEqual([]);
  });
});
