import { MovingCache } from '../../cacheMove';
import type { MoveOptions } from '../../cacheMove';
import { formatBytes } from '../../disk';
import { BedrockImportError, throwIfCancelled } from '../../errors';
import { JOB_STAGES } from '../jobTypes';
import type { JobStage } from '../jobTypes';
import type { MoveRun } from './stageRun';

/** Progress is told this often at most. */
const TELL_EVERY_MS = 250;

/**
 * Moves a Hugging Face cache. Each stage looks at the disk and does what is missing, so that all of them are
 * gone through again after an end at any point.
 *
 * @throws BedrockImportError `CACHE_IN_USE`, `CACHE_MISSING`, `CACHE_MOVE_NO_ROOM`, `CACHE_MOVE_DENIED`, and
 *   those of steering
 */
export async function runMoveStages(run: MoveRun): Promise<void> {
  const { stored, context, signal } = run;
  const moving = new MovingCache(stored.move, { environment: context.environment });
  // What stays is found again when the old place is freed.
  const warned = new Set<string>();
  const options: MoveOptions = {
    signal,
    onProgress: progressOf(run),
    onWarning: message => {
      if (!warned.has(message)) {
        warned.add(message);
        run.emit({ type: 'warning', message });
      }
    }
  };
  const work: Partial<Record<JobStage, () => Promise<string | undefined>>> = {
    check: async () => {
      await requireNoDownload(run);
      return moving.check(signal);
    },
    copy: async () => (await moving.copy(options)).detail,
    switch: () => moving.switchOver(),
    free: async () => {
      const freed = await moving.free(options);
      run.results.freed = freed;
      return `${formatBytes(freed.bytes)} in ${stored.move.from}${freed.left.length > 0 ? `; left: ${freed.left.join(', ')}` : ''}`;
    }
  };
  for (const stage of JOB_STAGES.move) {
    throwIfCancelled(signal, stored.id);
    // A machine that slept finds here that another one has gone on.
    await run.requireOurs();
    run.emit({ type: 'stage', stage, state: 'start' });
    const detail = await work[stage]?.();
    const { freed } = run.results;
    await run.live.record({
      type: 'stage',
      stage,
      state: 'done',
      detail,
      ...(stage === 'free' ? { result: { freed } } : {})
    });
  }
}

/** Our own downloads are known; those of kernels show when a file changes while it is copied. */
async function requireNoDownload({ store, stored }: MoveRun): Promise<void> {
  for (const { id, state } of await store.list()) {
    if (state !== 'running' || id === stored.id) {
      continue;
    }
    const job = await store.read(id);
    const folder =
      job.kind !== 'move' && job.plan.source.kind === 'hub'
        ? job.plan.source.cacheFolder
        : undefined;
    if (folder === stored.move.from || folder === stored.move.to) {
      throw new BedrockImportError({
        code: 'CACHE_IN_USE',
        message: `A job downloads into this cache: ${job.title}.`,
        subject: id,
        nextStep: 'Wait until it is done, or pause it; then resume this job.',
        kind: 'blocked'
      });
    }
  }
}

function progressOf(run: MoveRun): NonNullable<MoveOptions['onProgress']> {
  let toldAt = 0;
  return ({ totalBytes, movedBytes, filesTotal, filesDone, bytesPerSecond }) => {
    const now = Date.now();
    if (now - toldAt < TELL_EVERY_MS && filesDone < filesTotal) {
      return;
    }
    toldAt = now;
    const progress = {
      // A change of the phase is kept at once, and so are the figures at the end.
      phase: filesDone < filesTotal ? ('copy' as const) : ('proof' as const),
      totalBytes,
      movedBytes,
      bytesPerSecond,
      meanBytesPerSecond: bytesPerSecond,
      ...(bytesPerSecond > 0 ? { secondsLeft: (totalBytes - movedBytes) / bytesPerSecond } : {}),
      filesTotal,
      filesDone,
      // A file counts only when its copy was read back.
      filesProved: filesDone,
      retries: 0,
      retryCauses: {},
      connections: 1
    };
    run.options.onCopyProgress?.({ ...progress, files: [] });
    run.emit({ type: 'progress', progress });
  };
}
