import type { TranslationBundle } from '@jupyterlab/translation';

import type { DiskSpace, MachineStorage } from '../../protocol';
import { formatBytes, useTrans } from '../components';
import { PartsBar } from '../diskSpace';
import type { DiskPart } from '../diskSpace';

interface DiskParts {
  /** Of each part of the bar, in bytes; they make up the whole disk. */
  bar: readonly (readonly [DiskPart, number])[];
  cache: number | undefined;
  trash: number | undefined;
}

/** What the disk is divided into, from left to right. */
export function diskParts(disk: DiskSpace, storage: MachineStorage | undefined): DiskParts {
  const { usedBytes, reservedBytes, availableBytes } = disk;
  const cache = storage?.hubCache.onRootDisk === true ? storage.hubCache.bytes : undefined;
  const trash = storage?.trash.bytes;
  // They are measured at another moment than the disk: together they fit into what is used.
  const cacheShown = Math.min(cache ?? 0, usedBytes);
  const trashShown = Math.min(trash ?? 0, usedBytes - cacheShown);
  return {
    bar: [
      ['used', usedBytes - cacheShown - trashShown],
      ['cache', cacheShown],
      ['trash', trashShown],
      ['reserved', reservedBytes],
      ['available', availableBytes]
    ],
    cache,
    trash
  };
}

/** The disk as one bar. */
export function DiskBar(props: { disk?: DiskSpace; storage?: MachineStorage }): JSX.Element {
  const trans = useTrans();
  const { disk, storage } = props;
  if (disk === undefined) {
    return <PartsBar label={undefined} parts={[]} />;
  }
  const { bar, cache, trash } = diskParts(disk, storage);
  return <PartsBar label={describe(disk, cache, trash, trans)} parts={bar} />;
}

function describe(
  disk: DiskSpace,
  cache: number | undefined,
  trash: number | undefined,
  trans: TranslationBundle
): string {
  const total = formatBytes(disk.totalBytes);
  const used = formatBytes(disk.usedBytes);
  const reserved = formatBytes(disk.reservedBytes);
  const available = formatBytes(disk.availableBytes);
  return trash === undefined
    ? trans.__(
        'Disk of %1: %2 used, %3 reserved for the system, %4 available.',
        total,
        used,
        reserved,
        available
      )
    : trans.__(
        'Disk of %1: %2 used, of which %5 by the hub cache and %6 by the trash, %3 reserved for the system, %4 available.',
        total,
        used,
        reserved,
        available,
        formatBytes(cache ?? 0),
        formatBytes(trash)
      );
}

/** Names and numbers of the parts of the bar. */
export function DiskLegend(props: {
  disk?: DiskSpace;
  storage?: MachineStorage;
  /** The storage is being measured or will be. */
  measuring: boolean;
}): JSX.Element {
  const trans = useTrans();
  const { disk, storage, measuring } = props;
  const size = (bytes: number | undefined): string =>
    bytes === undefined ? '…' : formatBytes(bytes);
  const unknown = measuring ? '…' : trans.__('unknown');
  const elsewhere = storage !== undefined && !storage.hubCache.onRootDisk;
  return (
    <div className="jp-BedrockImport-diskLegend">
      <ul>
        <Entry name="used" label={trans.__('Used')} size={size(disk?.usedBytes)} />
        <Entry
          name={elsewhere ? undefined : 'cache'}
          part
          label={elsewhere ? trans.__('Hub cache, on another disk') : trans.__('Hub cache')}
          size={storage === undefined ? unknown : size(storage.hubCache.bytes)}
          title={storage?.hubCache.path}
        />
        <Entry
          name="trash"
          part
          label={trans.__('Trash')}
          size={storage === undefined ? unknown : size(storage.trash.bytes)}
          title={storage?.trash.folders.map(({ path }) => path).join('\n')}
        />
      </ul>
      {disk?.unlimited !== true && (
        <ul>
          {disk !== undefined && disk.reservedBytes > 0 && (
            <Entry
              name="reserved"
              label={trans.__('Reserved')}
              size={size(disk.reservedBytes)}
              title={trans.__('Only the system may use it.')}
            />
          )}
          <Entry name="available" label={trans.__('Available')} size={size(disk?.availableBytes)} />
        </ul>
      )}
    </div>
  );
}

function Entry(props: {
  /** Missing: not in the bar. */
  name: DiskPart | undefined;
  label: string;
  size: string;
  title?: string;
  /** Of the entry above. */
  part?: boolean;
}): JSX.Element {
  const { name, label, size, title, part = false } = props;
  return (
    <li className={part ? 'jp-mod-part' : ''} title={title === '' ? undefined : title}>
      <span
        className={`jp-BedrockImport-diskPart ${name === undefined ? '' : `jp-mod-${name}`}`}
        aria-hidden="true"
      />
      <span>{label}</span>
      <span className="jp-BedrockImport-diskSize">{size}</span>
    </li>
  );
}
