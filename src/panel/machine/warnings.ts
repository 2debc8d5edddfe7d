import type { TranslationBundle } from '@jupyterlab/translation';

import type { DiskSpace, HostKind, Machine, MachineStorage } from '../../protocol';
import { CommandIDs } from '../commandIds';
import { formatBytes, formatCount } from '../components';
import { shortageOfBytes, shortageOfInodes } from '../diskSpace';

/** Something about the machine that the user can put right. */
export interface MachineWarning {
  id: string;
  /** Of the disk itself: to be seen before its details. */
  urgent?: boolean;
  found: string;
  nextStep?: string;
  /** Folders that the next step speaks of. */
  paths?: string[];
  /** What puts it right, or leads to where it can be. */
  action?: WarningAction;
}

export interface WarningAction {
  label: string;
  /** A command, which may not be there. */
  command: string;
  args?: Readonly<Record<string, string>>;
}

export interface MachineFacts {
  machine?: Machine;
  disk?: DiskSpace;
  storage?: MachineStorage;
}

const MUCH_TRASH_BYTES = 1e9;
const MUCH_TRASH_SHARE = 0.01;

/** Only what there is something to do about, the most urgent first. */
export function findWarnings(facts: MachineFacts, trans: TranslationBundle): MachineWarning[] {
  const { machine, disk, storage } = facts;
  return [
    disk && nearlyFull(disk, machine?.host, trans),
    disk && fewInodes(disk, trans),
    storage && muchTrash(storage, disk, machine?.host, trans),
    machine && noRegion(machine, trans),
    machine && storage && cacheElsewhere(machine, storage, trans),
    ...(machine?.warnings ?? []).map((found, index) => ({
      id: `machine-${index}`,
      found,
      action: machine?.cacheWarnings?.includes(found) === true ? steering(trans) : undefined
    }))
  ].filter(warning => warning !== undefined);
}

function freeing(trans: TranslationBundle): WarningAction {
  return { label: trans.__('Free up space …'), command: CommandIDs.openStorage };
}

function steering(trans: TranslationBundle): WarningAction {
  return { label: trans.__('Cache and temp folders …'), command: CommandIDs.openSteering };
}

function nearlyFull(
  disk: DiskSpace,
  host: HostKind | undefined,
  trans: TranslationBundle
): MachineWarning | undefined {
  if (shortageOfBytes(disk) === 'none') {
    return undefined;
  }
  const { availableBytes } = disk;
  return {
    id: 'nearly-full',
    urgent: true,
    found:
      availableBytes === 0
        ? trans.__('The disk is full.')
        : trans.__('The disk is nearly full: %1 available.', formatBytes(availableBytes)),
    nextStep: moreRoom(host, trans),
    action: freeing(trans)
  };
}

function moreRoom(host: HostKind | undefined, trans: TranslationBundle): string {
  switch (host) {
    case 'notebook-instance':
      return trans.__(
        'An import that streams needs no room here. For more room, free up space, or stop the instance and give it a larger volume.'
      );
    case 'studio-space':
    case 'unified-studio':
      return trans.__(
        'An import that streams needs no room here. For more room, free up space, or stop the space and give it more storage.'
      );
    case 'plain-jupyter':
    case undefined:
      return trans.__('An import that streams needs no room here.');
  }
}

function fewInodes(disk: DiskSpace, trans: TranslationBundle): MachineWarning | undefined {
  const { inodes } = disk;
  if (inodes === undefined || shortageOfInodes(disk) === 'none') {
    return undefined;
  }
  return {
    id: 'few-inodes',
    urgent: true,
    found: trans._n(
      'Room for only %1 more file: the inodes of the disk are nearly used up.',
      'Room for only %2 more files: the inodes of the disk are nearly used up.',
      inodes.available,
      formatCount(inodes.available)
    ),
    nextStep: trans.__('Delete folders with many small files, such as old environments.'),
    action: freeing(trans)
  };
}

function muchTrash(
  { trash }: MachineStorage,
  disk: DiskSpace | undefined,
  host: HostKind | undefined,
  trans: TranslationBundle
): MachineWarning | undefined {
  const sized = disk?.unlimited === false;
  const much =
    trash.bytes > MUCH_TRASH_BYTES || (sized && trash.bytes > disk.totalBytes * MUCH_TRASH_SHARE);
  if (!much || trash.items === 0) {
    return undefined;
  }
  return {
    id: 'trash',
    found: trans.__('Emptying the trash frees %1.', formatBytes(trash.bytes)),
    nextStep: whyTrash(host, trans),
    action: freeing(trans)
  };
}

function whyTrash(host: HostKind | undefined, trans: TranslationBundle): string {
  switch (host) {
    case 'notebook-instance':
      return trans.__(
        'On a Notebook Instance, what you delete in the file browser is moved to the trash and still takes its room.'
      );
    case 'studio-space':
    case 'unified-studio':
      return trans.__(
        'The file browser of a space deletes for good; this was put into the trash by other programs.'
      );
    case 'plain-jupyter':
    case undefined:
      return trans.__(
        'What you delete in the file browser may be moved to the trash and still take its room.'
      );
  }
}

function noRegion({ region }: Machine, trans: TranslationBundle): MachineWarning | undefined {
  return region === undefined
    ? {
        id: 'no-region',
        found: trans.__('No AWS Region is set.'),
        nextStep: trans.__(
          'Set AWS_REGION where the Jupyter server is started, or a region in ~/.aws/config, then restart the server.'
        )
      }
    : undefined;
}

/** A cache outside of the root is in the warnings of the engine; this one leads out of it by a link or mount. */
function cacheElsewhere(
  { host, root }: Machine,
  { hubCache }: MachineStorage,
  trans: TranslationBundle
): MachineWarning | undefined {
  const inside = hubCache.path.startsWith(root.endsWith('/') ? root : `${root}/`);
  if (hubCache.onRootDisk || !inside || host === 'plain-jupyter') {
    return undefined;
  }
  return {
    id: 'cache-elsewhere',
    found: trans.__(
      'The hub cache is on another disk than your files: it may be lost when this machine stops.'
    ),
    paths: [hubCache.path],
    action: steering(trans)
  };
}
