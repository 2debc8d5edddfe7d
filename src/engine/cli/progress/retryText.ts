import type { CopyRetry } from '../../transfer';

export function retryText(retry: CopyRetry): string {
  const part = retry.part === undefined ? '' : `, part ${retry.part}`;
  const wait = Math.max(1, Math.round(retry.waitMs / 1000));
  return `Trying ${retry.path}${part} again in ${wait} s (try ${retry.attempt + 1}): ${retry.cause}`;
}
