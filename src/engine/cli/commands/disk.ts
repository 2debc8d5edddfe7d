import { resolve } from 'node:path';
import process from 'node:process';
import { Option } from 'commander';
import { formatBytes, largestSizeFor, listLargeFiles, parseSize } from '../../disk';
import type { DiskUsage, LargeFiles } from '../../disk';
import { importSizeOf, reportDisk } from '../../diskReport';
import type { DiskReport } from '../../diskReport';
import { ExitCode } from '../exitCodes';
import type { Printer } from '../output';
import type { Outcome, Session } from '../session';
import {
  counted,
  Field,
  fieldLines,
  formatMinute,
  pointLines,
  tableLines,
  wrapLines
} from '../text/layout';
import { wholeNumber } from './ask';
import type { AddSubcommand } from './command';

interface DiskOptions {
  model?: string;
  size?: string;
  path?: string;
  root?: string;
  largest?: number | true;
}

const USUAL_LARGEST = 20;
const MOST_COLUMNS = 100;
const STEP_INDENT = 5;
/** So many fit on a screen; all of them are in the document. */
const MOST_ROOM_MAKERS = 15;

export const addDiskCommand: AddSubcommand = (program, run) => {
  program
    .command('disk')
    .summary('free space, whether a model would fit, what could be freed')
    .description(
      'Shows the disk as df counts it, whether a model would fit on it with a margin of 5 % + 2 GB, what ' +
        'could be freed to make it fit, and how this host gets a larger volume. A copy to S3 needs no ' +
        'disk at all. Exits with 3 when the model does not fit. Writes nothing, so that it works on a ' +
        'disk that is full.'
    )
    .addOption(
      new Option('--model <model>', 'a model of the hub: its size is what counts').conflicts('size')
    )
    .option('--size <size>', 'such as 61GB (10^9) or 57GiB (2^30)')
    .option('--path <folder>', 'where the files would go (default: the JupyterLab root)')
    .option('--largest [number]', 'list the largest files under the root (20)', wholeNumber(1))
    .option('--root <folder>', 'the JupyterLab root to look under (default: this host’s)')
    .action((options: DiskOptions) => run(session => showDisk(session, options)));
};

async function showDisk(session: Session, options: DiskOptions): Promise<Outcome> {
  // A wrong size is told before anything is looked up.
  const givenBytes = options.size === undefined ? undefined : parseSize(options.size);
  const { signal, progress } = session;
  const found = await session.environment();
  const root = options.root === undefined ? found.root : resolve(options.root);
  const environment = { ...found, root };
  const path = options.path === undefined ? root : resolve(options.path);
  const model =
    options.model === undefined
      ? undefined
      : await importSizeOf((await session.engine()).hub, options.model, { signal });
  const sizeBytes = model?.sizeBytes ?? givenBytes;
  progress.status('Looking for what could be freed');
  const report = await reportDisk({
    sizeBytes: sizeBytes ?? 0,
    model: model?.model,
    path,
    environment,
    env: process.env,
    userId: process.getuid?.(),
    signal
  });
  const largeFiles =
    options.largest === undefined ? undefined : await findLargest(session, root, options.largest);
  progress.clear();
  const { plan, volume, ...rest } = report;
  const facts = {
    ...rest,
    largestModelBytes: largestSizeFor(plan.availableBytes),
    ...(largeFiles === undefined ? {} : { root, largeFiles })
  };
  const print = (to: Printer): void => {
    printReport(to, report, model?.model, sizeBytes);
    if (largeFiles !== undefined) {
      printLargeFiles(to, root, largeFiles);
    }
  };
  if (sizeBytes === undefined) {
    const { availableBytes, usage } = plan;
    return {
      document: {
        ...{ path, requiredBytes: 0, availableBytes, fits: true, missingBytes: 0 },
        ...facts,
        fitsAfterFreeing: true,
        usage,
        steps: []
      },
      print
    };
  }
  return {
    document: { path, ...model, ...plan, ...facts, volume },
    exitCode: plan.fits ? ExitCode.done : ExitCode.blocked,
    print
  };
}

async function findLargest(
  { progress, signal }: Session,
  root: string,
  wish: number | true
): Promise<LargeFiles> {
  progress.status('Looking for the largest files');
  return await listLargeFiles(root, {
    limit: wish === true ? USUAL_LARGEST : wish,
    signal,
    onLooked: files => progress.status(`Looking for the largest files: ${files} looked at`)
  });
}

function printReport(
  to: Printer,
  report: DiskReport,
  model: string | undefined,
  sizeBytes: number | undefined
): void {
  const { plan, folder, folderOnDisk, roomMakers, fitsAfterFreeing, steps } = report;
  const columns = Math.min(to.columns, MOST_COLUMNS);
  const largest = largestSizeFor(plan.availableBytes);
  const fields: Field[] = [
    ...usageFields(plan.usage),
    ['Hub cache', folderOnDisk ? folder : `${folder} (another disk)`]
  ];
  if (sizeBytes === undefined) {
    fields.push(['Largest model', plan.usage.unlimited ? 'any' : formatBytes(largest)]);
  } else {
    fields.push(
      ['Model', model],
      ['Model size', formatBytes(plan.sizeBytes)],
      ['Required', `${formatBytes(plan.requiredBytes)} (size x 1.05 + 2 GB)`],
      [plan.fits ? 'Fits' : 'Missing', plan.fits ? 'yes' : formatBytes(plan.missingBytes)]
    );
  }
  to.lines(fieldLines(fields));
  if (sizeBytes !== undefined) {
    to.line();
    to.lines(wrapLines(plan.explanation, columns));
    for (const step of plan.advice) {
      to.lines(pointLines(step, columns));
    }
  }
  if (roomMakers.length > 0) {
    to.line();
    to.line(
      sizeBytes === undefined || plan.fits
        ? 'What could be freed:'
        : `What could be freed, which would ${fitsAfterFreeing ? 'be enough' : 'not be enough'}:`
    );
    to.lines(
      tableLines(
        roomMakers
          .slice(0, MOST_ROOM_MAKERS)
          .map(({ label, bytes, path }) => [formatBytes(bytes), label, path]),
        { columns: ['right', 'left', 'left'], indent: 2 }
      )
    );
    const more = roomMakers.slice(MOST_ROOM_MAKERS);
    if (more.length > 0) {
      const bytes = more.reduce((sum, maker) => sum + maker.bytes, 0);
      to.line(`  and ${formatBytes(bytes)} in ${more.length} more; --json lists them.`);
    }
  }
  if (sizeBytes !== undefined) {
    printVolume(to, report, columns);
  }
  for (const [index, { text, command, url }] of steps.entries()) {
    const [first = '', ...others] = wrapLines(text, columns, STEP_INDENT);
    to.line(`${`${index + 1}. `.padStart(STEP_INDENT)}${first.trimStart()}`);
    to.lines(others);
    // Never wrapped, so that it can be copied as it is.
    for (const line of [url, command].filter(given => given !== undefined)) {
      to.line(' '.repeat(STEP_INDENT) + line);
    }
  }
}

function printVolume(to: Printer, { plan, volume }: DiskReport, columns: number): void {
  if (volume === undefined || plan.fits) {
    return;
  }
  to.line();
  to.lines(
    wrapLines(
      volume.problem ??
        `For ${formatBytes(plan.sizeBytes)} beside what is there now, a volume needs ${volume.neededGb} GB (of 2^30 bytes). ${volume.rules.join(' ')}`.trim(),
      columns
    )
  );
}

function printLargeFiles(to: Printer, root: string, found: LargeFiles): void {
  to.line();
  to.line(`The largest of ${counted(found.looked, 'file')} under ${root}:`);
  to.lines(
    tableLines(
      found.files.map(({ bytes, modifiedAt, outputBytes, path }) => [
        formatBytes(bytes),
        formatMinute(new Date(modifiedAt)),
        outputBytes === undefined ? '' : `${formatBytes(outputBytes)} in outputs`,
        path
      ]),
      { columns: ['right', 'left', 'right', 'left'], indent: 2 }
    )
  );
  if (found.unreadable > 0) {
    to.line(
      `${counted(found.unreadable, 'file or folder', 'files or folders')} could not be looked at.`
    );
  }
}

function usageFields(usage: DiskUsage): Field[] {
  return [
    ['Path', usage.path],
    ['File system', usage.fileSystemType],
    ['Total', usage.unlimited ? 'elastic, grows as needed' : formatBytes(usage.totalBytes)],
    ['Used', formatBytes(usage.usedBytes)],
    ['Available', usage.unlimited ? 'elastic' : formatBytes(usage.availableBytes)],
    [
      'Reserved',
      usage.reservedBytes > 0 ? `${formatBytes(usage.reservedBytes)} (root only)` : undefined
    ],
    ['Free inodes', usage.inodes ? `${usage.inodes.available} of ${usage.inodes.total}` : undefined]
  ];
}
