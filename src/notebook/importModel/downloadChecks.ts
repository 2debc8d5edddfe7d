import { planDownload } from '../../engine';
import type { Check, CopyPlan, EngineContext } from '../../engine';

/** Whether the disk has room for what the cache lacks; nothing for a copy that does not go through it. */
export async function downloadChecks(
  context: EngineContext,
  plan: CopyPlan,
  signal: AbortSignal | undefined
): Promise<Check[]> {
  const { source } = plan;
  if (source.kind !== 'hub' || source.cacheFolder === undefined) {
    return [];
  }
  const { environment } = context;
  const { cacheFolder } = source;
  return (await planDownload(context, plan, { cacheFolder, environment, signal })).checks;
}
