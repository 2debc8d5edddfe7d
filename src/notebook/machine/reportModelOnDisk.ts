import { formatBytes, reportDisk } from '../../engine';
import type { DiskReport } from '../../engine';
import { displayedAs, heading, keyValues, note, stack, table, withCellSignal } from '../display';
import { View } from '../display';
import type { Displayed } from '../display';
import { diskPicture } from '../views';
import { processPlace } from './processPlace';

export interface ReportModelOptions {
  /** Of the files. */
  sizeBytes: number;
  /** `org/name` on the hub: what the cache has of it is not offered for deletion. */
  model?: string;
  /** The disk that the files are to be on. @default that of the Hugging Face cache */
  path?: string;
  signal?: AbortSignal;
}

/**
 * Whether a model's files fit on this machine, which way an import takes, and what could be freed. Looks and
 * changes nothing; shown as a picture of the disk.
 *
 * @throws BedrockImportError `SIZE_INVALID` (usage), `DISK_UNREADABLE`, `CANCELLED`
 */
export async function reportModelOnDisk(
  options: ReportModelOptions
): Promise<DiskReport & Displayed> {
  const { environment, env, userId } = await processPlace();
  const signal = withCellSignal(options.signal);
  const report = await reportDisk({ ...options, environment, env, userId, signal });
  return displayedAs(report, () => reportView(report));
}

/** Rows of what could be freed that are shown; the largest are first. */
const MOST_ROWS = 10;

function reportView(report: DiskReport): View {
  const { plan, roomMakers, volume, steps } = report;
  const picture = diskPicture(report);
  const rest = roomMakers.slice(MOST_ROWS);
  const words = stack(
    keyValues([
      [
        'Way of the copy',
        plan.fits
          ? 'from the hub to S3, without this disk; a download first would fit as well'
          : 'from the hub to S3, without this disk'
      ],
      ['Cache of downloads', report.folder]
    ]),
    heading('Could be freed on this disk'),
    table(
      roomMakers
        .slice(0, MOST_ROWS)
        .map(({ label, path, bytes }) => [formatBytes(bytes), label, path]),
      { columns: ['right', 'left', 'left'], empty: 'Nothing worth it.' }
    ),
    rest.length > 0 && note(`and ${rest.length} smaller ones.`, { tone: 'faint' }),
    !plan.fits &&
      volume !== undefined &&
      note(`A volume on which it fits beside what is there: ${volume.neededGb} GB.`),
    steps.length > 0 &&
      table(
        steps.map(({ text, command }, index) => [`${index + 1}.`, text, command]),
        { head: ['', 'How this disk grows', 'In a terminal'] }
      )
  );
  const both = stack(picture, words);
  return new View(both.html, both.text, picture.svg);
}
