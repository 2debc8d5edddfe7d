import { formatBytes } from '../../disk';
import type { BedrockImportError } from '../../errors';
import type { Printer } from '../output';
import { counted } from '../text/layout';

/** What a deletion has brought about. */
export interface FreedResult {
  removed: number;
  freedBytes: number;
  availableBefore: number;
  availableAfter: number;
  left: { path: string; error: BedrockImportError }[];
}

const MOST_LEFT = 20;

export function freedDocument(result: FreedResult, expectedBytes: number): object {
  return { deleted: true, expectedBytes, ...result };
}

/** What was said, what the file system says now, and what is still there. */
export function printFreed(to: Printer, result: FreedResult, expectedBytes: number): void {
  const { removed, freedBytes, availableBefore, availableAfter, left } = result;
  to.line(
    `Deleted ${counted(removed, 'file or folder', 'files and folders')}: ${formatBytes(freedBytes)} freed ` +
      `(${formatBytes(expectedBytes)} expected), ${formatBytes(availableBefore)} were available, ` +
      `${formatBytes(availableAfter)} are now.`
  );
  for (const { path, error } of left.slice(0, MOST_LEFT)) {
    to.line(`Still there: ${path}. ${error.message} ${error.nextStep}`);
  }
  if (left.length > MOST_LEFT) {
    to.line(`Still there, too: ${left.length - MOST_LEFT} more.`);
  }
}
