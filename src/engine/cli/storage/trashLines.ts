import { formatBytes } from '../../disk';
import type { TrashedItem, TrashFolderContents, TrashSetting } from '../../trash';
import type { Printer } from '../output';
import { counted, pointLines, tableLines } from '../text/layout';

const MOST_ITEMS = 50;
const WIDEST = 100;

export function printTrash(
  to: Printer,
  folders: readonly TrashFolderContents[],
  setting: TrashSetting | undefined
): void {
  if (folders.length === 0) {
    to.line('There is no trash.');
  }
  for (const folder of folders) {
    const owner = folder.foreign ? `, of another user (${folder.userId ?? 'unknown'})` : '';
    to.line(
      `${folder.path}: ${counted(folder.totalItems, 'item')}, ${formatBytes(folder.bytes)}${owner}`
    );
    if (folder.problem !== undefined) {
      to.lines(pointLines(folder.problem, Math.min(to.columns, WIDEST), 2));
    }
    printDeletion(to, folder.items, folder.totalItems);
  }
  if (setting !== undefined) {
    to.line();
    to.lines(
      pointLines(
        `${setting.meaning} ${setting.file}: ${setting.line}`,
        Math.min(to.columns, WIDEST)
      )
    );
  }
}

/** Items with their sizes, the largest first. */
export function printDeletion(
  to: Printer,
  items: readonly TrashedItem[],
  totalItems = items.length
): void {
  const rows = items
    .slice(0, MOST_ITEMS)
    .map(item => [
      formatBytes(item.bytes),
      item.deletedAt?.replace('T', ' ') ?? '',
      item.originalPath ?? item.id
    ]);
  to.lines(tableLines(rows, { columns: ['right', 'left', 'left'], indent: 2 }));
  if (totalItems > rows.length) {
    to.line(`  and ${totalItems - rows.length} more`);
  }
}
