import { planCacheMove, startCacheMove } from '../../protocol';
import { planCacheMove as plan } from '../cacheMove';
import { BedrockImportError } from '../errors';
import { createMoveJob } from '../jobs';
import type { EngineHost } from './host';
import type { Page } from './page';

export function serveCacheMove(page: Page, host: EngineHost): void {
  page.answer(planCacheMove, async ({ to }, signal) =>
    plan(await host.steeringPlace(), { to, signal })
  );
  page.answer(startCacheMove, async ({ to, shown }, signal) => {
    const planned = await plan(await host.steeringPlace(), { to, signal });
    if (shown !== undefined && (shown.from !== planned.from || shown.to !== planned.to)) {
      throw new BedrockImportError({
        code: 'CACHE_MOVE_CHANGED',
        message: 'Moving the cache would do something else now than was shown.',
        subject: planned.from,
        nextStep: 'Look again at what moving it does.',
        kind: 'blocked'
      });
    }
    if (!planned.fits) {
      throw new BedrockImportError({
        code: 'CACHE_MOVE_NO_ROOM',
        message: 'The cache does not fit where it shall go.',
        subject: planned.to,
        nextStep: 'Free some space there, and try again.',
        kind: 'blocked'
      });
    }
    const job = await createMoveJob(await host.store(), planned);
    await host.start(job.id);
    return { jobId: job.id };
  });
}
