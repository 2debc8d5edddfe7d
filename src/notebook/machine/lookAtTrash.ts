import { deleteToTrashSetting, formatBytes, listTrash } from '../../engine';
import type { TrashFolderContents } from '../../engine';
import { code, displayedAs, heading, note, stack, table, withCellSignal } from '../display';
import type { Displayed, View } from '../display';
import { processPlace } from './processPlace';

/** What the trash holds. */
export interface TrashReport {
  folders: TrashFolderContents[];
  /** Of all folders of this user. */
  bytes: number;
  /** What makes the file browser delete for good; missing where it does. */
  setting?: { line: string; file: string; meaning: string };
}

/**
 * What was deleted and still takes room, largest first. Deletes nothing: `deleteTrash` does, for paths and
 * ids that are named here.
 *
 * @throws BedrockImportError `CANCELLED`
 */
export async function lookAtTrash(
  options: { signal?: AbortSignal } = {}
): Promise<TrashReport & Displayed> {
  const { environment, ...place } = await processPlace();
  const signal = withCellSignal(options.signal);
  const folders = await listTrash(place, { signal, mostItems: MOST_ITEMS });
  const setting = await deleteToTrashSetting(environment.host, environment);
  const report: TrashReport = {
    folders,
    bytes: folders.filter(({ foreign }) => !foreign).reduce((sum, { bytes }) => sum + bytes, 0),
    ...(setting === undefined ? {} : { setting })
  };
  return displayedAs(report, () => trashView(report));
}

const MOST_ITEMS = 20;

function trashView({ folders, bytes, setting }: TrashReport): View {
  return stack(
    note(`Deleted files of yours still take ${formatBytes(bytes)}.`),
    ...folders.map(folderView),
    folders.length === 0 && note('No trash folder was found.', { tone: 'faint' }),
    setting &&
      stack(note(setting.meaning), note(setting.file, { tone: 'faint' }), code(setting.line))
  );
}

function folderView(folder: TrashFolderContents): View {
  const { path, foreign, onRootDisk, totalItems, bytes, items, problem } = folder;
  return stack(
    heading(path),
    note(
      `${formatBytes(bytes)}${onRootDisk ? ' on the disk of JupyterLab' : ''}${foreign ? ', of another user' : ''}`,
      { tone: 'faint' }
    ),
    problem === undefined ? undefined : note(problem, { tone: 'warning' }),
    table(
      items.map(item => [
        formatBytes(item.bytes),
        item.name,
        item.originalPath,
        item.deletedAt?.replace('T', ' ')
      ]),
      {
        head: ['Takes', 'Name', 'Was', 'Deleted'],
        columns: ['right', 'left', 'left', 'left'],
        empty: 'Empty.'
      }
    ),
    totalItems > items.length && note(`and ${totalItems - items.length} more.`, { tone: 'faint' })
  );
}
