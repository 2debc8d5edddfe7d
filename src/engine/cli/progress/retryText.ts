import type { CopyRetry } from '../../transfer';

const MOST_CAUSES = 3;

export function retryText(retry: CopyRetry): string {
  const part = retry.part === undefined ? '' : `, part ${retry.part}`;
  const wait = Math.max(1, Math.round(retry.waitMs / 1000));
  return `Trying ${retry.path}${part} again in ${wait} s (try ${retry.attempt + 1}): ${retry.cause}`;
}

/** `5 retries (3 × S3 answered 503, 2 × the connection was reset)`; the most frequent causes only. */
export function retriesText(progress: {
  retries: number;
  retryCauses: Readonly<Record<string, number>>;
}): string {
  const { retries } = progress;
  const causes = Object.entries(progress.retryCauses).sort(([, a], [, b]) => b - a);
  const named = causes.slice(0, MOST_CAUSES).map(([cause, count]) => `${count} × ${cause}`);
  const all = [...named, ...(causes.length > MOST_CAUSES ? ['…'] : [])].join(', ');
  return `${retries} ${retries === 1 ? 'retry' : 'retries'}${all === '' ? '' : ` (${all})`}`;
}
