import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readDiskUsage } from '../disk';
import { detectEnvironment, processHostSource } from '../environment';
import type { Environment } from '../environment';
import { canMount, mountTmpfs } from '../testing/mounts';
import type { Mounted } from '../testing/mounts';
import { findRoomMakers, reportDisk } from '.';
import type { DiskReport } from '.';

const MiB = 2 ** 20;
const onTmpfs = canMount(() => mountTmpfs('size=1m')) ? it : it.skip;

let folder: string;
let mounted: Mounted[];
let found: Environment;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'report-'));
  mounted = [];
  found = await detectEnvironment({ source: { ...processHostSource(), env: {} } });
});

afterEach(() => {
  mounted.forEach(one => one.unmount());
  rmSync(folder, { recursive: true, force: true });
});

function disk(options: string): string {
  const one = mountTmpfs(options);
  mounted.push(one);
  return one.folder;
}

function write(path: string, bytes: number): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, new Uint8Array(bytes).fill(1));
  return path;
}

/** A host of a kind whose root and home are given. */
function hostWith(changes: Partial<Environment>): Environment {
  return { ...found, stateDirectory: join(folder, 'state'), ...changes };
}

function report(
  environment: Environment,
  more: { sizeBytes: number; path?: string; env?: Record<string, string> }
): Promise<DiskReport> {
  return reportDisk({ env: {}, userId: process.getuid?.(), ...more, environment });
}

/** A model as huggingface_hub keeps it. */
function cacheModel(hub: string, name: string, bytes: number): string {
  const repository = join(hub, `models--${name.replace('/', '--')}`);
  const commit = 'c'.repeat(40);
  const blob = 'b'.repeat(64);
  write(join(repository, 'blobs', blob), bytes);
  mkdirSync(join(repository, 'snapshots', commit), { recursive: true });
  symlinkSync(`../../blobs/${blob}`, join(repository, 'snapshots', commit, 'model.safetensors'));
  return repository;
}

describe('what could be freed', () => {
  onTmpfs('is told item by item, the largest first, of this disk only', async () => {
    const root = disk('size=64m');
    const other = disk('size=64m');
    const home = join(root, 'home');
    const hub = join(home, '.cache', 'huggingface', 'hub');
    cacheModel(hub, 'org/large', 20 * MiB);
    cacheModel(hub, 'org/small', 4 * MiB);
    cacheModel(hub, 'org/tiny', 1000);
    const incomplete = join(hub, 'models--org--small', 'blobs', `${'d'.repeat(64)}.incomplete`);
    write(incomplete, 2 * MiB);
    const trash = join(home, '.local', 'share', 'Trash');
    write(join(trash, 'files', 'a'), 10 * MiB);
    const place = { root, homeDirectory: home, stateDirectory: join(home, 'state'), env: {} };

    const makers = await findRoomMakers(root, place);
    expect(makers.map(({ id, path }) => [id, path])).toEqual([
      ['cache', join(hub, 'models--org--large')],
      ['trash', trash],
      ['cache', join(hub, 'models--org--small')]
    ]);
    expect(makers[0]).toMatchObject({ label: 'model org/large of the Hugging Face cache' });
    expect(makers[0]?.bytes).toBeGreaterThanOrEqual(20 * MiB);
    expect(makers[0]?.bytes).toBeLessThan(21 * MiB);
    expect(await findRoomMakers(other, place)).toEqual([]);
    // Whoever wants a model is not told to delete what has come of it.
    const wanted = await findRoomMakers(root, place, { keepModel: 'org/large' });
    expect(wanted).toEqual(makers.slice(1));
  });
});

describe('a report', () => {
  onTmpfs('knows whether freeing all of it would be enough', async () => {
    const home = disk('size=2200m');
    const environment = hostWith({ root: home, homeDirectory: home, host: 'studio-space' });
    const path = home;
    const { availableBytes } = await readDiskUsage(home);
    // What the rule leaves for files, less what the trash takes.
    const sizeBytes = Math.floor((availableBytes - 2e9) / 1.05) - 1 * MiB;
    write(join(home, '.local', 'share', 'Trash', 'files', 'a'), 32 * MiB);
    const enough = await report(environment, { sizeBytes, path });
    expect(enough.plan.fits).toBe(false);
    expect(enough.fitsAfterFreeing).toBe(true);
    const tooMuch = await report(environment, { sizeBytes: sizeBytes + 10 * MiB, path });
    expect(tooMuch.fitsAfterFreeing).toBe(false);
    rmSync(join(home, '.local'), { recursive: true });
    const free = await report(environment, { sizeBytes, path });
    expect(free).toMatchObject({ plan: { fits: true }, fitsAfterFreeing: true, steps: [] });
    expect(free.volume?.neededGb).toBeGreaterThan(0);
  });

  onTmpfs(
    'says that a disk beside the root cannot grow, and plans the volume of the root',
    async () => {
      const root = disk('size=16m');
      const home = disk('size=8m');
      const environment = hostWith({
        ...{ root, homeDirectory: home, host: 'notebook-instance', name: 'mine' }
      });
      const {
        folder: where,
        folderOnDisk,
        plan,
        steps,
        volume
      } = await report(environment, {
        sizeBytes: 61e9
      });
      expect(where).toBe(join(home, '.cache', 'huggingface', 'hub'));
      expect(folderOnDisk).toBe(true);
      expect(plan.usage).toMatchObject({ path: home, totalBytes: 8 * MiB });
      expect(steps[0]).toMatchObject({ command: 'bedrock-import cache steer' });
      expect(steps[0]?.text).toContain(root);
      expect(steps.map(({ command = '' }) => command).join('\n')).toContain(
        `--volume-size-in-gb ${volume?.neededGb}`
      );
      const atRoot = await report(environment, { sizeBytes: 61e9, path: root });
      expect(atRoot.folderOnDisk).toBe(false);
      expect(atRoot.steps[0]?.command).toContain('stop-notebook-instance');
    }
  );

  onTmpfs('has no volume where the file system grows by itself', async () => {
    const root = disk('size=0');
    const environment = hostWith({ root, homeDirectory: root, host: 'studio-space' });
    expect(await report(environment, { sizeBytes: 61e9 })).toMatchObject({
      plan: { fits: true },
      volume: undefined,
      steps: []
    });
  });

  it('follows the variables to the cache, and can be given up', async () => {
    const environment = hostWith({ root: folder, homeDirectory: folder });
    const env = { HF_HOME: join(folder, 'hf') };
    const { folder: where } = await report(environment, { sizeBytes: 0, env });
    expect(where).toBe(join(folder, 'hf', 'hub'));
    write(join(where, 'x'), 1);
    await expect(
      reportDisk({ sizeBytes: 0, environment, env, signal: AbortSignal.abort() })
    ).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
