import { withoutSecrets } from '../../aws';
import { copyModel } from '../../transfer';
import type { StageRun } from './stageRun';

/** Sends and proves what is not there yet; S3 keeps the parts of a run that is stopped. */
export async function copyStage(run: StageRun): Promise<string> {
  const { settings } = run.stored;
  const { files, ...copy } = await copyModel(run.context, run.plan, {
    allowOverwrite: settings.allowOverwrite,
    connections: settings.connections,
    signal: run.signal,
    onProgress: progress => {
      run.options.onCopyProgress?.(progress);
      run.emit({ type: 'progress', progress });
    },
    onRetry: retry =>
      run.emit({ type: 'retry', retry: { ...retry, cause: withoutSecrets(retry.cause) } }),
    onFile: file => run.emit({ type: 'file', ...file }),
    onConnections: change => run.emit({ type: 'connections', ...change }),
    onWait: ({ reason, waitedMs, budgetMs }) =>
      run.emit({ type: 'wait', reason: withoutSecrets(reason), waitedMs, budgetMs })
  });
  run.results.copy = { ...copy, files };
  return copy.nothingMoved ? 'nothing to move, all proved' : copy.destination;
}

/** Whether a copy that an earlier run has made needs no more: its import has begun, or all is there. */
export function copyStands(run: StageRun): boolean {
  const { copy, importJob } = run.results;
  return (
    copy !== undefined &&
    run.stored.kind === 'import' &&
    (importJob !== undefined || run.plan.alreadyThere === run.plan.files.length)
  );
}
