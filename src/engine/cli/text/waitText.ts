import type { WaitEvent } from '../../bedrock';
import { formatDuration } from './layout';

/** Waits are shown rounded, so that a log does not get a line for each second of them. */
export function waitText(wait: WaitEvent): string {
  const reason = wait.reason.replace(/[.\s]+$/, '');
  return `${reason}; waited ${formatDuration(wait.waitedMs / 1000)} of at most ${formatDuration(wait.budgetMs / 1000)}`;
}
