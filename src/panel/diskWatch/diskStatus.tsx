import { GroupItem, TextItem } from '@jupyterlab/statusbar';
import type { TranslationBundle } from '@jupyterlab/translation';

import { formatBytes, formatCount, formatDuration, StatusButton } from '../components';
import { shortageOfBytes } from '../diskSpace';
import { warningIcon } from '../icons';
import type { DiskWatchModel } from './diskWatchModel';

/** What is short, in as few words as a status bar has room for; empty where nothing is. */
export function diskText(
  { disk, secondsUntilFull, shortage }: DiskWatchModel,
  trans: TranslationBundle
): string {
  if (disk === undefined) {
    return '';
  }
  if (shortage !== 'none' && disk.availableBytes === 0) {
    return trans.__('Disk full');
  }
  if (secondsUntilFull !== undefined) {
    return trans.__('Disk full in %1', roughly(secondsUntilFull, trans));
  }
  if (shortageOfBytes(disk) !== 'none') {
    return trans.__('Disk: %1 left', formatBytes(disk.availableBytes));
  }
  return shortage === 'none' || disk.inodes === undefined
    ? ''
    : trans._n(
        'Disk: room for %1 file',
        'Disk: room for %2 files',
        disk.inodes.available,
        formatCount(disk.inodes.available)
      );
}

/** A forecast is not known to the second. */
export function roughly(seconds: number, trans: TranslationBundle): string {
  return seconds < 60 ? trans.__('less than 1 min') : formatDuration(seconds, trans);
}

/** In the status bar while the disk is short; a click opens what can be freed. */
export class DiskStatus extends StatusButton<DiskWatchModel> {
  constructor(
    model: DiskWatchModel,
    private readonly trans: TranslationBundle,
    open: () => void
  ) {
    super(model, open);
    this.addClass('jp-BedrockImport-diskStatus');
  }

  protected render(): JSX.Element | null {
    const { model, trans } = this;
    const text = diskText(model, trans);
    this.toggleClass('jp-mod-urgent', model.isUrgent);
    if (text === '' || model.disk === undefined) {
      return null;
    }
    const { availableBytes, totalBytes } = model.disk;
    this.node.title = trans.__(
      '%1 of %2 available. Free up space …',
      formatBytes(availableBytes),
      formatBytes(totalBytes)
    );
    this.node.setAttribute('aria-label', trans.__('%1. Free up space …', text));
    return (
      <GroupItem spacing={4}>
        <warningIcon.react tag="span" className="jp-BedrockImport-diskStatusIcon" />
        <TextItem source={text} />
      </GroupItem>
    );
  }
}
