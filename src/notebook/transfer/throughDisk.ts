import { join } from 'node:path';

import { BedrockImportError, formatBytes, planDownload, scanHubCache } from '../../engine';
import type { CopyPlan, DiskPlan } from '../../engine';
import { measureRemoval, removeAll } from '../../engine/removal';
import { formatDuration } from '../../engine/cli/text/layout';
import { displayedAs, heading, keyValues, note, stack, table, withCellSignal } from '../display';
import type { Cell, Displayed, View } from '../display';
import { currentSession } from '../session';
import { diskPicture } from '../views';
import type { MeasuredCopy } from './measureCopy';

const FOLDER = 'bedrock-import-tutorial-cache';

/**
 * A Hugging Face cache of the tutorial's own, so that what it downloads is never mixed with yours.
 *
 * @throws BedrockImportError `CELL_ORDER` before `connect()`
 */
export function tutorialCache(): string {
  return join(currentSession().environment.root, FOLDER);
}

/**
 * Whether the disk has room for what a plan through the disk downloads, as a picture.
 *
 * @throws BedrockImportError `CELL_ORDER` before `connect()`, `NOT_THROUGH_DISK` (usage) for a plan that
 *   streams, and those of `planDownload`
 */
export async function diskForDownload(
  plan: CopyPlan,
  options: { signal?: AbortSignal } = {}
): Promise<DiskPlan & Displayed> {
  const { context, environment } = currentSession();
  const { source } = plan;
  if (source.kind !== 'hub' || source.cacheFolder === undefined) {
    throw new BedrockImportError({
      code: 'NOT_THROUGH_DISK',
      message: 'The bytes of this copy do not go through the disk.',
      subject: source.modelId,
      nextStep: 'Give planCopyToS3() a { cacheFolder }.',
      kind: 'usage'
    });
  }
  const { cacheFolder } = source;
  const signal = withCellSignal(options.signal);
  const { disk } = await planDownload(context, plan, { cacheFolder, environment, signal });
  return displayedAs(disk, () => diskPicture(disk));
}

/** Copies with their names, beside each other. */
export function compareCopies(
  copies: ReadonlyArray<{ title: string; copy: MeasuredCopy; diskBytes: number }>
): View {
  const row = (label: string, of: (copy: MeasuredCopy, diskBytes: number) => string): Cell[] => [
    label,
    ...copies.map(({ copy, diskBytes }) => of(copy, diskBytes))
  ];
  return stack(
    table(
      [
        row('Moved to S3', ({ movedBytes }) => formatBytes(movedBytes)),
        row('Written to this disk', (_, diskBytes) => formatBytes(diskBytes)),
        row('Time, proof included', ({ seconds }) => formatDuration(seconds)),
        row('Mean rate', ({ bytesPerSecond }) => `${formatBytes(bytesPerSecond)} a second`),
        row('Memory at most', ({ memoryPeak }) => formatBytes(memoryPeak))
      ],
      {
        head: ['', ...copies.map(({ title }) => title)],
        columns: ['left', ...copies.map(() => 'right' as const)]
      }
    ),
    copies.some(({ copy }) => copy.nothingMoved) &&
      note('A copy that finds its files proved in S3 moves nothing, and its figures say nothing.', {
        tone: 'faint'
      })
  );
}

/** What a tutorial has downloaded, to be deleted. */
export interface TutorialCachePlan {
  path: string;
  /** Names of the models in it. */
  models: string[];
  /** What deleting it frees. */
  bytes: number;
}

/**
 * What lies in the tutorial's own cache. Changes nothing; as the last value of a cell it shows what
 * `deleteTutorialCache` would delete.
 *
 * @throws BedrockImportError `CELL_ORDER` before `connect()`, `CANCELLED`
 */
export async function planCacheDeletion(
  options: { signal?: AbortSignal } = {}
): Promise<TutorialCachePlan & Displayed> {
  const path = tutorialCache();
  const signal = withCellSignal(options.signal);
  const scan = await scanHubCache(path, { signal });
  const plan: TutorialCachePlan = {
    path,
    models: scan.repositories.map(({ name }) => name),
    bytes: scan.exists ? await measureRemoval([path], { signal }) : 0
  };
  return displayedAs(plan, () => planView(plan));
}

/**
 * Deletes the tutorial's own cache, and nothing else.
 *
 * @throws BedrockImportError `CELL_ORDER` before `connect()`, `CANCELLED`, `REMOVAL_OUTSIDE` where the folder is
 *   a link
 */
export async function deleteTutorialCache(
  plan: TutorialCachePlan,
  options: { signal?: AbortSignal } = {}
): Promise<{ bytes: number } & Displayed> {
  const { root } = currentSession().environment;
  const path = tutorialCache();
  const { exists } = await scanHubCache(path);
  const { bytes, left } = exists
    ? await removeAll([path], { within: root, signal: withCellSignal(options.signal) })
    : { bytes: 0, left: [] };
  const [first] = left;
  if (first !== undefined) {
    throw first.error;
  }
  return displayedAs({ bytes }, () =>
    stack(
      heading('Deleted'),
      keyValues([
        ['Folder', exists ? plan.path : `${plan.path} (was gone already)`],
        ['Freed', formatBytes(bytes)]
      ])
    )
  );
}

function planView({ path, models, bytes }: TutorialCachePlan): View {
  return bytes === 0
    ? note(`There is no ${path}: nothing was downloaded.`, { tone: 'ok' })
    : stack(
        heading('Would be deleted from this disk'),
        keyValues([
          ['Folder', path],
          ['Models', models.join(', ')],
          ['Frees', formatBytes(bytes)]
        ])
      );
}
