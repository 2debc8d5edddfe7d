import type { TranslationBundle } from '@jupyterlab/translation';

import type { DiskSpace } from '../../protocol';
import { FailureNote, formatBytes, formatCount, useTrans } from '../components';
import { PartsBar, shortageOfBytes, shortageOfInodes } from '../diskSpace';
import type { StorageModel } from './storageModel';

/** The disk as it is now, so that what is done below can be seen in it. */
export function DiskNow({ model }: { model: StorageModel }): JSX.Element {
  const trans = useTrans();
  const { state, value: disk } = model.disk;
  return (
    <div className="jp-BedrockImport-diskNow">
      <div className="jp-BedrockImport-diskTitle">
        <code>{disk?.path ?? '…'}</code>
        <span>{disk === undefined ? '…' : available(disk, trans)}</span>
      </div>
      {disk?.unlimited !== true && <Bar disk={disk} />}
      {disk !== undefined && <Shortage disk={disk} />}
      {state.status === 'failed' && <FailureNote failure={state.failure} />}
    </div>
  );
}

function available(disk: DiskSpace, trans: TranslationBundle): string {
  return disk.unlimited
    ? trans.__('%1 used; elastic, without a size limit', formatBytes(disk.usedBytes))
    : trans.__(
        '%1 of %2 available',
        formatBytes(disk.availableBytes),
        formatBytes(disk.totalBytes)
      );
}

function Bar({ disk }: { disk: DiskSpace | undefined }): JSX.Element {
  const trans = useTrans();
  if (disk === undefined) {
    return <PartsBar label={undefined} parts={[]} />;
  }
  const { availableBytes, reservedBytes, totalBytes, usedBytes } = disk;
  return (
    <PartsBar
      label={trans.__(
        'Disk of %1: %2 used, %3 reserved for the system, %4 available.',
        formatBytes(totalBytes),
        formatBytes(usedBytes),
        formatBytes(reservedBytes),
        formatBytes(availableBytes)
      )}
      parts={[
        ['used', usedBytes],
        ['reserved', reservedBytes],
        ['available', availableBytes]
      ]}
    />
  );
}

function Shortage({ disk }: { disk: DiskSpace }): JSX.Element {
  const trans = useTrans();
  const { availableBytes, inodes } = disk;
  return (
    <div role="status">
      {shortageOfBytes(disk) !== 'none' && (
        <p className="jp-BedrockImport-storageProblem">
          {availableBytes === 0
            ? trans.__('The disk is full.')
            : trans.__('The disk is nearly full: %1 available.', formatBytes(availableBytes))}
        </p>
      )}
      {inodes !== undefined && shortageOfInodes(disk) !== 'none' && (
        <p className="jp-BedrockImport-storageProblem">
          {trans._n(
            'Room for only %1 more file: the inodes of the disk are nearly used up. Deleting many small files helps more than deleting large ones.',
            'Room for only %2 more files: the inodes of the disk are nearly used up. Deleting many small files helps more than deleting large ones.',
            inodes.available,
            formatCount(inodes.available)
          )}
        </p>
      )}
    </div>
  );
}
