import { nullTranslator } from '@jupyterlab/translation';

import type { DiskSpace, Machine, MachineStorage } from '../../protocol';
import { CommandIDs } from '../commandIds';
import { DISK, MACHINE, STORAGE } from './testing/machineFacts';
import { findWarnings } from './warnings';

const trans = nullTranslator.load('jupyterlab_bedrock_import');

function found(facts: {
  machine?: Partial<Machine>;
  disk?: Partial<DiskSpace>;
  storage?: Partial<MachineStorage>;
}): ReturnType<typeof findWarnings> {
  return findWarnings(
    {
      machine: { ...MACHINE, ...facts.machine },
      disk: { ...DISK, ...facts.disk },
      storage: { ...STORAGE, ...facts.storage }
    },
    trans
  );
}

function ids(facts: Parameters<typeof found>[0]): string[] {
  return found(facts).map(({ id }) => id);
}

function trashOf(bytes: number, onRootDisk = true): Partial<MachineStorage> {
  return {
    trash: {
      folders: [{ path: '/somewhere/Trash', items: 3, bytes, onRootDisk }],
      items: onRootDisk ? 3 : 0,
      bytes: onRootDisk ? bytes : 0
    }
  };
}

describe('warnings', () => {
  it('are none where nothing is to be done or known', () => {
    expect(found({})).toEqual([]);
    expect(findWarnings({}, trans)).toEqual([]);
    expect(ids({ machine: { hasHubToken: false, customEndpoints: true } })).toEqual([]);
  });

  it.each([
    [2e9, 20e9, false],
    [1.9e9, 20e9, true],
    [4.9e9, 100e9, true],
    [5e9, 100e9, false],
    [0, 100e9, true]
  ])('say of %d of %d bytes whether the disk is nearly full', (availableBytes, totalBytes, is) => {
    const disk = { availableBytes, totalBytes };
    const storage = trashOf(0);
    expect(ids({ disk, storage })).toEqual(is ? ['nearly-full'] : []);
    expect(ids({ disk: { ...disk, unlimited: true }, storage })).toEqual([]);
  });

  it.each([
    ['notebook-instance', /stop the instance/],
    ['studio-space', /stop the space/],
    ['unified-studio', /stop the space/],
    ['plain-jupyter', /needs no room here\.$/]
  ] as const)('tell how a %s gets more room', (host, step) => {
    const [warning] = found({ machine: { host }, disk: { availableBytes: 1e9 } });
    expect(warning?.found).toBe('The disk is nearly full: 1.00 GB available.');
    expect(warning?.nextStep).toMatch(step);
    expect(warning?.action?.command).toBe(CommandIDs.openStorage);
  });

  it('name the trash where emptying it brings something, and lead there', () => {
    expect(ids({ storage: trashOf(0.9e9) })).toEqual([]);
    expect(ids({ storage: trashOf(1.1e9) })).toEqual(['trash']);
    expect(ids({ storage: trashOf(0.2e9), disk: { totalBytes: 10e9 } })).toEqual(['trash']);
    expect(ids({ storage: trashOf(50e9, false) })).toEqual([]);
    expect(ids({ storage: trashOf(0.9e9), disk: { unlimited: true } })).toEqual([]);
    expect(found({ storage: trashOf(3.2e9) })[0]).toMatchObject({
      found: 'Emptying the trash frees 3.20 GB.',
      action: { label: 'Free up space …', command: CommandIDs.openStorage }
    });
  });

  it.each([
    ['notebook-instance', /On a Notebook Instance/],
    ['studio-space', /file browser of a space deletes for good/],
    ['plain-jupyter', /may be moved to the trash/]
  ] as const)('tell what the trash is on a %s', (host, step) => {
    expect(found({ machine: { host }, storage: trashOf(3e9) })[0]?.nextStep).toMatch(step);
  });

  it('name inodes only when hardly any is left', () => {
    const inodes = { total: 1_000_000, used: 985_000, available: 15_000 };
    expect(ids({ disk: { inodes } })).toEqual([]);
    const [warning] = found({ disk: { inodes: { ...inodes, available: 9_000 } } });
    expect(warning?.id).toBe('few-inodes');
    expect(warning?.found).toContain('9,000 more files');
    expect(warning?.action?.command).toBe(CommandIDs.openStorage);
  });

  it('name a missing Region, and all that the engine found odd', () => {
    expect(ids({ machine: { region: undefined, warnings: ['One.', 'Two.'] } })).toEqual([
      'no-region',
      'machine-0',
      'machine-1'
    ]);
  });

  it('lead to where caches are steered from those of the engine that it would end', () => {
    const warnings = found({ machine: { warnings: ['One.', 'Two.'], cacheWarnings: ['Two.'] } });
    expect(warnings.map(({ id, action }) => [id, action?.command])).toEqual([
      ['machine-0', undefined],
      ['machine-1', CommandIDs.openSteering]
    ]);
  });

  it('name a cache that leads out of the root, and leave others to the engine', () => {
    const path = '/home/ec2-user/SageMaker/hf/hub';
    const hubCache = { path, exists: true, bytes: 1, onRootDisk: false };
    expect(found({ storage: { hubCache } })).toMatchObject([
      { id: 'cache-elsewhere', paths: [path], action: { command: CommandIDs.openSteering } }
    ]);
    expect(ids({ storage: { hubCache }, machine: { host: 'plain-jupyter' } })).toEqual([]);
    expect(ids({ storage: { hubCache: { ...hubCache, path: '/home/ec2-user/x' } } })).toEqual([]);
  });
});
