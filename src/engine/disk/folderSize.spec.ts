import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { measureFolder } from './folderSize';
import { deviceOf, mountPointOf } from './mountPoint';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'size-spec-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function du(path: string): number {
  return Number.parseInt(
    execFileSync('du', ['-s', '-x', '--block-size=1', path], { encoding: 'utf8' }),
    10
  );
}

function fill(name: string, bytes: number): string {
  const path = join(folder, name);
  writeFileSync(path, new Uint8Array(bytes).fill(1));
  return path;
}

/** Only root can, and not in every container. */
function mountTmpfs(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('measureFolder', () => {
  it('says what du says of files, folders, links, hard links and files with holes', async () => {
    mkdirSync(join(folder, 'a', 'b'), { recursive: true });
    fill('a/plain', 100_000);
    fill('a/b/empty', 0);
    linkSync(fill('a/b/twice', 50_000), join(folder, 'second-name'));
    linkSync(join(folder, 'second-name'), join(folder, 'third-name'));
    const holes = fill('holes', 4096);
    truncateSync(holes, 1_000_000_000);
    symlinkSync('/usr', join(folder, 'link-to-folder'));
    symlinkSync(holes, join(folder, 'link-to-file'));
    symlinkSync('.', join(folder, 'circle'));
    const size = await measureFolder(folder);
    expect(size).toEqual({ bytes: du(folder), unreadable: 0 });
    expect(size?.bytes).toBeLessThan(1_000_000);
  });

  it('counts a file once whose other name lies outside', async () => {
    const inner = join(folder, 'inner');
    mkdirSync(inner);
    linkSync(fill('outside', 50_000), join(inner, 'name'));
    expect((await measureFolder(inner))?.bytes).toBe(du(inner));
  });

  it('says what du says of many files in many folders', async () => {
    for (let one = 0; one < 40; one++) {
      mkdirSync(join(folder, `folder-${one}`, 'deep'), { recursive: true });
      for (let file = 0; file < 37; file++) {
        fill(`folder-${one}/deep/file-${file}`, file * 301);
      }
    }
    expect(await measureFolder(folder)).toEqual({ bytes: du(folder), unreadable: 0 });
  });

  it('stays on the file system of the folder', async () => {
    const other = join(folder, 'other');
    mkdirSync(other);
    const mounted = mountTmpfs(other);
    try {
      writeFileSync(join(other, 'file'), new Uint8Array(mounted ? 500_000 : 0));
      expect((await measureFolder(folder))?.bytes).toBe(du(folder));
      expect(await mountPointOf(other)).toBe(mounted ? other : await mountPointOf(folder));
    } finally {
      if (mounted) {
        execFileSync('umount', [other]);
      }
    }
  });

  it('counts what it may not look into, and goes on', async () => {
    const closed = join(folder, 'closed');
    mkdirSync(closed);
    fill('closed/file', 50_000);
    fill('open', 50_000);
    const withClosed = du(folder);
    chmodSync(closed, 0);
    // What root may look into, another user may not.
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) {
      chownSync(folder, 65_534, 65_534);
      process.seteuid?.(65_534);
    }
    try {
      const size = await measureFolder(folder);
      expect(size?.unreadable).toBe(1);
      expect(size?.bytes).toBeLessThan(withClosed);
      expect(size?.bytes).toBeGreaterThan(50_000);
    } finally {
      if (isRoot) {
        process.seteuid?.(0);
      }
      chmodSync(closed, 0o700);
    }
  });

  it('survives that files are deleted meanwhile', async () => {
    const paths = Array.from({ length: 400 }, (_, index) => fill(`file-${index}`, 10));
    const measured = measureFolder(folder);
    for (const path of paths) {
      unlinkSync(path);
      await new Promise(resolve => setImmediate(resolve));
    }
    expect((await measured)?.unreadable).toBe(0);
  });

  it('is also told of each entry of a folder, as du does that is given them all', async () => {
    mkdirSync(join(folder, 'files', 'deep', 'down'), { recursive: true });
    const large = fill('files/deep/down/large', 100_000);
    linkSync(large, join(folder, 'files', 'deep', 'second name'));
    fill('files/small', 5);
    symlinkSync('/usr', join(folder, 'files', 'link'));
    const files = join(folder, 'files');
    const parts = { of: new Set([files]), bytes: new Map<string, number>() };
    const size = await measureFolder(folder, { parts });
    const entries = ['deep', 'link', 'small'].map(name => join(files, name));
    expect(parts.bytes).toEqual(new Map(entries.map(path => [path, du(path)])));
    expect(size?.bytes).toBe(du(folder));
  });

  it('is nothing where there is no folder', async () => {
    symlinkSync(folder, join(folder, 'link'));
    expect(await measureFolder(join(folder, 'none'))).toBeUndefined();
    expect(await measureFolder(fill('file', 1))).toBeUndefined();
    expect(await measureFolder(join(folder, 'link'))).toBeUndefined();
  });

  it('can be stopped', async () => {
    fill('file', 1);
    const stop = new AbortController();
    const measured = measureFolder(folder, { signal: stop.signal });
    stop.abort();
    await expect(measured).rejects.toMatchObject({ code: 'CANCELLED', kind: 'cancelled' });
  });
});

describe('the device of a path', () => {
  it('is that of its nearest folder, where a link leads', async () => {
    const here = await deviceOf(folder);
    expect(await deviceOf(join(folder, 'not', 'there'))).toBe(here);
    symlinkSync('/proc', join(folder, 'elsewhere'));
    expect(await deviceOf(join(folder, 'elsewhere', 'none'))).toBe(await deviceOf('/proc'));
    expect(await deviceOf(join(folder, 'elsewhere'))).not.toBe(here);
  });

  it('ends at the mount point', async () => {
    expect(await mountPointOf('/proc/self/fd')).toBe('/proc');
    rmSync(join(folder, 'none'), { force: true });
    await expect(mountPointOf(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
