import process from 'node:process';

import { listLargeFiles as listLargeFilesRequest, planDiskSpace } from '../../protocol';
import type { DiskReport as DiskReportFacts } from '../../protocol';
import { listLargeFiles } from '../disk';
import { importSizeOf, reportDisk } from '../diskReport';
import type { DiskReport } from '../diskReport';
import { BedrockImportError } from '../errors';
import type { EngineContext } from '../jobs';
import type { EngineHost } from './host';
import type { Page } from './page';

/** What a page can show. */
const MOST_LARGE_FILES = 1_000;

export function serveDisk(page: Page, host: EngineHost): void {
  page.answer(planDiskSpace, async (wish, signal) => {
    const engine = await host.engine();
    const size = await sizeOf(engine, wish, signal);
    // Where a download would go: the hub cache, whose disk may be another than that of the root.
    const report = await reportDisk({
      ...size,
      environment: engine.environment,
      env: process.env,
      userId: process.getuid?.(),
      signal
    });
    return toReportFacts(report);
  });
  page.answer(listLargeFilesRequest, async ({ limit }, signal) => {
    const { environment } = await host.engine();
    const most = Math.max(1, Math.min(MOST_LARGE_FILES, Math.floor(limit) || 1));
    return listLargeFiles(environment.root, { limit: most, signal });
  });
}

async function sizeOf(
  { hub }: EngineContext,
  { model, sizeBytes }: { model?: string; sizeBytes?: number },
  signal: AbortSignal
): Promise<{ model?: string; sizeBytes: number }> {
  if (model !== undefined) {
    return importSizeOf(hub, model, { signal });
  }
  if (sizeBytes === undefined) {
    throw new BedrockImportError({
      code: 'SIZE_MISSING',
      message: 'Neither a model nor a size was given.',
      nextStep: 'Give one of them.',
      kind: 'usage'
    });
  }
  return { sizeBytes };
}

function toReportFacts({ plan, ...report }: DiskReport): DiskReportFacts {
  const { sizeBytes, requiredBytes, availableBytes, missingBytes, fits, explanation } = plan;
  const { folder, roomMakers, fitsAfterFreeing, volume, steps } = report;
  return {
    ...{ sizeBytes, requiredBytes, availableBytes, missingBytes, fits, explanation },
    ...{ folder, roomMakers, fitsAfterFreeing, volume, steps }
  };
}
