import process from 'node:process';

import { formatBytes } from '../../engine';
import type { CopyPlan } from '../../engine';
import { formatDuration } from '../../engine/cli/text/layout';
import { displayedAs, heading, keyValues, note, stack, View } from '../display';
import type { Displayed } from '../display';
import { copyToS3, notebookJobs } from '../importModel';
import type { CopySettings, CopyToS3Result } from '../importModel';
import { ratePicture } from './ratePicture';

/** How a copy stood at one moment. */
export interface RateSample {
  /** Since the first one. */
  ms: number;
  movedBytes: number;
  /** Over the last seconds. */
  bytesPerSecond: number;
  connections: number;
}

/** What a copy has brought about, and what it took. */
export interface MeasuredCopy extends CopyToS3Result {
  samples: RateSample[];
  /** Most parts on their way at the same time. */
  mostConnections: number;
  /** How often what was tried again for which cause. */
  retryCauses: Readonly<Record<string, number>>;
  /** Of this process, in bytes of memory that it really holds. */
  memoryBefore: number;
  memoryPeak: number;
}

const MEMORY_EVERY_MS = 50;

/**
 * Does what `copyToS3` does with a plan, and measures it: rates, connections, retries and memory.
 *
 * @throws BedrockImportError those of `copyToS3`
 */
export async function measureCopy(
  plan: CopyPlan,
  settings: CopySettings = {}
): Promise<MeasuredCopy & Displayed> {
  const { runner } = await notebookJobs();
  const seen = new Map<string, Pick<MeasuredCopy, 'samples' | 'retryCauses'>>();
  const startedAt = Date.now();
  const unsubscribe = runner.subscribe((id, event) => {
    if (event.type !== 'progress') {
      return;
    }
    const { movedBytes, bytesPerSecond, connections, retryCauses } = event.progress;
    const samples = seen.get(id)?.samples ?? [];
    samples.push({ ms: Date.now() - startedAt, movedBytes, bytesPerSecond, connections });
    seen.set(id, { samples, retryCauses });
  });
  const memoryBefore = process.memoryUsage.rss();
  let memoryPeak = memoryBefore;
  const look = (): void => {
    memoryPeak = Math.max(memoryPeak, process.memoryUsage.rss());
  };
  const looking = setInterval(look, MEMORY_EVERY_MS);
  try {
    const result = await copyToS3(plan, settings);
    look();
    // A job that another process runs tells its progress there.
    const { samples = [], retryCauses = {} } = seen.get(result.jobId) ?? {};
    const measured: MeasuredCopy = {
      ...result,
      samples,
      retryCauses,
      mostConnections: Math.max(0, ...samples.map(({ connections }) => connections)),
      memoryBefore,
      memoryPeak
    };
    return displayedAs(measured, () => figuresView(measured));
  } finally {
    clearInterval(looking);
    unsubscribe();
  }
}

function figuresView(measured: MeasuredCopy): View {
  if (measured.nothingMoved) {
    return note(
      'All files were there and proved before: nothing had to move, and nothing was measured.'
    );
  }
  const { movedBytes, seconds, bytesPerSecond, retries, mostConnections, samples } = measured;
  const causes = Object.entries(measured.retryCauses).map(([cause, count]) => `${cause}: ${count}`);
  const figures = stack(
    heading('What the copy took'),
    keyValues([
      ['Moved', formatBytes(movedBytes)],
      ['Time, proof included', formatDuration(seconds)],
      ['Mean rate', `${formatBytes(bytesPerSecond)} a second`],
      ['Parts at the same time', mostConnections === 0 ? undefined : `up to ${mostConnections}`],
      ['Parts that were sent again', retries],
      ['Causes', causes.join(', ')],
      [
        'Memory of this process',
        `${formatBytes(measured.memoryBefore)} before, ${formatBytes(measured.memoryPeak)} at most`
      ]
    ])
  );
  const picture = samples.length > 1 ? ratePicture(samples) : undefined;
  const all = stack(figures, picture);
  return new View(all.html, all.text, picture?.svg);
}
