import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  statfsSync,
  symlinkSync,
  writeFileSync
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

import { canMount, mountBind, mountImage, mountTmpfs } from '../testing/mounts';
import type { Mounted } from '../testing/mounts';
import { finishRemovals, removeTree } from '.';

const withTmpfs = canMount(() => mountTmpfs('size=1m')) ? it : it.skip;
const withExt4 = canMount(() => mountImage('ext4', 16e6)) ? it : it.skip;

let base: string;
let within: string;
let canary: string;
let mounts: Mounted[];

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'removal-'));
  within = join(base, 'within');
  canary = join(base, 'canary');
  mounts = [];
  mkdirSync(within);
  mkdirSync(join(canary, 'deep'), { recursive: true });
  writeFileSync(join(canary, 'song'), 'tweet');
  writeFileSync(join(canary, 'deep', 'song'), 'tweet');
});

afterEach(async () => {
  mounts.reverse().forEach(mounted => mounted.unmount());
  await rm(base, { recursive: true, force: true });
});

function expectCanary(at = canary): void {
  expect(readdirSync(at).sort()).toEqual(['deep', 'song']);
  expect(readdirSync(join(at, 'deep'))).toEqual(['song']);
  expect(lstatSync(join(at, 'song')).size).toBe(5);
}

function makeTree(path: string, files = 3): void {
  mkdirSync(join(path, 'sub', 'below'), { recursive: true });
  for (let index = 0; index < files; index++) {
    writeFileSync(join(path, `file-${index}`), 'x'.repeat(5000));
    writeFileSync(join(path, 'sub', 'below', `file-${index}`), 'x'.repeat(5000));
  }
}

function du(path: string): number {
  return Number.parseInt(
    execFileSync('du', ['-s', '--block-size=1', path], { encoding: 'utf8' }),
    10
  );
}

describe('what is removed', () => {
  it('is the tree with all that is in it, counted as du and find do', async () => {
    const tree = join(within, 'tree');
    makeTree(tree);
    linkSync(join(tree, 'file-0'), join(tree, 'sub', 'second name'));
    symlinkSync(canary, join(tree, 'link'));
    execFileSync('mkfifo', [join(tree, 'fifo')]);
    const bytes = du(tree);
    const entries = execFileSync('find', [tree], { encoding: 'utf8' }).trim().split('\n').length;
    const seen: number[] = [];
    const result = await removeTree(tree, {
      within,
      onProgress: ({ removed }) => seen.push(removed)
    });
    expect(result).toEqual({ removed: entries, bytes, left: [] });
    expect(seen.length).toBeGreaterThan(0);
    expect(readdirSync(within)).toEqual([]);
    expectCanary();
  });

  it('can be a single file or a link, of which only the link', async () => {
    writeFileSync(join(within, 'file'), 'x');
    symlinkSync(canary, join(within, 'link'));
    expect(await removeTree(join(within, 'file'), { within })).toMatchObject({ removed: 1 });
    expect(await removeTree(join(within, 'link'), { within })).toMatchObject({ removed: 1 });
    expect(readdirSync(within)).toEqual([]);
    expectCanary();
  });

  it('may be gone already', async () => {
    const nothing = { removed: 0, bytes: 0, left: [] };
    expect(await removeTree(join(within, 'none'), { within })).toEqual(nothing);
    expect(await removeTree(join(within, 'none', 'below'), { within })).toEqual(nothing);
  });

  it('may have names with newlines, and such as are no UTF-8', async () => {
    const tree = join(within, 'tree');
    mkdirSync(join(tree, 'new\nline'), { recursive: true });
    writeFileSync(join(tree, 'new\nline', '-rf *'), 'x');
    const bad = (text: string): Buffer =>
      Buffer.concat([Buffer.from(`${tree}/`), Buffer.from(text, 'latin1')]);
    mkdirSync(bad('caf\xe9'));
    writeFileSync(bad('caf\xe9/\xe8'), 'x');
    symlinkSync(canary, bad('l\xedn'));
    expect(await removeTree(tree, { within })).toMatchObject({ left: [] });
    expect(readdirSync(within)).toEqual([]);
    expectCanary();
  });

  it('may be deeper than a path may be long', async () => {
    const tree = join(within, 'tree');
    const deep = 'for i in $(seq 40); do mkdir "$1" && cd -P "$1" && : > file || exit 1; done';
    mkdirSync(tree);
    execFileSync('sh', ['-c', deep, 'sh', 'd'.repeat(200)], { cwd: tree });
    expect(await removeTree(tree, { within })).toMatchObject({ removed: 81, left: [] });
    expect(readdirSync(within)).toEqual([]);
  });

  it('stops when it is told to, and puts back what is left', async () => {
    const tree = join(within, 'tree');
    makeTree(tree, 50);
    const stop = new AbortController();
    await expect(
      removeTree(tree, { within, signal: stop.signal, onProgress: () => stop.abort() })
    ).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(readdirSync(within)).toEqual(['tree']);
    const left = readdirSync(tree).length;
    expect(left).toBeGreaterThan(1);
    expect(left).toBeLessThan(51);
  });

  it('is also what a run that was killed has moved up', async () => {
    const name = `.removing-${'0'.repeat(32)}`;
    makeTree(join(within, name));
    makeTree(join(within, '.removing-mine'));
    writeFileSync(join(within, 'file'), 'x');
    expect(await removeTree(join(within, 'file'), { within })).toMatchObject({ removed: 10 });
    expect(readdirSync(within)).toEqual(['.removing-mine']);
    makeTree(join(within, name));
    expect(await finishRemovals({ within })).toMatchObject({ removed: 9, left: [] });
    expect(readdirSync(within)).toEqual(['.removing-mine']);
  });
});

describe('what is left', () => {
  it.each(['..', '../canary', 'x/../../canary', '.', ''])(
    'is what does not lie in the folder: %p',
    async way => {
      const path = way === '' ? within : `${within}/${way}`;
      await expect(removeTree(path, { within })).rejects.toMatchObject({ code: 'REMOVAL_OUTSIDE' });
      expectCanary();
    }
  );

  it('is what lies behind a link, in the folder or as the folder', async () => {
    symlinkSync(canary, join(within, 'link'));
    const behind = removeTree(join(within, 'link', 'song'), { within });
    await expect(behind).rejects.toMatchObject({ code: 'REMOVAL_OUTSIDE' });
    const linked = join(base, 'linked');
    symlinkSync(canary, linked);
    const through = removeTree(join(linked, 'song'), { within: linked });
    await expect(through).rejects.toMatchObject({ code: 'REMOVAL_OUTSIDE' });
    expectCanary();
  });

  withTmpfs('is another volume, and what is bound into the tree of the same one', async () => {
    const tree = join(within, 'tree');
    makeTree(tree);
    for (const name of ['bound', 'sub/bound', 'sub/other']) {
      mkdirSync(join(tree, name));
    }
    execFileSync('mount', ['--bind', canary, join(tree, 'bound')]);
    execFileSync('mount', ['--bind', canary, join(tree, 'sub', 'bound')]);
    execFileSync('mount', ['-t', 'tmpfs', 'none', join(tree, 'sub', 'other')]);
    writeFileSync(join(tree, 'sub', 'other', 'precious'), 'x');
    const result = await removeTree(tree, { within }).finally(() => {
      const points = execFileSync('findmnt', ['-rno', 'TARGET'], { encoding: 'utf8' }).split('\n');
      const ours = points.filter(point => point.startsWith(`${within}/`));
      const precious = ours.filter(point => existsSync(join(point, 'precious')));
      ours.forEach(point => execFileSync('umount', [point]));
      expect([ours.length, precious.length]).toEqual([3, 1]);
    });
    expect(result.left.map(({ path }) => path).sort()).toEqual([
      join(tree, 'bound'),
      join(tree, 'sub', 'bound'),
      join(tree, 'sub', 'other')
    ]);
    expect(result.left.every(({ error }) => error.code === 'REMOVAL_OTHER_VOLUME')).toBe(true);
    // Where it was, not under a name of ours.
    expect(readdirSync(within)).toEqual(['tree']);
    expectCanary();
  });

  withTmpfs('is a folder that is itself a mount', async () => {
    const bound = mountBind(canary);
    mounts.push(bound);
    const result = await removeTree(bound.folder, { within: tmpdir() });
    expect(result).toMatchObject({ removed: 0, left: [{ path: bound.folder }] });
    expectCanary();
  });
});

it('follows no link that another process puts in the place of a folder meanwhile', async () => {
  // Exchanges folders for links to the canary and back, as fast as it can.
  const attack = `
    import os, sys
    tree, canary = sys.argv[1:]
    print('ready', flush=True)
    while True:
        for number in range(40):
            path = f'{tree}/d{number}/sub'
            try:
                os.rename(path, f'{path}.away')
                os.symlink(canary, path)
                os.unlink(path)
                os.rename(f'{path}.away', path)
            except OSError:
                pass
  `.replace(/^ {4}/gm, '');
  for (let round = 0; round < 3; round++) {
    const tree = join(within, `tree-${round}`);
    for (let number = 0; number < 40; number++) {
      makeTree(join(tree, `d${number}`, 'sub'), 5);
    }
    const attacker = spawn('python3', ['-c', attack, tree, canary], { stdio: 'pipe' });
    try {
      await new Promise(resolve => attacker.stdout.once('data', resolve));
      await removeTree(tree, { within });
    } finally {
      attacker.kill('SIGKILL');
    }
    expectCanary();
  }
});

describe('on a volume without room', () => {
  function fill(folder: string): void {
    for (let index = 0; ; index++) {
      try {
        writeFileSync(join(folder, `fill-${index}`), Buffer.alloc(index % 2 ? 1000 : 300_000));
      } catch {
        break;
      }
    }
    for (let index = 0; ; index++) {
      try {
        writeFileSync(join(folder, `empty-${index}`), '');
      } catch {
        break;
      }
    }
  }

  withTmpfs('of which no byte and no inode is left, frees what it says', async () => {
    const volume = mountTmpfs('size=4m,nr_inodes=200');
    mounts.push(volume);
    makeTree(join(volume.folder, 'tree'), 20);
    const used = (): number => {
      const { blocks, bfree, bsize } = statfsSync(volume.folder);
      return (blocks - bfree) * bsize;
    };
    fill(volume.folder);
    expect(statfsSync(volume.folder).ffree).toBe(0);
    const before = used();
    const result = await removeTree(join(volume.folder, 'tree'), { within: volume.folder });
    expect(result.left).toEqual([]);
    expect(before - used()).toBe(result.bytes);
  });

  withExt4('on ext4 too, with folders in folders only', async () => {
    const volume = mountImage('ext4', 16e6, ['-N', '600', '-m', '0']);
    mounts.push(volume);
    const tree = join(volume.folder, 'tree');
    for (let index = 0; index < 60; index++) {
      mkdirSync(join(tree, 'a', 'b'.repeat(200), `c-${index}`, 'd'), { recursive: true });
    }
    // No place is left in the list of names of the volume's top folder either.
    for (let index = 0; index < 60; index++) {
      symlinkSync('x', join(volume.folder, `${index}-${'n'.repeat(200)}`));
    }
    fill(volume.folder);
    expect(await removeTree(tree, { within: volume.folder })).toMatchObject({ left: [] });
    expect(existsSync(tree)).toBe(false);
  });
});

it('removes folders that their owner may not write to', async () => {
  const tree = join(within, 'tree');
  makeTree(tree);
  chmodSync(join(tree, 'sub', 'below'), 0o000);
  chmodSync(join(tree, 'sub'), 0o555);
  chmodSync(tree, 0o555);
  if (process.getuid?.() === 0) {
    // Root may do everything, so somebody else has to do it.
    execFileSync('chown', ['-R', '12345:12345', base]);
    process.setegid?.(12345);
    process.seteuid?.(12345);
  }
  try {
    expect(await removeTree(tree, { within })).toMatchObject({ left: [] });
    expect(existsSync(tree)).toBe(false);
  } finally {
    process.seteuid?.(process.getuid?.() ?? 0);
    process.setegid?.(process.getgid?.() ?? 0);
  }
});
