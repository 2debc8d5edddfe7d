import { formatBytes } from '../../disk';
import type { DownloadPlan } from '../../transfer';
import type { Printer } from '../output';
import { counted, fieldLines } from './layout';

/** What a copy through the disk leaves there, and whether there is room for it. */
export function printDownload(to: Printer, plan: DownloadPlan): void {
  const cached = plan.files.filter(({ state }) => state === 'cached');
  to.lines(
    fieldLines([
      ['On disk', plan.cacheFolder],
      [
        'There already',
        `${formatBytes(plan.cachedBytes)}, ${counted(cached.length, 'whole file')}`
      ],
      ['To download', formatBytes(plan.bytesToDownload)],
      [
        'Needed',
        plan.requiredBytes === 0
          ? 'no room'
          : `${formatBytes(plan.requiredBytes)} (size x 1.05 + 2 GB)`
      ],
      ['Available', plan.disk.usage.unlimited ? 'elastic' : formatBytes(plan.availableBytes)]
    ])
  );
}
