import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { measureHubCache } from './measureHubCache';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cache-spec-'));
});

afterEach(() => rm(root, { recursive: true, force: true }));

function makeCache(folder: string): number {
  const model = join(folder, 'models--org--name');
  mkdirSync(join(model, 'blobs'), { recursive: true });
  mkdirSync(join(model, 'snapshots', 'sha'), { recursive: true });
  writeFileSync(join(model, 'blobs', 'hash'), new Uint8Array(300_000).fill(1));
  symlinkSync('../../blobs/hash', join(model, 'snapshots', 'sha', 'weights'));
  return Number.parseInt(
    execFileSync('du', ['-s', '--block-size=1', folder], { encoding: 'utf8' }),
    10
  );
}

describe('measureHubCache', () => {
  it('counts the files once that snapshots link to', async () => {
    const folder = join(root, 'hub');
    const bytes = makeCache(folder);
    expect(await measureHubCache({ folder, root })).toEqual({
      path: folder,
      exists: true,
      bytes,
      onRootDisk: true,
      unreadable: 0
    });
  });

  it('measures a cache that is a link where it leads', async () => {
    const bytes = makeCache(join(root, 'big', 'hub'));
    symlinkSync('big', join(root, 'huggingface'));
    const folder = join(root, 'huggingface', 'hub');
    expect(await measureHubCache({ folder, root })).toMatchObject({ exists: true, bytes });
    symlinkSync('big/hub', join(root, 'direct'));
    expect(await measureHubCache({ folder: join(root, 'direct'), root })).toMatchObject({ bytes });
  });

  it('says on which disk a cache would be that does not exist yet', async () => {
    expect(await measureHubCache({ folder: join(root, 'x', 'hub'), root })).toEqual({
      path: join(root, 'x', 'hub'),
      exists: false,
      bytes: 0,
      onRootDisk: true,
      unreadable: 0
    });
    expect(await measureHubCache({ folder: '/proc/none/hub', root })).toMatchObject({
      exists: false,
      onRootDisk: false
    });
  });

  it('can be stopped', async () => {
    makeCache(join(root, 'hub'));
    await expect(
      measureHubCache({ folder: join(root, 'hub'), root, signal: AbortSignal.abort() })
    ).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
