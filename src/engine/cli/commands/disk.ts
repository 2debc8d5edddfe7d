import { Option } from 'commander';
import { DiskPlan, formatBytes, parseSize, planDisk } from '../../disk';
import { openHubModel, parseModelReference } from '../../hub';
import { selectImportFiles } from '../../model';
import { ExitCode } from '../exitCodes';
import type { Outcome, Session } from '../session';
import { Field, fieldLines, pointLines, wrapLines } from '../text/layout';
import type { AddSubcommand } from './command';

interface DiskOptions {
  model?: string;
  size?: string;
  path?: string;
}

/** The rule `size × 1.05 + 2 GB`, solved for the size. */
const MARGIN_FACTOR = 1.05;
const MARGIN_BYTES = 2e9;

export const addDiskCommand: AddSubcommand = (program, run) => {
  program
    .command('disk')
    .summary('free space, and whether a model of a size would fit')
    .description(
      'Shows the disk as df counts it and whether a model would fit on it with a margin of 5 % + 2 GB. ' +
        'A copy to S3 needs no disk at all. Exits with 3 when the model does not fit.'
    )
    .addOption(
      new Option('--model <model>', 'a model of the hub: its size is what counts').conflicts('size')
    )
    .option('--size <size>', 'such as 61GB (10^9) or 57GiB (2^30)')
    .option('--path <folder>', 'where the files would go (default: the JupyterLab root)')
    .action((options: DiskOptions) => run(session => showDisk(session, options)));
};

async function showDisk(session: Session, options: DiskOptions): Promise<Outcome> {
  // A wrong size is told before anything is looked up.
  const givenBytes = options.size === undefined ? undefined : parseSize(options.size);
  const environment = await session.environment();
  const path = options.path ?? environment.root;
  const model = options.model === undefined ? undefined : await importSize(session, options.model);
  const sizeBytes = model?.sizeBytes ?? givenBytes;
  const plan = await planDisk({ sizeBytes: sizeBytes ?? 0, path, environment });
  const largestModelBytes = Math.max(
    0,
    Math.floor((plan.availableBytes - MARGIN_BYTES) / MARGIN_FACTOR)
  );
  if (sizeBytes === undefined) {
    return {
      document: {
        path,
        requiredBytes: 0,
        availableBytes: plan.availableBytes,
        fits: true,
        missingBytes: 0,
        largestModelBytes,
        usage: plan.usage
      },
      print: to => {
        to.lines(
          fieldLines([...usageFields(plan), ['Largest model', formatBytes(largestModelBytes)]])
        );
      }
    };
  }
  return {
    document: { path, ...model, ...plan, largestModelBytes },
    exitCode: plan.fits ? ExitCode.done : ExitCode.blocked,
    print: to => {
      to.lines(
        fieldLines([
          ...usageFields(plan),
          ['Model', model?.model],
          ['Model size', formatBytes(plan.sizeBytes)],
          ['Required', `${formatBytes(plan.requiredBytes)} (size x 1.05 + 2 GB)`],
          [plan.fits ? 'Fits' : 'Missing', plan.fits ? 'yes' : formatBytes(plan.missingBytes)]
        ])
      );
      to.line();
      to.lines(wrapLines(plan.explanation, Math.min(to.columns, 100)));
      for (const step of plan.nextSteps) {
        to.lines(pointLines(step, Math.min(to.columns, 100)));
      }
    }
  };
}

async function importSize(
  session: Session,
  text: string
): Promise<{ model: string; sizeBytes: number }> {
  const { hub } = await session.engine();
  const reference = parseModelReference(text, { endpoint: hub.endpoint });
  const model = await openHubModel(hub, reference, { signal: session.signal });
  return { model: model.id, sizeBytes: selectImportFiles(model.files).totalBytes };
}

function usageFields({ usage }: DiskPlan): Field[] {
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
